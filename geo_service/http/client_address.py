"""The address and the scheme that a client has used, where trusted proxies stand between it and the service."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.types import Scope

from geo_service.http.headers import request_header

_MAX_HOPS = 20
"""Proxies that are followed back: a client may send a list of any length, and each entry costs time."""
_LONGEST_ADDRESS = 60
"""Characters of an address with brackets and port: an IPv6 address has up to 45."""
_ADDRESSES_CACHED = 4096
"""Each is looked up for every request of its client; an entry takes some 300 bytes."""

_SCHEMES = ("http", "https")

Address = IPv4Address | IPv6Address


class TrustedProxies:
    """The proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed."""

    def __init__(self, networks: Sequence[str]) -> None:
        """networks: addresses and CIDR blocks, such as `127.0.0.1` and `10.0.0.0/8`. Raises ValueError for anything else."""
        self._networks = tuple(map(ip_network, networks))
        self._trusts = lru_cache(maxsize=_ADDRESSES_CACHED)(self._compute_trust)

    def client_address(self, scope: Scope) -> str:
        """Return the address of the client, without a port; empty where the server does not know it.

        That is the peer of the connection; where it is a trusted proxy, the last address in `X-Forwarded-For` that is none.
        What is to the left of it the client may have written itself. An entry that is no address ends the search.
        """
        peer, forwarded = _peer(scope), request_header(scope, b"x-forwarded-for")
        address = parse_address(peer) if forwarded else None
        if address is None or not self._trusts(address):
            return _plain_address(peer)
        for entry in _last_first(forwarded):
            previous = parse_address(entry)
            if previous is None:
                break
            address = previous
            if not self._trusts(address):
                break
        return str(address)

    def scheme(self, scope: Scope) -> str:
        """Return `http` or `https`: as the connection's proxy says where it is trusted, else that of the connection."""
        own: str = scope["scheme"]
        peer = parse_address(_peer(scope))
        if peer is None or not self._trusts(peer):
            return own
        forwarded = request_header(scope, b"x-forwarded-proto").rpartition(",")[2].strip().lower()
        return forwarded if forwarded in _SCHEMES else own

    def _compute_trust(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


@lru_cache(maxsize=_ADDRESSES_CACHED)
def _parse_short(text: str) -> Address | None:
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    # A socket that takes IPv6 and IPv4 shows an IPv4 client as ::ffff:192.0.2.1.
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def parse_address(text: str) -> Address | None:
    """Parse an IP address, which may have a port (`192.0.2.1:80`, `[2001:db8::1]:80`) and a zone; None for anything else."""
    return _parse_short(text) if len(text) <= _LONGEST_ADDRESS else None


def _peer(scope: Scope) -> str:
    """The other end of the connection; empty where the server does not know it, as over a Unix socket."""
    client = scope.get("client")
    return str(client[0]) if client else ""


@lru_cache(maxsize=_ADDRESSES_CACHED)
def _plain_address(peer: str) -> str:
    address = parse_address(peer)
    return peer if address is None else str(address)


def _last_first(forwarded_for: str) -> Iterator[str]:
    """The entries of `X-Forwarded-For`, the last one first: each proxy appends the address that it was called from."""
    return (entry.strip() for entry in reversed(forwarded_for.rsplit(",", _MAX_HOPS)[-_MAX_HOPS:]))
