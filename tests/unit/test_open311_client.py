"""Asking an Open311 server: where it is, in which form, all of its requests, politely, and what failures say."""

import gzip
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise

import pytest

from geo_service.core.errors import InputError
from ingest.mapping.mapping import load_mapping
from ingest.pull.client import ClientPolicy, ServerUnavailable
from ingest.pull.discovery import Endpoint, find_endpoint
from ingest.pull.paging import MAX_SPAN, PAGE_SIZE
from ingest.pull.pull import choose_source
from ingest.pull.reader import Open311Reader, PullSpan
from ingest.readers import Column, Reader
from tests.support import reader_conformance as conformance
from tests.support.open311_city import JSON, SERVICES, XML, City, request, served
from tests.support.open311_pulls import SINCE, UNTIL, WANTED, Watched, client, ids, pulled, spread


@pytest.fixture
def city() -> Iterator[City]:
    made = City()
    with served(made):
        yield made


@pytest.mark.parametrize("path", ["/v2", "/v2/", "/v2/requests.json", "/v2/services", "/discovery.json", "/discovery.xml", ""])
@pytest.mark.parametrize("endings", [("json", "xml"), ("xml",)])
def test_the_endpoint_is_found_from_its_address_or_its_discovery_and_json_preferred(
    city: City, path: str, endings: tuple[str, ...]
) -> None:
    city.endings = endings
    with client() as asking:
        found = find_endpoint(asking.fetch, city.base + path, {})
    assert (found.url, found.document_format) == (f"{city.base}/v2", endings[0])
    assert {code: (one.name, one.group) for code, one in found.services.items()} == {
        str(one["service_code"]): (one["service_name"], one["group"]) for one in SERVICES
    }


def test_where_there_is_no_server_everything_that_was_tried_is_told(city: City) -> None:
    with client() as asking, pytest.raises(InputError) as caught:
        find_endpoint(asking.fetch, f"{city.base}/elsewhere", {})
    for name in ("services.json", "services.xml", "discovery.json", "discovery.xml"):
        assert f"{city.base}/elsewhere/{name}: it answered 404" in str(caught.value)


ROWS = [{"service_request_id": f"{number}", "address": f"ул. Мира, {number}", "description": f"=cmd|{number}"} for number in range(7)]


@pytest.mark.parametrize("size", [1, 3, 100])
@pytest.mark.parametrize("ending", ["json", "xml"])
def test_it_is_a_reader_like_the_others(city: City, ending: str, size: int) -> None:
    city.endings, city.oldest_first = (ending,), True
    with client() as asking:
        endpoint = find_endpoint(asking.fetch, f"{city.base}/v2", {})

        def opened(wanted: list[Column] | None) -> Reader:
            return Open311Reader(asking.fetch, endpoint, {}, PullSpan(SINCE, SINCE, UNTIL, SINCE), wanted, print)

        conformance.an_input_without_rows_has_no_batches(opened)
        city.requests = [request(place, SINCE + timedelta(days=place * 20), **row) for place, row in enumerate(ROWS)]
        conformance.rows_come_in_order_and_batches_of_the_size_asked_for(opened, ROWS, size)
        conformance.without_a_choice_all_columns_are_given(opened, ROWS)
        conformance.a_column_may_have_another_name_or_be_absent(opened, ROWS)
        conformance.an_input_of_another_kind_is_told_with_the_columns_it_has(opened, ROWS)


@pytest.mark.parametrize("ending", ["json", "xml"])
def test_a_request_comes_with_its_values_in_either_form(city: City, ending: str) -> None:
    city.endings = (ending,)
    at = SINCE + timedelta(days=3)
    city.requests = [
        request(1, at),
        request(2, at, status="closed", updated_datetime="2026-02-01T00:00:00Z", service_name=None, service_code="002", lat=None),
    ]
    (batch,) = pulled(city)
    rows = sorted(zip(*(batch.columns[one.name] for one in WANTED), strict=True))
    assert rows == [
        ("1", "Яма № 1 <у дома>", "Ямы", "45.00001", ""),
        ("2", "Яма № 2 <у дома>", "Мусор & грязь", "", "2026-02-01T00:00:00Z"),
    ]


def test_time_is_asked_for_in_slices_of_90_days_without_a_gap(city: City) -> None:
    city.requests = spread(10)
    pulled(city)
    asked = list(dict.fromkeys((one["start_date"], one["end_date"]) for one in city.asked))
    assert asked[0][0] == "2026-01-01T00:00:00Z"
    assert asked[-1][1] == "2026-10-01T00:00:00Z"
    for (_, end), (start, _) in pairwise(asked):
        assert end == start
    lengths = [datetime.fromisoformat(end) - datetime.fromisoformat(start) for start, end in asked]
    assert lengths == [MAX_SPAN, MAX_SPAN, MAX_SPAN, timedelta(days=3)]


@pytest.mark.parametrize("limit", [1000, 50])
@pytest.mark.parametrize("oldest_first", [True, False])
def test_pages_are_asked_for_until_there_are_no_more_whatever_length_the_server_gives(city: City, limit: int, oldest_first: bool) -> None:
    city.requests, city.limit, city.oldest_first = spread(700), limit, oldest_first
    assert ids(pulled(city)) == list(range(700))
    assert {one.get("page_size", f"{PAGE_SIZE}") for one in city.asked} == {f"{PAGE_SIZE}"}
    assert max(int(one.get("page", 1)) for one in city.asked) == {1000: 2, 50: 6}[limit]


@pytest.mark.parametrize("limit", [1000, 50, 12])
@pytest.mark.parametrize("oldest_first", [True, False])
@pytest.mark.parametrize("refuses", [True, False])
def test_a_server_without_pages_is_asked_for_shorter_times_where_it_cuts(city: City, limit: int, oldest_first: bool, refuses: bool) -> None:
    city.knows_pages, city.limit, city.oldest_first, city.refuses_unknown = False, limit, oldest_first, refuses
    city.requests = spread(700)
    assert ids(pulled(city)) == list(range(700))
    assert sum("page" in one for one in city.asked) <= 2
    assert len(city.asked) < {1000: 15, 50: 80, 12: 350}[limit]


def test_requests_of_one_second_that_are_more_than_the_server_gives_are_told(city: City) -> None:
    city.knows_pages, city.limit = False, 20
    city.requests = [*spread(30), *(request(100 + number, SINCE + timedelta(days=1)) for number in range(40))]
    batches = pulled(city)
    assert set(ids(batches)) >= set(range(30))
    told = [one.detail for batch in batches for one in batch.broken]
    assert told
    assert all(re.search("at most 20 requests at once .* at about 2026-01-0(2T00:00:00|1T23:59:59)Z", one) for one in told)


class Shifted(City):
    """Counts pages from 0, against what others do."""

    def answer(self, path: str, query: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        changed = query | ({"page": f"{int(query['page']) + 1}"} if "page" in query else {})
        status, headers, body = super().answer(path, changed)
        return status, dict(headers), body


@pytest.mark.parametrize("limit", [1000, 50])
def test_a_server_that_counts_pages_from_nought_loses_nothing(limit: int) -> None:
    shifted = Shifted(spread(400), limit=limit)
    with served(shifted):
        assert ids(pulled(shifted)) == list(range(400))


def test_of_the_known_requests_only_those_that_changed_are_asked_for(city: City) -> None:
    known, after = datetime(2026, 8, 1, tzinfo=UTC), datetime(2026, 7, 31, tzinfo=UTC)
    city.requests = [*spread(300), request(900, SINCE, updated_datetime="2026-08-05T00:00:00Z")]
    expected = sorted(int(str(one["service_request_id"])) for one in city.requests if str(one["updated_datetime"]) >= "2026-07-31T")
    assert expected[-1] == 900
    assert ids(pulled(city, PullSpan(SINCE, known, UNTIL, after))) == expected
    assert {one["start_date"] for one in city.asked if "updated_after" not in one} == {"2026-08-01T00:00:00Z"}
    assert {one.get("updated_after", "2026-07-31T00:00:00Z") for one in city.asked} == {"2026-07-31T00:00:00Z"}


def test_a_server_that_does_not_know_changes_gives_the_last_slice_again_and_that_is_told(city: City) -> None:
    known, notes = datetime(2026, 8, 1, tzinfo=UTC), list[str]()
    city.requests, city.knows_updates = spread(300), False
    found = pulled(city, PullSpan(SINCE, known, UNTIL, known), notes=notes)
    first = known - MAX_SPAN
    assert ids(found) == [number for number, one in enumerate(city.requests) if str(one["requested_datetime"]) >= first.isoformat()]
    assert [one for one in notes if "does not support updated_after" in one and "since 2026-05-03" in one]


def test_the_position_says_how_much_of_the_time_is_whole(city: City) -> None:
    city.requests = spread(700)
    batches = pulled(city)
    assert [one.bytes_read for one in batches] == [0, 90 * 86400, 180 * 86400, 270 * 86400]
    with client() as asking:
        reader = Open311Reader(asking.fetch, Endpoint(f"{city.base}/v2", "json", {}), {}, PullSpan(SINCE, SINCE, UNTIL, SINCE), None, print)
        assert reader.size == (UNTIL - SINCE).total_seconds()


def test_a_busy_server_is_left_alone_as_long_as_it_asks_for(city: City) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(minutes=5), usegmt=True)
    city.requests, notes = spread(5), list[str]()
    city.faults = [(429, {"Retry-After": "120"}, b"slow down"), (503, {"Retry-After": later}, b"")]
    assert ids(pulled(city, notes=notes, made=Watched)) == list(range(5))
    for_seconds, until = sorted(one for one in Watched.slept if one > 1)
    assert for_seconds == 120
    assert 240 < until <= 300
    assert "it answered 429 (Too Many Requests); retrying in 120 s" in notes[0]
    assert "it answered 503" in notes[1]
    city.faults = [(429, {"Retry-After": "86400"}, b"")]
    with pytest.raises(InputError, match="asks to wait for 86,400 s"):
        pulled(city)


def test_pauses_after_failures_grow_to_a_minute(city: City) -> None:
    city.requests, city.faults = spread(5), [(500, {}, b"")] * 9
    assert ids(pulled(city, policy=ClientPolicy("t", 10_000, 5, 9), made=Watched)) == list(range(5))
    pauses = [one for one in Watched.slept if one > 0.5]
    assert len(pauses) == 9
    for place, pause in enumerate(pauses):
        assert min(2**place, 60) <= pause <= min(2**place + 1, 60)


def test_no_more_is_asked_in_a_second_than_agreed(city: City) -> None:
    city.requests = spread(5)
    pulled(city, policy=ClientPolicy("t", 0.001), made=Watched)
    first, *others = Watched.slept
    assert first <= 0
    assert len(others) >= len(city.asked)
    assert all(900 < one <= 1000 for one in others)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ((500, {}, b"oops"), "it answered 500"),
        ((200, {"Content-Type": JSON}, b'[{"service_request_id": "1", "stat'), "got incomplete or damaged JSON"),
        ((200, {"Content-Type": XML}, b"<service_requests><request><service_re"), "got incomplete or damaged XML"),
        ((200, {"Content-Type": JSON, "Content-Length": "5000"}, b"[]"), "RemoteProtocolError"),
        ((200, {}, b""), "got an empty response"),
    ],
)
def test_a_failure_that_passes_is_waited_out_and_one_that_stays_is_told(
    city: City, fault: tuple[int, dict[str, str], bytes], told: str
) -> None:
    city.requests, notes = spread(5), list[str]()
    city.faults = [fault]
    assert ids(pulled(city, notes=notes)) == list(range(5))
    assert told in notes[0]
    city.faults = [fault]
    with pytest.raises(ServerUnavailable, match=rf"cannot read {city.base}/v2/requests\.json\?start_date=2026-01-01.*{told}"):
        pulled(city, policy=ClientPolicy("t", 10_000, 5, 0))


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in pairwise("abcdefghij"))
    + "]><service_requests><request><description>&j;</description></request></service_requests>"
).encode()
OUTSIDE = b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><service_requests><request><description>&x;</description></request></service_requests>'


@pytest.mark.parametrize(
    ("media", "body", "told"),
    [
        (XML, BOMB, "with a DOCTYPE declaration"),
        (XML, OUTSIDE, "with a DOCTYPE declaration"),
        (XML, b"<a>" * 200_000 + b"</a>" * 200_000, "nested elements"),
        (JSON, b"[" * 100_000, "incomplete or damaged JSON"),
        (JSON, b'{"count": 1}', "no list"),
        ("text/html", b"<!DOCTYPE html><html>log in", "an HTML page"),
        ("text/plain", b"hello", "no JSON"),
        (JSON, json.dumps([{"number": 1}]).encode(), "no column"),
    ],
)
def test_an_answer_that_is_an_attack_or_something_else_is_refused_with_what_was_got(city: City, media: str, body: bytes, told: str) -> None:
    city.endings = ("json",)
    city.faults = [(200, {"Content-Type": media}, body)] * 9
    with pytest.raises(InputError, match=rf"(?s)cannot read {city.base}/v2.*{told}"):
        pulled(city, policy=ClientPolicy("t", 10_000, 5, 0))


def test_an_answer_that_unpacks_to_too_much_is_refused_on_the_way(city: City) -> None:
    packed = gzip.compress(b"[" + b" " * (80 << 20) + b"]")
    city.faults = [(200, {"Content-Type": JSON, "Content-Encoding": "gzip"}, packed)]
    with pytest.raises(InputError, match="more than 67,108,864 bytes"):
        pulled(city)


def test_a_refusal_says_what_the_server_says_and_never_the_key(city: City) -> None:
    city.faults = [
        (403, {"Content-Type": XML}, b"<errors><error><code>403</code><description>bad key S3CRET</description></error></errors>")
    ]
    with client(api_key="S3CRET") as asking, pytest.raises(InputError) as caught:
        asking.fetch(f"{city.base}/v2/requests.json", {"jurisdiction_id": "x"})
    assert str(caught.value) == f"cannot read {city.base}/v2/requests.json?jurisdiction_id=x: it answered 403 (bad key …)"
    assert city.asked == [{"jurisdiction_id": "x", "api_key": "S3CRET"}]
    assert city.headers[-1]["User-Agent"] == "geo-service tests"


def test_a_server_that_is_not_there_is_told_by_its_address() -> None:
    with (
        client(ClientPolicy("t", 10_000, 5, 0)) as asking,
        pytest.raises(ServerUnavailable, match=r"cannot read http://127.0.0.1:9/v2/services.json: ConnectError"),
    ):
        find_endpoint(asking.fetch, "http://user:word@127.0.0.1:9/v2", {})


@pytest.mark.parametrize("url", ["ftp://city/v2", "city.example.org", "http://", "http://[::1"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with client() as asking, pytest.raises(InputError, match="cannot"):
        find_endpoint(asking.fetch, url, {})


def test_the_source_is_called_after_the_server_unless_one_is_named_or_the_mapping_has_its_own() -> None:
    server = Endpoint("https://user:secret@city.example.org:8443/open311/v2", "json", {})
    codes = [
        choose_source(load_mapping(name), server, code).source.code
        for name, code in (("open311", None), ("open311", "city"), ("plain", None))
    ]
    assert codes == ["city.example.org:8443", "city", "plain"]
    assert choose_source(load_mapping("open311"), server, "city").source.name_ru == "city.example.org:8443"
    with pytest.raises(InputError, match="'a,b' cannot be the code of a source; allowed: 1 to 60 characters"):
        choose_source(load_mapping("open311"), server, "a,b")
