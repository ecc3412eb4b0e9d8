"""HTTP client for an Open311 server, with a limited rate, retries after failures, and a limited size of responses."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from types import TracebackType

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from geo_service.core.errors import InputError
from ingest.pull.response_parsing import Document, InvalidResponse, parse_document, read_error_message

MAX_RESPONSE_BYTES = 64 << 20
"""Size after decompression; a thousand service requests have about one megabyte."""

MAX_RETRY_AFTER_S = 600.0
"""If a server asks for a longer pause, the pull ends; a later pull continues it."""

_RETRYABLE_STATUS = frozenset((408, 425, 429, 500, 502, 503, 504))
"""HTTP statuses of failures that may be temporary."""

_PAGE_RELATIONS = frozenset(("first", "next", "prev", "last"))
"""Relations of the header `Link` that divide a list into pages."""

_ACCEPT = "application/json, text/json;q=0.9, application/xml;q=0.8, text/xml;q=0.8"
_MAX_RETRY_PAUSE_S = 60.0


@dataclass(frozen=True, slots=True)
class ClientPolicy:
    """Rate, timeout and retries of the requests to a server."""

    agent: str
    """User-Agent."""
    per_second: float = 1.0
    timeout_s: float = 60.0
    """Time for one response, up to its last byte."""
    retries: int = 6
    """Attempts after temporary failures."""
    retry_pause_s: float = 1.0
    """Pause before the first retry; each further pause is about twice as long, at most a minute."""


class RequestRejected(InputError):
    """The server has refused a request, and would refuse it again."""

    def __init__(self, message: str, http_status: int) -> None:
        self.http_status = http_status
        super().__init__(message)


class ServerUnavailable(InputError):
    """A failure that may be temporary, but has lasted for all retries."""

    def __init__(self, message: str, retry_after_s: float | None = None, http_status: int | None = None) -> None:
        """http_status: of the response; None without a complete one."""
        self.retry_after_s, self.http_status = retry_after_s, http_status
        super().__init__(message)


class Client:
    """A connection to one server, for one thread. `on_message` gets a line before each retry."""

    def __init__(self, policy: ClientPolicy, secrets: Mapping[str, str], on_message: Callable[[str], None], url: str = "") -> None:
        """secrets: query parameters of every request that no message may show. url: they are sent to this server only.

        Without `url` they are sent to the server of the first request. Other servers that a discovery document, a redirect
        or a link to the next page names get none of them.
        """
        self._policy, self._secrets, self._on_message = policy, secrets, on_message
        self._trusted = httpx.URL(url) if url else None
        self._untrusted_hosts: set[str] = set()
        self._stopped = threading.Event()
        self._next_request_at = 0.0
        self._http = httpx.Client(
            headers={"User-Agent": policy.agent, "Accept": _ACCEPT}, timeout=policy.timeout_s, follow_redirects=True, max_redirects=5,
            event_hooks={"request": [self._withhold_secrets]},
        )  # fmt: skip

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
        self._http.close()

    def stop(self) -> None:
        """Interrupt a pause, from any thread; then every request fails with `InputError`."""
        self._stopped.set()

    def fetch(self, url: str, parameters: Mapping[str, str]) -> Document:
        """Fetch and parse the document at `url`.

        Raises `RequestRejected` if the server refuses, `ServerUnavailable` if the last retry fails, and `InputError` for a
        malformed response; each message names the URL and what was received.
        """
        request_url = _make_url(url, parameters)
        retrying = Retrying(
            stop=stop_after_attempt(1 + self._policy.retries), wait=self._pause, sleep=self._sleep, before_sleep=self._report_retry,
            retry=retry_if_exception_type(ServerUnavailable), reraise=True,
        )  # fmt: skip
        return retrying(self._fetch_once, request_url)

    def _withhold_secrets(self, request: httpx.Request) -> None:
        """Remove the secrets from a request to another server than the trusted one. Called before each request and redirect."""
        self._trusted = self._trusted or request.url
        if not self._secrets or is_same_server(self._trusted, request.url):
            return
        for name in self._secrets:
            request.url = request.url.copy_remove_param(name)
        if request.url.host not in self._untrusted_hosts:
            self._untrusted_hosts.add(request.url.host)
            host = request.url.host
            self._on_message(f"the API key is not sent to {host}, which is another server; to send it, pull from its own address")

    def _fetch_once(self, url: httpx.URL) -> Document:
        self._sleep(self._next_request_at - time.monotonic())
        self._next_request_at = time.monotonic() + 1 / self._policy.per_second
        try:
            with self._http.stream("GET", url.copy_merge_params(dict(self._secrets))) as response:
                body = self._read_body(response, url)
        except httpx.TransportError as error:
            raise ServerUnavailable(f"cannot read {redact_url(url)}: {type(error).__name__}: {self._redact_secrets(str(error))}") from error
        except httpx.TooManyRedirects as error:
            raise InputError(f"cannot read {redact_url(url)}: it has too many redirects") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ServerUnavailable(f"cannot read {redact_url(url)}: a damaged response ({type(error).__name__})") from error
        return self._parse_response(response, url, body)

    def _read_body(self, response: httpx.Response, url: httpx.URL) -> bytes:
        deadline, parts, size = time.monotonic() + self._policy.timeout_s, [], 0
        for part in response.iter_bytes(1 << 16):
            parts.append(part)
            size += len(part)
            if size > MAX_RESPONSE_BYTES:
                raise InputError(f"cannot read {redact_url(url)}: the response has more than {MAX_RESPONSE_BYTES:,} bytes")
            if time.monotonic() > deadline:
                raise ServerUnavailable(f"cannot read {redact_url(url)}: no complete response in {self._policy.timeout_s:g} s")
        return b"".join(parts)

    def _parse_response(self, response: httpx.Response, url: httpx.URL, body: bytes) -> Document:
        status = response.status_code
        try:
            content = parse_document(body, response.headers.get("content-type", ""))
        except InvalidResponse as error:
            if status == HTTPStatus.OK:
                message = f"cannot read {redact_url(url)}: got {error}"
                raise (ServerUnavailable(message) if error.truncated else InputError(message)) from error
            content = None
        if status == HTTPStatus.OK:
            return self._make_document(response, content)
        reason = self._redact_secrets(read_error_message(content)) or response.reason_phrase
        message = f"cannot read {redact_url(url)}: it answered {status}{f' ({reason})' if reason else ''}"
        if status not in _RETRYABLE_STATUS:
            raise RequestRejected(message, status)
        retry_after_s = _parse_retry_after(response.headers.get("retry-after"))
        if retry_after_s is not None and retry_after_s > MAX_RETRY_AFTER_S:
            raise InputError(
                f"{message} and asks to wait for {retry_after_s:,.0f} s; start the same pull again after that, it will continue"
            )
        raise ServerUnavailable(message, retry_after_s, status)

    def _make_document(self, response: httpx.Response, content: object) -> Document:
        links = response.links
        following = links.get("next", {}).get("url")
        if not following:
            return Document(content, bool(_PAGE_RELATIONS & links.keys()))
        next_url = response.url.join(following)
        for name in self._secrets:
            next_url = next_url.copy_remove_param(name)
        return Document(content, is_linked=True, next_url=str(next_url))

    def _redact_secrets(self, text: str) -> str:
        for value in self._secrets.values():
            text = text.replace(value, "…")
        return text

    def _sleep(self, seconds: float) -> None:
        if self._stopped.wait(max(0.0, seconds)):
            raise InputError("the pull was stopped")

    def _pause(self, state: RetryCallState) -> float:
        """Return the seconds until the next attempt: the server's Retry-After, else an exponential pause."""
        failure = state.outcome.exception() if state.outcome else None
        if isinstance(failure, ServerUnavailable) and failure.retry_after_s is not None:
            return failure.retry_after_s
        pause_s = self._policy.retry_pause_s
        return wait_exponential_jitter(multiplier=pause_s, max=_MAX_RETRY_PAUSE_S, jitter=pause_s)(state)

    def _report_retry(self, state: RetryCallState) -> None:
        failure = state.outcome.exception() if state.outcome else None
        self._on_message(f"{failure}; retrying in {state.upcoming_sleep:.0f} s")


def _parse_retry_after(retry_after: str | None) -> float | None:
    """Return the seconds of a Retry-After header, which has seconds or a date (RFC 9110, 10.2.3); None if it has neither."""
    if retry_after is None:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        at = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds())


def is_same_server(first: httpx.URL, second: httpx.URL) -> bool:
    """Whether two URLs have the same host and port; `second` may have https where `first` has http, but not the reverse."""
    if first.host != second.host:
        return False
    return (first.scheme, first.port) == (second.scheme, second.port) or (
        (first.scheme, second.scheme) == ("http", "https") and first.port is None and second.port is None
    )


def _make_url(url: str, parameters: Mapping[str, str]) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise InputError(f"cannot read {url}: {error}") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise InputError(f"cannot read {url}: allowed: an address such as https://city.example.org/open311/v2")
    return parsed.copy_merge_params(dict(parameters))


def redact_url(url: httpx.URL | str) -> str:
    """Return the URL without user name and password, for messages and for the database."""
    parsed = httpx.URL(url)
    return str(parsed.copy_with(username=None, password=None)) if parsed.userinfo else str(parsed)
