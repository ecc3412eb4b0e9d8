"""A city with an Open311 server, written from the standard (wiki.open311.org/GeoReport_v2), for tests of who asks it."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.parse import parse_qs, urlencode, urlsplit
from xml.sax.saxutils import escape

Request = Mapping[str, object]
Fault = tuple[int, Mapping[str, str], bytes]
"""Status, headers and body of an answer that is given instead."""

JSON, XML = "application/json; charset=utf-8", "text/xml; charset=utf-8"
SERVICES = [
    {"service_code": "001", "service_name": "Ямы", "description": "", "metadata": False, "type": "realtime", "group": "Дороги"},
    {"service_code": "002", "service_name": "Мусор & грязь", "description": "", "metadata": False, "type": "realtime", "group": "ЖКХ"},
]


def request(number: int, received: datetime, **change: object) -> Request:
    """A request with all that the standard has."""
    return {
        "service_request_id": f"{number}",
        "status": "open",
        "status_notes": None,
        "service_name": "Ямы",
        "service_code": "001",
        "description": f"Яма № {number} <у дома>",
        "agency_responsible": "Управа",
        "service_notice": None,
        "requested_datetime": received.isoformat(),
        "updated_datetime": received.isoformat(),
        "expected_datetime": None,
        "address": f"ул. Мира, {number}",
        "address_id": None,
        "zipcode": None,
        "lat": 45.0 + number / 100_000,
        "long": 38.9,
        "media_url": None,
    } | change


@dataclass
class City:
    """What the server has, how it answers, and what it was asked."""

    requests: list[Request] = field(default_factory=list)
    endings: Sequence[str] = ("json", "xml")
    knows_pages: bool = True
    knows_updates: bool = True
    """Whether it filters by `updated_after`, instead of passing it over."""
    updates_alone: Literal["all", "recent", "refused", "failing"] = "recent"
    """`updated_after` without dates: of any time, of the last 90 days as the standard has it, 400 or 500."""
    updates_in_spans: bool = True
    """Whether `updated_after` may stand beside dates."""
    links: int = 0
    """Requests on a page where pages are linked by the header `Link`; 0 for a server that does not link them."""
    refuses_unknown: bool = False
    """Whether `page` is an error where it is not known."""
    limit: int = 1000
    oldest_first: bool = False
    faults: list[Fault] = field(default_factory=list)
    """For the next questions for requests, one each."""
    before: Callable[[int], None] = lambda _: None
    """Called with the number of questions for requests until now."""
    asked: list[dict[str, str]] = field(default_factory=list)
    """Parameters of each question for requests."""
    paths: list[str] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    base: str = ""

    def answer(self, path: str, query: dict[str, str]) -> Fault:
        """Status, headers and body."""
        resource, _, ending = path.removeprefix("/v2/").partition(".")
        if path.startswith("/discovery."):
            return self._discovery(path.partition(".")[2])
        if not path.startswith("/v2/") or ending not in self.endings:
            return 404, {"Content-Type": "text/html"}, b"<!DOCTYPE html><html>not here</html>"
        if resource == "services":
            return self._list(ending, "services", "service", SERVICES)
        if resource != "requests":
            return 404, {"Content-Type": JSON}, json.dumps([{"code": 404, "description": "unknown resource"}]).encode()
        self.asked.append(query)
        self.before(len(self.asked))
        if self.faults:
            return self.faults.pop(0)
        if self.refuses_unknown and "page" in query:
            return 400, {"Content-Type": JSON}, json.dumps([{"code": 400, "description": "unknown parameter page"}]).encode()
        if refusal := self._refusal(query):
            return refusal, {"Content-Type": JSON}, json.dumps([{"code": refusal, "description": "updated_after"}]).encode()
        chosen = self._chosen(query)
        if not self.links:
            return self._list(ending, "service_requests", "request", chosen)
        first = int(query.get("after", 0))
        status, headers, body = self._list(ending, "service_requests", "request", chosen[first : first + self.links])
        target = f"requests.{ending}?{urlencode(query | {'after': f'{first + self.links}'})}"
        following = f', <{target}>; rel="next"' if first + self.links < len(chosen) else ""
        return status, {**headers, "Link": f'<requests.{ending}>; rel="first"{following}'}, body

    def _refusal(self, query: dict[str, str]) -> int:
        """The status with which a question for changes is refused; 0 where it is answered."""
        if "updated_after" not in query or (self.updates_in_spans and "start_date" in query):
            return 0
        return 400 if "start_date" in query else {"refused": 400, "failing": 500}.get(self.updates_alone, 0)

    def _chosen(self, query: dict[str, str]) -> list[Request]:
        end = datetime.fromisoformat(query["end_date"]) if "end_date" in query else datetime.now(UTC)
        start = datetime.fromisoformat(query["start_date"]) if "start_date" in query else end - timedelta(days=90)
        if self.updates_alone == "all" and "updated_after" in query and "start_date" not in query:
            start = datetime.min.replace(tzinfo=UTC)
        found = [one for one in self.requests if start <= _at(one, "requested_datetime") <= end]
        if self.knows_updates and "updated_after" in query:
            after = datetime.fromisoformat(query["updated_after"])
            found = [one for one in found if _at(one, "updated_datetime") >= after]
        found.sort(key=lambda one: _at(one, "requested_datetime"), reverse=not self.oldest_first)
        if self.links:
            return found
        if not self.knows_pages:
            return found[: self.limit]
        size = min(self.limit, int(query.get("page_size", self.limit)))
        first = (int(query.get("page", 1)) - 1) * size
        return found[first : first + size]

    def _discovery(self, ending: str) -> Fault:
        formats = {"json": "application/json", "xml": "text/xml"}
        endpoint = {
            "specification": "http://wiki.open311.org/GeoReport_v2",
            "url": f"{self.base}/v2",
            "type": "production",
            "formats": [formats[one] for one in self.endings],
        }
        old = endpoint | {"specification": "http://wiki.open311.org/GeoReport_v1", "url": f"{self.base}/v1"}
        test = endpoint | {"url": f"{self.base}/test", "type": "test"}
        if ending == "json":
            return 200, {"Content-Type": JSON}, json.dumps({"changeset": "2026", "endpoints": [old, test, endpoint]}).encode()
        listed = "".join(
            f"<endpoint>{_element('specification', one['specification'])}{_element('url', one['url'])}{_element('type', one['type'])}"
            f"<formats>{''.join(_element('format', form) for form in one['formats'])}</formats></endpoint>"
            for one in (old, test, endpoint)
        )
        text = f'<?xml version="1.0" encoding="utf-8"?><discovery xmlns="http://open311.org"><endpoints>{listed}</endpoints></discovery>'
        return 200, {"Content-Type": XML}, text.encode()

    def _list(self, ending: str, whole: str, one: str, rows: Sequence[Request]) -> Fault:
        if ending == "json":
            return 200, {"Content-Type": JSON}, json.dumps(rows).encode()
        listed = "".join(f"<{one}>{''.join(_element(name, value) for name, value in row.items())}</{one}>" for row in rows)
        return 200, {"Content-Type": XML}, f'<?xml version="1.0" encoding="utf-8"?>\n<{whole}>{listed}</{whole}>'.encode()


def _at(row: Request, name: str) -> datetime:
    read = datetime.fromisoformat(str(row[name]))
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _element(name: str, value: object) -> str:
    return f"<{name}/>" if value is None else f"<{name}>{escape(str(value))}</{name}>"


@contextmanager
def served(city: City) -> Iterator[str]:
    """The server on a loopback port; the address of its endpoint."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            city.paths.append(parts.path)
            city.headers.append(dict(self.headers.items()))
            status, headers, body = city.answer(parts.path, {name: values[0] for name, values in parse_qs(parts.query).items()})
            self.send_response(status)
            for name, value in ({"Content-Length": f"{len(body)}"} | dict(headers)).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Silence."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        city.base = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"{city.base}/v2"
        finally:
            server.shutdown()
            thread.join()
