"""Where a server answers, and in which form: from the address of its discovery or of the endpoint itself."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from geo_service.core.errors import InputError
from ingest.pull.client import ServerUnavailable
from ingest.pull.response_parsing import InvalidResponse, objects

Ask = Callable[[str, Mapping[str, str]], object]
"""The document at an address with these parameters."""

Ending = Literal["json", "xml"]
ENDINGS: tuple[Ending, ...] = ("json", "xml")
"""The preferred one first."""

_DISCOVERY = re.compile(r"/discovery\.(json|xml)$")
_RESOURCE = re.compile(r"/(services|requests)(\.(json|xml))?$")
_VERSION = re.compile(r"georeport[-_]?v?2", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Service:
    """A kind of request."""

    name: str
    group: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server that can be asked."""

    url: str
    """Without what comes after it: /requests.json."""
    ending: Ending
    services: Mapping[str, Service]
    """By code."""

    @property
    def requests(self) -> str:
        """The address of the list of requests."""
        return f"{self.url}/requests.{self.ending}"


def find(ask: Ask, url: str, parameters: Mapping[str, str]) -> Endpoint:
    """The endpoint at this address, or the one that the discovery there names; `InputError` tells all that was tried."""
    url = url.rstrip("/")
    if _DISCOVERY.search(url):
        return _discovered(ask, url, parameters)
    base = _RESOURCE.sub("", url)
    attempts = [partial(_endpoint, ask, base, ENDINGS), *(partial(_discovered, ask, f"{base}/discovery.{one}") for one in ENDINGS)]
    return _first(f"find an Open311 server at {url}", [partial(attempt, parameters) for attempt in attempts])


def _first(act: str, attempts: Sequence[Callable[[], Endpoint]]) -> Endpoint:
    """What the first attempt that succeeds gives; a server that fails altogether is not asked for more."""
    failures = []
    for attempt in attempts:
        try:
            return attempt()
        except ServerUnavailable:
            raise
        except InputError as error:
            failures.append(f"{error}")
    raise InputError(f"cannot {act}: {'; '.join(failures)}")


def _endpoint(ask: Ask, base: str, endings: Sequence[Ending], parameters: Mapping[str, str]) -> Endpoint:
    def attempt(ending: Ending) -> Endpoint:
        return Endpoint(base, ending, _services(_listed(ask, f"{base}/services.{ending}", parameters)))

    return _first(f"use {base}", [partial(attempt, ending) for ending in endings])


def _discovered(ask: Ask, url: str, parameters: Mapping[str, str]) -> Endpoint:
    found = ask(url, {})
    inner = found.get("discovery", found) if isinstance(found, Mapping) else None
    listed = inner.get("endpoints") if isinstance(inner, Mapping) else None
    endpoints = [one for one in listed if isinstance(one, Mapping) and one.get("url")] if isinstance(listed, list) else []
    usable = [one for one in endpoints if _VERSION.search(str(one.get("specification", "")))]
    if not usable:
        there = ", ".join(str(one.get("specification")) for one in endpoints) or "none"
        raise InputError(f"cannot read {url}: it names no endpoint of GeoReport v2; there are: {there}")
    chosen = min(usable, key=lambda one: one.get("type") != "production")
    return _endpoint(ask, str(chosen["url"]).rstrip("/"), _endings(chosen.get("formats")), parameters)


def _endings(formats: object) -> Sequence[Ending]:
    told = " ".join(map(str, formats)) if isinstance(formats, list) else ""
    return [one for one in ENDINGS if one in told] or ENDINGS


def _services(listed: Sequence[object]) -> Mapping[str, Service]:
    services = [one for one in listed if isinstance(one, Mapping)]
    return {
        str(one.get("service_code") or "").strip(): Service(str(one.get("service_name") or "").strip(), str(one.get("group") or "").strip())
        for one in services
    }


def _listed(ask: Ask, url: str, parameters: Mapping[str, str]) -> list[object]:
    try:
        return objects(ask(url, parameters))
    except InvalidResponse as error:
        raise InputError(f"cannot read {url}: got {error}") from error
