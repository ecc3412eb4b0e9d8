"""Asking a server over HTTP, politely: not faster than agreed, again after failures, never more than fits."""

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
from ingest.pull.response_parsing import InvalidResponse, document, server_message

LARGEST_ANSWER = 64 << 20
"""Bytes, unpacked: a thousand requests have about one megabyte."""

LONGEST_WAIT_S = 600.0
"""A server that wants a longer pause is asked another day."""

_PASSING = frozenset((408, 425, 429, 500, 502, 503, 504))
"""Answers after which it is worth asking again."""

_ACCEPT = "application/json, text/json;q=0.9, application/xml;q=0.8, text/xml;q=0.8"
_LONGEST_PAUSE_S = 60.0


@dataclass(frozen=True, slots=True)
class ClientPolicy:
    """How a server is asked."""

    agent: str
    """How we name ourselves."""
    per_second: float = 1.0
    timeout_s: float = 60.0
    """For one answer, from the question to its last byte."""
    retries: int = 6
    """After failures that may pass."""
    retry_pause_s: float = 1.0
    """Before the first of them; each further one is about twice as long, a minute at most."""


class RequestRejected(InputError):
    """An answer that says no, and will again."""

    def __init__(self, message: str, answered: int) -> None:
        """answered: the HTTP status."""
        self.answered = answered
        super().__init__(message)


class ServerUnavailable(InputError):
    """A failure that may pass, and has not after all tries."""

    def __init__(self, message: str, after: float | None = None) -> None:
        self.after = after
        super().__init__(message)


class Client:
    """One connection to a server, used by one thread; `told` gets a line about each failure that is waited out."""

    def __init__(self, manners: ClientPolicy, secret: Mapping[str, str], told: Callable[[str], None]) -> None:
        """secret: parameters of every question that no message shows."""
        self._manners, self._secret, self._told = manners, secret, told
        self._stopped = threading.Event()
        self._free_at = 0.0
        self._http = httpx.Client(
            headers={"User-Agent": manners.agent, "Accept": _ACCEPT}, timeout=manners.timeout_s, follow_redirects=True, max_redirects=5
        )

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
        self._http.close()

    def stop(self) -> None:
        """End whatever waits, from any thread."""
        self._stopped.set()

    def ask(self, url: str, parameters: Mapping[str, str]) -> object:
        """The document at `url`.

        Raises `RequestRejected` for an answer that says no, `ServerUnavailable` for what fails to the last try and
        `InputError` for what is malformed; each names the URL and says what was received.
        """
        asked = _url(url, parameters)
        tries = Retrying(
            stop=stop_after_attempt(1 + self._manners.retries), wait=self._pause, sleep=self._sleep, before_sleep=self._tell,
            retry=retry_if_exception_type(ServerUnavailable), reraise=True,
        )  # fmt: skip
        return tries(self._once, asked)

    def _once(self, asked: httpx.URL) -> object:
        self._sleep(self._free_at - time.monotonic())
        self._free_at = time.monotonic() + 1 / self._manners.per_second
        try:
            with self._http.stream("GET", asked.copy_merge_params(dict(self._secret))) as response:
                body = self._body(response, asked)
        except httpx.TransportError as error:
            raise ServerUnavailable(f"cannot read {shown(asked)}: {type(error).__name__}: {self._hidden(str(error))}") from error
        except httpx.TooManyRedirects as error:
            raise InputError(f"cannot read {shown(asked)}: it leads from one address to another without end") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ServerUnavailable(f"cannot read {shown(asked)}: a damaged answer ({type(error).__name__})") from error
        return self._document(response, asked, body)

    def _body(self, response: httpx.Response, asked: httpx.URL) -> bytes:
        until, parts, size = time.monotonic() + self._manners.timeout_s, [], 0
        for part in response.iter_bytes(1 << 16):
            parts.append(part)
            size += len(part)
            if size > LARGEST_ANSWER:
                raise InputError(f"cannot read {shown(asked)}: the answer has more than {LARGEST_ANSWER:,} bytes")
            if time.monotonic() > until:
                raise ServerUnavailable(f"cannot read {shown(asked)}: no whole answer in {self._manners.timeout_s:g} s")
        return b"".join(parts)

    def _document(self, response: httpx.Response, asked: httpx.URL, body: bytes) -> object:
        status = response.status_code
        try:
            found = document(body, response.headers.get("content-type", ""))
        except InvalidResponse as error:
            if status == HTTPStatus.OK:
                message = f"cannot read {shown(asked)}: got {error}"
                raise (ServerUnavailable(message) if error.cut else InputError(message)) from error
            found = None
        if status == HTTPStatus.OK:
            return found
        reason = self._hidden(server_message(found)) or response.reason_phrase
        message = f"cannot read {shown(asked)}: it answered {status}{f' ({reason})' if reason else ''}"
        if status not in _PASSING:
            raise RequestRejected(message, status)
        after = _seconds(response.headers.get("retry-after"))
        if after is not None and after > LONGEST_WAIT_S:
            raise InputError(f"{message} and asks to wait for {after:,.0f} s; start again after that, it will go on from there")
        raise ServerUnavailable(message, after)

    def _hidden(self, text: str) -> str:
        for value in self._secret.values():
            text = text.replace(value, "…")
        return text

    def _sleep(self, seconds: float) -> None:
        if self._stopped.wait(max(0.0, seconds)):
            raise InputError("the pull was stopped")

    def _pause(self, state: RetryCallState) -> float:
        """What the server asks for, else longer and longer."""
        failure = state.outcome.exception() if state.outcome else None
        if isinstance(failure, ServerUnavailable) and failure.after is not None:
            return failure.after
        return wait_exponential_jitter(multiplier=self._manners.retry_pause_s, max=_LONGEST_PAUSE_S, jitter=self._manners.retry_pause_s)(
            state
        )

    def _tell(self, state: RetryCallState) -> None:
        failure = state.outcome.exception() if state.outcome else None
        self._told(f"{failure}; asking again in {state.upcoming_sleep:.0f} s")


def _seconds(retry_after: str | None) -> float | None:
    """Of a Retry-After header: seconds or a date (RFC 9110, 10.2.3); None when it is neither."""
    if retry_after is None:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        at = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds())


def _url(url: str, parameters: Mapping[str, str]) -> httpx.URL:
    try:
        made = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise InputError(f"cannot read {url}: {error}") from error
    if made.scheme not in ("http", "https") or not made.host:
        raise InputError(f"cannot read {url}: allowed: an address such as https://city.example.org/open311/v2")
    return made.copy_merge_params(dict(parameters))


def shown(url: httpx.URL | str) -> str:
    """The address for messages and records: without a password."""
    made = httpx.URL(url)
    return str(made.copy_with(username=None, password=None)) if made.userinfo else str(made)
