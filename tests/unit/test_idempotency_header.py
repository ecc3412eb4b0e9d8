"""The header Idempotency-Key: what is a key, what is none, and what is refused."""

import pytest
from starlette.requests import Request

from geo_service.core.errors import InvalidParameter
from geo_service.routes.common.request_body import idempotency_key


def key_of(*values: bytes) -> bytes | None:
    return idempotency_key(Request({"type": "http", "headers": [(b"idempotency-key", value) for value in values]}), "caller", "POST /x")


def test_without_the_header_there_is_no_key() -> None:
    assert key_of() is None


def test_different_keys_have_different_digests() -> None:
    keys = [key_of(value) for value in (b"a", b"b", b"!" * 255)]
    assert len({*keys}) == 3
    assert all(len(key or b"") == 32 for key in keys)


@pytest.mark.parametrize("value", [b"", b" ", b"a b", b"a" * 256, "ключ".encode(), b"\x7f"])
def test_a_header_that_holds_no_key_is_refused_and_not_passed_over(value: bytes) -> None:
    with pytest.raises(InvalidParameter, match="Idempotency-Key: is invalid; allowed: 1 to 255 visible ASCII characters"):
        key_of(value)
