"""The client's address and scheme: only what a trusted proxy has written is believed."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_service.core.errors import SettingsError
from geo_service.core.settings import read_settings
from geo_service.http.client_address import TrustedProxies, parse_address

PROXIES = TrustedProxies(["127.0.0.1", "::1", "10.0.0.0/8", "2001:db8:1::/48"])


def scope(peer: str | None, *forwarded_for: str, proto: str = "") -> dict[str, object]:
    headers = [(b"x-forwarded-for", value.encode("latin-1")) for value in forwarded_for]
    headers += [(b"x-forwarded-proto", proto.encode())] if proto else []
    return {"type": "http", "scheme": "http", "client": None if peer is None else (peer, 40_000), "headers": headers}


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "address"),
    [
        ("203.0.113.9", (), "203.0.113.9"),
        ("203.0.113.9", ("198.51.100.1",), "203.0.113.9"),
        ("127.0.0.1", (), "127.0.0.1"),
        ("127.0.0.1", ("198.51.100.1",), "198.51.100.1"),
        ("127.0.0.1", ("1.1.1.1, 198.51.100.1",), "198.51.100.1"),
        ("127.0.0.1", ("1.1.1.1", "198.51.100.1,10.2.3.4"), "198.51.100.1"),
        ("10.9.9.9", ("198.51.100.1:5123",), "198.51.100.1"),
        ("::1", ("[2001:db8::5]:443",), "2001:db8::5"),
        ("::1", ("2001:DB8:0::5",), "2001:db8::5"),
        ("::ffff:10.0.0.1", ("198.51.100.1",), "198.51.100.1"),
        ("::ffff:203.0.113.9", ("198.51.100.1",), "203.0.113.9"),
        ("2001:db8:1::7", ("198.51.100.1, 10.0.0.3",), "198.51.100.1"),
        ("127.0.0.1", ("10.0.0.1, 10.0.0.2",), "10.0.0.1"),
        ("127.0.0.1", ("unknown",), "127.0.0.1"),
        ("127.0.0.1", ("198.51.100.1, nonsense, 10.0.0.2",), "10.0.0.2"),
        ("127.0.0.1", ("fe80::1%eth0\x1b[31m",), "fe80::1"),
        ("127.0.0.1", ("",), "127.0.0.1"),
        ("127.0.0.1", ("9" * 10_000,), "127.0.0.1"),
        ("testclient", ("198.51.100.1",), "testclient"),
        (None, ("198.51.100.1",), ""),
    ],
)
def test_the_address_is_the_last_one_that_no_trusted_proxy_has(peer: str | None, forwarded_for: tuple[str, ...], address: str) -> None:
    assert PROXIES.client_address(scope(peer, *forwarded_for)) == address


def test_without_trusted_proxies_nobody_can_name_another_address() -> None:
    nobody = TrustedProxies([])
    assert nobody.client_address(scope("127.0.0.1", "198.51.100.1")) == "127.0.0.1"
    assert nobody.scheme(scope("127.0.0.1", proto="https")) == "http"


def test_a_long_list_of_proxies_is_not_followed_to_its_end() -> None:
    entries = ["198.51.100.1", *(f"10.{number // 256}.{number % 256}.1" for number in range(1000))]
    assert PROXIES.client_address(scope("127.0.0.1", ",".join(entries))) == "10.3.212.1"


@given(st.text(max_size=80), st.ip_addresses())
def test_what_a_client_writes_itself_never_becomes_its_address(written: str, own: object) -> None:
    own = parse_address(str(own))
    written = written.encode("latin-1", "ignore").decode("latin-1")
    seen = PROXIES.client_address(scope("127.0.0.1", f"{written}, {own}"))
    if not any(ip_address(str(own)) in network for network in PROXIES._networks):
        assert seen == str(own)


@pytest.mark.parametrize(
    ("peer", "proto", "scheme"),
    [
        ("127.0.0.1", "https", "https"), ("127.0.0.1", "HTTPS", "https"), ("127.0.0.1", "http, https", "https"),
        ("127.0.0.1", "javascript", "http"), ("127.0.0.1", "", "http"), ("203.0.113.9", "https", "http"), (None, "https", "http"),
    ],
)  # fmt: skip
def test_the_scheme_is_that_of_a_trusted_proxy(peer: str | None, proto: str, scheme: str) -> None:
    assert PROXIES.scheme(scope(peer, proto=proto)) == scheme


def test_proxies_are_read_from_the_environment_and_a_wrong_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_settings().trusted_proxies == ("127.0.0.1", "::1")
    monkeypatch.setenv("GEO_TRUSTED_PROXIES", "10.0.0.0/8, 2001:db8::1")
    assert read_settings().trusted_proxies == ("10.0.0.0/8", "2001:db8::1")
    monkeypatch.setenv("GEO_TRUSTED_PROXIES", "")
    assert read_settings().trusted_proxies == ()
    for wrong in ("proxy.example.org", "10.0.0.1/8", "*"):
        monkeypatch.setenv("GEO_TRUSTED_PROXIES", wrong)
        with pytest.raises(SettingsError, match=r"GEO_TRUSTED_PROXIES.*neither an address nor a CIDR block"):
            read_settings()
