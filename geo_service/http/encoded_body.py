"""A body that is sent many times, and encoded once for each encoding."""

from geo_service.http.headers import COMPRESSORS, etag


class EncodedBody:
    """Bytes with their ETag and body in each encoding that was asked for. It may be used on several threads."""

    __slots__ = ("_encoded", "plain")

    def __init__(self, plain: bytes) -> None:
        self.plain = plain
        self._encoded: dict[str, tuple[str, bytes]] = {}

    def find(self, encoding: str) -> tuple[str, bytes] | None:
        """Return ETag and body in an encoding if they have been made."""
        return self._encoded.get(encoding)

    def encode(self, encoding: str) -> tuple[str, bytes]:
        """Return ETag and body in an encoding, made once."""
        found = self._encoded.get(encoding)
        if found is None:
            found = self._encoded[encoding] = etag(self.plain, encoding), COMPRESSORS[encoding](self.plain)
        return found
