"""Changes of requests from servers of every kind, linked pages, and where the key goes."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import urlencode

import httpx
import pytest

from geo_service.core.errors import InputError
from ingest.pull.client import Client, ClientPolicy, is_same_server
from ingest.pull.discovery import find_endpoint
from ingest.pull.paging import MAX_SPAN
from ingest.pull.reader import Open311Reader, PullSpan
from tests.support.open311_city import JSON, City, Fault, request, served
from tests.support.open311_pulls import QUICK, SINCE, UNTIL, WANTED, ids, pulled, spread


@pytest.fixture
def city() -> Iterator[City]:
    made = City()
    with served(made):
        yield made


def changed_city(city: City) -> tuple[PullSpan, list[int]]:
    """A request a day of the last 300 days, of which every tenth has changed today; the span of a second pull, and what it must bring."""
    now = datetime.now(UTC).replace(microsecond=0)
    since = now - timedelta(days=300)
    city.requests = [
        request(day, since + timedelta(days=day, hours=1), **({"updated_datetime": now.isoformat()} if day % 10 == 0 else {}))
        for day in range(300)
    ]
    reached = now - timedelta(days=2)
    expected = [day for day in range(300) if day % 10 == 0 or day >= 298]
    return PullSpan(since, reached, now, now - timedelta(days=1)), expected


@pytest.mark.parametrize("links", [0, 3])
@pytest.mark.parametrize("in_spans", [True, False])
@pytest.mark.parametrize("alone", ["all", "recent", "refused", "failing"])
def test_changes_come_from_every_server_that_takes_updated_after_alone_or_beside_dates(
    city: City, alone: Literal["all", "recent", "refused", "failing"], in_spans: bool, links: int
) -> None:
    span, expected = changed_city(city)
    city.updates_alone, city.updates_in_spans, city.links = alone, in_spans, links
    notes = list[str]()
    batches = pulled(city, span, ClientPolicy("t", 10_000, 5, 0), notes)
    found, told = set(ids(batches)), [one for one in notes if "does not support updated_after" in one]
    recent = span.reached - MAX_SPAN
    if alone == "all" or in_spans:
        assert (sorted(found), told) == (expected, [])
    elif alone == "recent":
        received = {int(str(one["service_request_id"])): datetime.fromisoformat(str(one["requested_datetime"])) for one in city.requests}
        assert found == {number for number in expected if received[number] > span.until - MAX_SPAN}
    else:
        assert len(told) == 1
        assert found >= {day for day in range(300) if span.since + timedelta(days=day) >= recent}
    assert "updated_after" in city.asked[0]
    assert "start_date" not in city.asked[0]


def test_changes_outside_the_time_that_was_pulled_are_left_out(city: City) -> None:
    span, expected = changed_city(city)
    city.updates_alone, city.updates_in_spans = "all", False
    later = PullSpan(span.since + timedelta(days=100), span.reached, span.reached + timedelta(days=1), span.changed_after)
    assert ids(pulled(city, later)) == [number for number in expected if 100 <= number < 299]


def test_a_refused_key_ends_the_pull_and_is_not_taken_for_a_refused_parameter(city: City) -> None:
    span, _ = changed_city(city)
    city.faults = [(403, {"Content-Type": JSON}, b'[{"code": 403, "description": "bad key"}]')]
    with pytest.raises(InputError, match=r"it answered 403 \(bad key\)"):
        pulled(city, span)
    assert len(city.asked) == 1


@pytest.mark.parametrize("per_page", [1, 7, 100])
def test_linked_pages_are_followed_to_their_end_and_no_other_pages_are_asked_for(city: City, per_page: int) -> None:
    city.requests, city.links = spread(40), per_page
    assert ids(pulled(city)) == list(range(40))
    assert not any("page" in one or "page_size" in one for one in city.asked)


def test_a_link_that_leads_back_ends_the_list(city: City) -> None:
    city.faults = [(200, {"Content-Type": JSON, "Link": '<?again=1>; rel="next"'}, json.dumps(spread(3)).encode())] * 3
    city.requests = spread(10)
    assert ids(pulled(city, PullSpan(SINCE, SINCE, SINCE + MAX_SPAN, SINCE))) == [0, 1, 2]
    assert len(city.asked) == 2


class _Elsewhere(City):
    """Names an endpoint of another server in its discovery document, or sends its clients there."""

    endpoint = ""
    redirects = False

    def answer(self, path: str, query: dict[str, str]) -> Fault:
        self.asked.append(query)
        if self.redirects:
            return 302, {"Location": f"{self.endpoint}/{path.rpartition('/')[2]}?{urlencode(query)}"}, b""
        entry = {"specification": "http://wiki.open311.org/GeoReport_v2", "url": self.endpoint, "type": "production"}
        return 200, {"Content-Type": JSON}, json.dumps({"endpoints": [entry]}).encode()


@pytest.mark.parametrize("redirects", [True, False])
def test_another_server_that_discovery_or_a_redirect_names_never_gets_the_key_and_that_is_told(city: City, redirects: bool) -> None:
    city.requests = spread(5)
    elsewhere, notes = _Elsewhere(), list[str]()
    elsewhere.endpoint, elsewhere.redirects = city.base.replace("127.0.0.1", "localhost") + "/v2", redirects
    with served(elsewhere):
        url = f"{elsewhere.base}/v2" if redirects else f"{elsewhere.base}/discovery.json"
        with Client(QUICK, {"api_key": "S3CRET"}, notes.append, url) as asking:
            endpoint = find_endpoint(asking.fetch, url, {})
            reader = Open311Reader(asking.fetch, endpoint, {}, PullSpan(SINCE, SINCE, UNTIL, SINCE), WANTED, notes.append)
            batches = list(reader.batches(100))
    assert ids(batches) == list(range(5))
    assert city.asked
    assert not any("api_key" in one for one in city.asked)
    assert elsewhere.asked[0]["api_key"] == "S3CRET"
    assert notes == ["the API key is not sent to localhost, which is another server; to send it, pull from its own address"]


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("https://a/v2", "https://a/v3?x", True), ("http://a/v2", "https://a/v2", True), ("https://a/v2", "http://a/v2", False),
        ("https://a/v2", "https://b/v2", False), ("https://a/v2", "https://a:8443/v2", False), ("https://a/", "https://sub.a/", False),
        ("http://a:80/", "http://a/", True), ("http://a:8000/", "https://a/", False),
    ],
)  # fmt: skip
def test_a_key_goes_to_the_same_host_and_port_and_never_from_https_to_http(first: str, second: str, same: bool) -> None:
    assert is_same_server(httpx.URL(first), httpx.URL(second)) is same


class _XmlOnly(City):
    """Answers 500 to everything that is not XML."""

    def answer(self, path: str, query: dict[str, str]) -> Fault:
        return super().answer(path, query) if path.endswith(".xml") else (500, {"Content-Type": "text/html"}, b"<html>error</html>")


def test_a_server_that_fails_on_every_form_but_xml_is_asked_in_xml() -> None:
    only = _XmlOnly(spread(30), links=7)
    with served(only):
        assert ids(pulled(only, policy=ClientPolicy("t", 10_000, 5, 1, 0.01))) == list(range(30))
    assert {path for path in only.paths if not path.endswith(".xml")} == {"/v2/services.json"}
