"""Headers of requests and responses: request ids, content negotiation, reproducible compression, and strong ETags."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from hashlib import blake2b
from random import getrandbits

import brotli
import zstandard
from isal import igzip
from starlette.types import Scope

_VALID_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_RANDOM_ID_BITS = 64
"""Among a million requests two have the same id with a probability of 3e-8."""

_PREFERRED = ("zstd", "br", "gzip", "identity")
"""Where a client accepts several equally. A tile of 1,733 hexagons, 77.8 kB: zstd 23.3 kB in 0.5 ms, brotli 21.3 kB
in 1.0 ms, gzip 24.6 kB in 0.14 ms. The time is part of every cold tile, and brotli's saving is small."""

_BROTLI_QUALITY = 4
_ZSTD_LEVEL = 3
_GZIP_LEVEL = 1
"""Of isal, 0 to 3: the times and sizes above."""
_DIGEST_BYTES = 12
"""96 bits: two of a billion bodies have the same ETag with a probability of 6e-12."""
_HEADERS_CACHED = 256
"""Accept-Encoding headers whose answer is cached: browsers send a handful of different ones."""

_WEIGHT = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")
_ENTITY_TAG = re.compile(r'(?:^|(?<=[\s,]))(?:W/)?("[^"]*")')
_HEADER_LINE = re.compile(rb"([^:]+): (.*)\r\n")
_ALIASES = {"x-gzip": "gzip"}


Headers = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class HeaderBlock:
    """Headers of a response, as ASGI and as HTTP/1.1 want them."""

    headers: Headers
    """Names in lower case."""
    lines: bytes = field(init=False)
    """The same, each with its line end."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "lines", b"".join(map(b"%b: %b\r\n".__mod__, self.headers)))

    @staticmethod
    def parse(lines: bytes) -> list[tuple[bytes, bytes]]:
        """Return the headers of some blocks' lines."""
        return _HEADER_LINE.findall(lines)


def request_header(scope: Scope, name: bytes) -> str:
    """Return a request header's value, repeated ones joined by commas; empty when it is absent. name: in lower case."""
    joined = b""
    for key, value in scope["headers"]:
        if key == name:
            joined = joined + b"," + value if joined else value
    return joined.decode("latin-1")


def choose_request_id(own: str) -> str:
    """Return the id of a request that has just arrived: the client's own where that is plain, else a random one.

    It stands in the request's log lines, in its response and in problem documents. own: `X-Request-ID`, empty for none.
    """
    # Not from `secrets`, which asks the operating system each time: the id need not be hard to guess.
    return own if own and _VALID_ID.fullmatch(own) else f"{getrandbits(_RANDOM_ID_BITS):016x}"


@lru_cache(maxsize=_HEADERS_CACHED)
def choose_encoding(accept_encoding: str, offered: tuple[str, ...] = _PREFERRED) -> str:
    """Return the content encoding of a response (RFC 9110, 12.5.3); `identity` without the header, or when it accepts nothing else.

    offered: the encodings there are, the better first; `identity` is among them.
    """
    weights = read_weights(accept_encoding)
    weights |= {name: weights[alias] for alias, name in _ALIASES.items() if alias in weights}
    if not weights:
        return "identity"
    others = weights.get("*", 0.0)
    # Uncompressed stays acceptable unless it is refused, but is the last choice.
    accepted = {name: weights.get(name, others if name != "identity" else min(weights.get("*", 0.001), 0.001)) for name in offered}
    best = max(offered, key=accepted.__getitem__)
    return best if accepted[best] > 0 else "identity"


def choose_media_type(accept: str, offered: Sequence[str]) -> str:
    """Return the offered media type that an Accept header gives most weight; the first one where it names none of them."""
    weights = read_weights(accept)
    return max(offered, key=lambda media_type: weights.get(media_type, 0.0))


def read_weights(header: str) -> dict[str, float]:
    """Return what an Accept or Accept-Encoding header names, in lower case, with its weight; a malformed weight counts as 1."""
    weights: dict[str, float] = {}
    for part in header.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        if not name and not parameters:
            continue
        values = [value.strip() for key, _, value in (parameter.partition("=") for parameter in parameters) if key.strip() == "q"]
        weights[name] = float(values[0]) if values and _WEIGHT.fullmatch(values[0]) else 1.0
    return weights


COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "identity": bytes,
    # Without the time, which would make other bytes each second.
    "gzip": partial(igzip.compress, compresslevel=_GZIP_LEVEL, mtime=0),
    "br": partial(brotli.compress, quality=_BROTLI_QUALITY),
    # A compressor must not be shared by threads.
    "zstd": lambda body: zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compress(body),
}
"""By the encodings that `choose_encoding` gives: each returns the same bytes for the same body."""


def etag(body: bytes, encoding: str) -> str:
    """Return a strong ETag of the uncompressed body in one encoding."""
    suffix = "" if encoding == "identity" else f"-{encoding}"
    return f'"{blake2b(body, digest_size=_DIGEST_BYTES).hexdigest()}{suffix}"'


def matches(if_none_match: str, tag: str) -> bool:
    """Return whether an If-None-Match header names the ETag, compared weakly as RFC 9110 (13.1.2) requires."""
    # A browser sends back the one tag that it was given: no need to take the header apart.
    return if_none_match == tag or if_none_match.strip() == "*" or tag in _ENTITY_TAG.findall(if_none_match)
