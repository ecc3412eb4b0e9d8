"""Find the endpoint of an Open311 server and its format, from the URL of its discovery document or of the endpoint."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Literal

from geo_service.core.errors import InputError
from ingest.pull.client import ServerUnavailable
from ingest.pull.response_parsing import Document, InvalidResponse, extract_list

FetchDocument = Callable[[str, Mapping[str, str]], Document]
"""Fetches the parsed document at a URL with query parameters."""

DocumentFormat = Literal["json", "xml"]
DOCUMENT_FORMATS: tuple[DocumentFormat, ...] = ("json", "xml")
"""The preferred format first."""

_DISCOVERY = re.compile(r"/discovery\.(json|xml)$")
_RESOURCE = re.compile(r"/(services|requests)(\.(json|xml))?$")
_VERSION = re.compile(r"georeport[-_]?v?2", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ServiceType:
    """A service of the server: the type of a service request."""

    name: str
    group: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The endpoint of a server."""

    url: str
    """Base URL, without /requests.json."""
    document_format: DocumentFormat
    services: Mapping[str, ServiceType]
    """Service code → service."""

    @property
    def requests_url(self) -> str:
        """Return the URL of the list of service requests."""
        return f"{self.url}/requests.{self.document_format}"


def find_endpoint(fetch: FetchDocument, url: str, parameters: Mapping[str, str]) -> Endpoint:
    """Return the endpoint at `url`, or the one in the discovery document there; `InputError` lists all attempts."""
    url = url.rstrip("/")
    if _DISCOVERY.search(url):
        return _discover_endpoint(fetch, url, parameters)
    base = _RESOURCE.sub("", url)
    attempts = [
        partial(_probe_endpoint, fetch, base, DOCUMENT_FORMATS),
        *(partial(_discover_endpoint, fetch, f"{base}/discovery.{document_format}") for document_format in DOCUMENT_FORMATS),
    ]
    return _try_each(f"find an Open311 server at {url}", [partial(attempt, parameters) for attempt in attempts])


def _try_each(act: str, attempts: Sequence[Callable[[], Endpoint]]) -> Endpoint:
    """Return the result of the first attempt that succeeds. `ServerUnavailable` ends the attempts.

    Except with status 500: some servers answer so to a format that they do not have.
    """
    failures = []
    for attempt in attempts:
        try:
            return attempt()
        except InputError as error:
            if isinstance(error, ServerUnavailable) and error.http_status != HTTPStatus.INTERNAL_SERVER_ERROR:
                raise
            failures.append(f"{error}")
    raise InputError(f"cannot {act}: {'; '.join(failures)}")


def _probe_endpoint(fetch: FetchDocument, base: str, formats: Sequence[DocumentFormat], parameters: Mapping[str, str]) -> Endpoint:
    """Return the endpoint at `base` with the first format in which it returns its list of services."""

    def attempt(document_format: DocumentFormat) -> Endpoint:
        services = _fetch_list(fetch, f"{base}/services.{document_format}", parameters)
        return Endpoint(base, document_format, _parse_services(services))

    return _try_each(f"use {base}", [partial(attempt, document_format) for document_format in formats])


def _discover_endpoint(fetch: FetchDocument, url: str, parameters: Mapping[str, str]) -> Endpoint:
    """Return the GeoReport v2 endpoint in a discovery document, the one of type `production` if there are several."""
    document = fetch(url, {}).content
    discovery = document.get("discovery", document) if isinstance(document, Mapping) else None
    entries = discovery.get("endpoints") if isinstance(discovery, Mapping) else None
    endpoints = [entry for entry in entries if isinstance(entry, Mapping) and entry.get("url")] if isinstance(entries, list) else []
    usable = [entry for entry in endpoints if _VERSION.search(str(entry.get("specification", "")))]
    if not usable:
        specifications = ", ".join(str(entry.get("specification")) for entry in endpoints) or "none"
        raise InputError(f"cannot read {url}: it names no endpoint of GeoReport v2; there are: {specifications}")
    chosen = min(usable, key=lambda entry: entry.get("type") != "production")
    return _probe_endpoint(fetch, str(chosen["url"]).rstrip("/"), _supported_formats(chosen.get("formats")), parameters)


def _supported_formats(media_types: object) -> Sequence[DocumentFormat]:
    text = " ".join(map(str, media_types)) if isinstance(media_types, list) else ""
    return [document_format for document_format in DOCUMENT_FORMATS if document_format in text] or DOCUMENT_FORMATS


def _parse_services(entries: Sequence[object]) -> Mapping[str, ServiceType]:
    services = [entry for entry in entries if isinstance(entry, Mapping)]
    return {_text(entry, "service_code"): ServiceType(_text(entry, "service_name"), _text(entry, "group")) for entry in services}


def _text(entry: Mapping[str, object], name: str) -> str:
    return str(entry.get(name) or "").strip()


def _fetch_list(fetch: FetchDocument, url: str, parameters: Mapping[str, str]) -> list[object]:
    try:
        return extract_list(fetch(url, parameters).content)
    except InvalidResponse as error:
        raise InputError(f"cannot read {url}: got {error}") from error
