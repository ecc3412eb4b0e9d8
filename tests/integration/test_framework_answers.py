"""What the framework answers by itself obeys the rules of the service: redirects, refused methods, preflights, files, documents."""

import asyncio
import gzip
import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from geo_service.cli.application import make_application
from geo_service.core.errors import SettingsError
from geo_service.core.settings import Settings, read_settings
from geo_service.pages.embed import VIEW_PARAMETERS
from tests.support.hourly_incidents import fill
from tests.support.http_client import asking, filled
from tests.support.http_server import serve_application
from tests.support.ingest_client import KEY, KEYED
from tests.support.paths import CHECKOUT

PUBLIC = "https://example.org/geo"
ELSEWHERE = "https://elsewhere.example"
EVIL = {"Host": "evil.example"}
PATH_VALUES = {
    "layer": "hexes", "z": "0", "x": "0", "y": "0", "path": "icon.svg", "code": "roads", "h3": "8a2d1072b59ffff", "id": "1", "run": "1",
    "name": "hexes", "feature": "8a2d1072b59ffff", "number": "1", "token": "1", "extension": "json",
}  # fmt: skip
"""Parts of paths with which each address leads somewhere."""


@pytest.fixture(scope="module")
def filled_url(database_url: str) -> str:
    """The module's database with incidents in it."""
    return filled(database_url, fill)


@pytest.fixture(scope="module")
async def client(filled_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service that is told nothing of its address."""
    async with asking(filled_url, write_keys=KEY) as made:
        yield made


@pytest.fixture(scope="module")
async def proxied(filled_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service that a proxy has put below a path."""
    async with asking(filled_url, public_url=PUBLIC, write_keys=KEY) as made:
        yield made


def addresses(app: FastAPI) -> list[str]:
    """An address of each route that is read, with values in its path."""
    return [
        re.sub(r"{(\w+)(?::path)?}", lambda part: PATH_VALUES[part[1]], route.path or "")
        for route in iter_route_contexts(app.routes)
        if "GET" in (route.methods or ())
    ]


@pytest.mark.parametrize("page", ["/", "/?view=wall", "/embed"])
async def test_below_a_path_the_pages_name_their_files_there(proxied: httpx.AsyncClient, page: str) -> None:
    text = (await proxied.get(page)).text
    named = re.findall(r'"(/[^"]*/static/[^"]+)"', text)
    assert len(named) > 3
    for address in named:
        assert address.startswith("/geo/static/")
        assert (await proxied.get(address.removeprefix("/geo"))).status_code == 200
    assert '"/static' not in text


async def test_below_a_path_the_data_name_addresses_there(proxied: httpx.AsyncClient) -> None:
    tilejson = (await proxied.get("/tiles/hexes.json?window=7d")).json()
    assert tilejson["tiles"] == [f"{PUBLIC}/tiles/hexes/{{z}}/{{x}}/{{y}}.mvt?window=7d"]
    listed = await proxied.get("/api/incidents?window=12w&limit=1")
    assert urljoin(f"{PUBLIC}/api/incidents", listed.links["next"]["url"]).startswith(f"{PUBLIC}/api/incidents?window=12w&limit=1&after=")


async def test_pages_of_a_service_below_a_path_may_send_what_its_origin_may(filled_url: str) -> None:
    async with asking(filled_url, public_url=PUBLIC, write_open=True) as client:
        for origin, status in (("https://example.org", 415), (ELSEWHERE, 403)):
            answer = await client.post("/api/incidents", headers={"Origin": origin, "Content-Type": "text/plain"}, content=b"x")
            assert answer.status_code == status


@pytest.mark.parametrize(
    "value", ["map.example.org", "https://map.example.org/?a=b", 'https://map.example.org/"><script>', "ftp://map.example.org"]
)
def test_an_address_that_cannot_stand_in_a_page_is_refused_at_the_start(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEO_PUBLIC_URL", value)
    with pytest.raises(SettingsError, match="GEO_PUBLIC_URL"):
        read_settings()


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/ogc/collections/", "/ogc/collections"), ("/healthz/?", "/healthz"),
        ("/ogc/conformance/?f=json", "/ogc/conformance?f=json"),
        ("/api/summary/?window=7d", "/api/summary?window=7d"), ("/tiles/hexes.json/", "/tiles/hexes.json"),
    ],
)  # fmt: skip
async def test_redirects_lead_to_the_neighbour_wherever_a_proxy_has_put_it(client: httpx.AsyncClient, path: str, target: str) -> None:
    answer = await client.get(path, headers=EVIL)
    location = answer.headers["location"]
    assert answer.status_code == 307
    assert "//" not in location
    for before in ("http://127.0.0.1:8000", "https://example.org/geo", "https://example.org/a/b"):
        assert urljoin(f"{before}{path}", location) == f"{before}{target}"


@pytest.mark.parametrize(
    ("allowed", "host", "address"),
    [
        (None, "evil.example", "http://test"), (None, "localhost:8000", "http://localhost:8000"), (None, "[::1]:8000", "http://[::1]:8000"),
        (("map.example.org",), "MAP.example.org", "http://map.example.org"), (("map.example.org",), "map.example.org.evil.example", "http://test"),
        (("map.example.org",), "localhost", "http://test"), (("*",), "any.example:81", "http://any.example:81"),
        (("*",), 'a"b', "http://test"), (("*",), "a/b", "http://test"),
    ],
)  # fmt: skip
async def test_the_host_of_a_request_is_believed_only_where_it_is_in_the_settings(
    filled_url: str, allowed: tuple[str, ...] | None, host: str, address: str
) -> None:
    settings: dict[str, Any] = {} if allowed is None else {"allowed_hosts": allowed}
    async with asking(filled_url, **settings) as client:
        headers = {"Host": host}
        tilejson = (await client.get("/tiles/hexes.json", headers=headers)).json()
        assert tilejson["tiles"] == [f"{address}/tiles/hexes/{{z}}/{{x}}/{{y}}.mvt"]
        landing = (await client.get("/ogc", headers=headers)).json()
        assert all(link["href"].startswith(f"{address}/ogc") for link in landing["links"])
        assert host == address.removeprefix("http://") or host not in (await client.get("/open311/discovery.json", headers=headers)).text


async def test_a_public_address_is_believed_before_any_host(proxied: httpx.AsyncClient) -> None:
    for path in ("/tiles/hexes.json", "/styles/hexes.json", "/ogc/collections", "/open311/discovery.json", "/", "/docs", "/openapi.json"):
        assert "evil.example" not in (await proxied.get(path, headers=EVIL)).text


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PATCH", "/healthz", "GET, HEAD"), ("DELETE", "/tiles/hexes/0/0/0.mvt", "GET, HEAD"), ("POST", "/", "GET, HEAD"),
        ("PUT", "/api/incidents", "GET, HEAD, POST"), ("PUT", "/open311/v2/requests.json", "GET, HEAD, POST"),
        ("POST", "/docs", "GET, HEAD"),
    ],
)  # fmt: skip
async def test_a_refused_method_names_every_one_that_is_accepted(client: httpx.AsyncClient, method: str, path: str, allowed: str) -> None:
    answer = await client.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


@pytest.mark.parametrize(("method", "path"), [("GET", "/api/summary"), ("HEAD", "/tiles/hexes/0/0/0.mvt")])
async def test_pages_elsewhere_may_send_the_headers_that_libraries_add(client: httpx.AsyncClient, method: str, path: str) -> None:
    usual = ("cache-control", "content-type", "if-none-match", "if-modified-since", "pragma", "x-request-id", "x-requested-with")
    asked = {"Origin": ELSEWHERE, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": ",".join(usual)}
    answer = await client.options(path, headers=asked)
    assert answer.status_code == 200
    assert set(usual) <= {name.strip().lower() for name in answer.headers["access-control-allow-headers"].split(",")}
    refused = await client.options(path, headers={**asked, "Access-Control-Request-Headers": "authorization"})
    assert [each.headers.get_list("x-content-type-options") for each in (answer, refused)] == [["nosniff"]] * 2
    assert refused.status_code == 400


@pytest.mark.parametrize(
    ("path", "kind"), [("/heat-map.js", "text/javascript"), ("/openapi.json", "application/json"), ("/docs", "text/html")]
)
async def test_files_and_documents_are_compressed_and_not_sent_twice(client: httpx.AsyncClient, path: str, kind: str) -> None:
    whole = await client.get(path)
    assert whole.headers["content-type"].startswith(kind)
    assert (whole.headers["cache-control"], whole.headers["vary"]) == ("no-cache", "Accept-Encoding, Origin")
    async with client.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as answer:
        body = b"".join([part async for part in answer.aiter_raw()])
    assert gzip.decompress(body) == whole.content
    assert len(body) < len(whole.content) * 0.6
    for known in (answer.headers["etag"], f"W/{answer.headers['etag']}", f'"other", {answer.headers["etag"]}', "*"):
        again = await client.get(path, headers={"Accept-Encoding": "gzip", "If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")


async def test_the_element_may_still_be_loaded_by_any_origin_when_it_is_known_already(client: httpx.AsyncClient) -> None:
    tag = (await client.get("/heat-map.js")).headers["etag"]
    answer = await client.get("/heat-map.js", headers={"If-None-Match": tag, "Origin": ELSEWHERE})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (304, "*")
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"


async def test_tiles_are_found_by_the_extension_that_other_programs_write(client: httpx.AsyncClient) -> None:
    for query in ("", "?window=12w&fields=h3"):
        ours, theirs = [await client.get(f"/tiles/hexes/5/19/11.{extension}{query}") for extension in ("mvt", "pbf")]
        assert (theirs.status_code, theirs.content) == (200, ours.content)
        assert theirs.headers["content-type"] == "application/vnd.mapbox-vector-tile"
        assert theirs.headers["etag"] == ours.headers["etag"]
        known = await client.get(f"/tiles/hexes/5/19/11.pbf{query}", headers={"If-None-Match": ours.headers["etag"]})
        assert known.status_code == 304
    assert (await client.get("/tiles/points/5/19/11.pbf")).status_code == 404


async def test_every_address_refuses_a_parameter_that_it_does_not_know(filled_url: str) -> None:
    app = make_application(Settings(database_url=filled_url, write_keys=KEY))
    async with serve_application(app) as client:
        asked = addresses(app)
        assert {"/", "/embed", "/api/live", "/api/places", "/healthz", "/readyz", "/open311/discovery.json", "/docs"} <= set(asked)
        answers = {path: (await client.get(path, params={"nonsense": "1"}, headers=KEYED)).status_code for path in asked}
    files = {path for path in asked if path == "/heat-map.js" or path.startswith("/static/")}
    assert {path for path, status in answers.items() if status != 400} == files


@pytest.mark.parametrize("path", ["/heat-map.js", "/static/vendor/maplibre-gl/maplibre-gl-worker.mjs"])
async def test_files_are_sent_whatever_version_their_address_names(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path, params={"v": "6.17.0"})
    assert (answer.status_code, answer.content) == (200, (await client.get(path)).content)


async def test_the_map_page_is_shown_all_the_same_when_its_address_has_a_parameter_too_many(client: httpx.AsyncClient) -> None:
    """Networks add some to what is shared: programs are told by the status, readers see the map."""
    answer = await client.get("/?fbclid=1")
    assert answer.status_code == 400
    assert answer.text == (await client.get("/")).text
    assert (await client.get("/?view=other")).status_code == 400


async def test_the_map_page_takes_before_the_hash_what_it_takes_behind_it(client: httpx.AsyncClient) -> None:
    source = (CHECKOUT / "frontend" / "src" / "page" / "url.js").read_text(encoding="utf-8")
    written = re.findall(r'^    \["([a-z]+)", ', source, re.MULTILINE)
    (filters,) = re.findall(r"FILTERS = \[(.*?)\]", source)
    names = {*written, *re.findall(r'"([a-z]+)"', filters)}
    assert len(names) > 20
    assert names == set(VIEW_PARAMETERS)
    answer = await client.get("/", params=dict.fromkeys(names, "x"))
    assert answer.status_code == 200
    assert answer.text == (await client.get("/")).text
    assert (await client.get("/?lang=ru")).status_code == 200


@pytest.mark.parametrize(
    ("query", "status"),
    [("lang=ru&window=24h&sector=roads,housing&rotate=20", 200), ("layer=hexes&scheme=light&map=7/45.04/38.98&measure=count", 200),
     ("from=2026-11-01&to=2026-11-08&compare=previous", 200), ("rotate=soon", 400), ("window=5x", 400), ("nonsense=1", 400)],
)  # fmt: skip
async def test_the_address_of_the_wall_may_have_a_selection(client: httpx.AsyncClient, query: str, status: int) -> None:
    assert (await client.get(f"/?view=wall&{query}")).status_code == status


async def test_no_browser_may_guess_the_type_of_any_response(filled_url: str) -> None:
    app = make_application(Settings(database_url=filled_url, write_keys=KEY))
    async with serve_application(app) as client:
        streamed = "/api/live"
        for path in [*addresses(app), "/nowhere", "/ogc/collections/", "/tiles/hexes/0/0/0.mvt", "/tiles/hexes/10/0/0.mvt"]:
            for method in ("HEAD",) if path == streamed else ("GET", "HEAD", "PUT"):
                answer = await client.request(method, path, headers=KEYED)
                assert answer.headers.get_list("x-content-type-options") == ["nosniff"], (method, path)


async def test_the_head_of_a_stream_ends_and_leaves_the_connection_for_the_next_request(filled_url: str) -> None:
    app = make_application(Settings(database_url=filled_url))
    async with serve_application(app) as client:
        url = client.base_url
        reader, writer = await asyncio.open_connection(url.host, url.port)
        async with asyncio.timeout(5):
            writer.write(b"HEAD /api/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
            head = await reader.readuntil(b"\r\n\r\n")
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            rest = await reader.read()
        writer.close()
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"content-type: text/event-stream" in head
    assert rest.startswith(b"HTTP/1.1 200 OK\r\n")
    assert rest.endswith(b'{"status":"ok"}')


async def test_the_page_of_the_interface_loads_nothing_and_shows_every_address(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    page = await client.get("/docs")
    assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert not re.search(r"(?i)<(script|link|img|iframe|base)|\bsrc=|url\(|@import", page.text)
    assert re.findall(r'href="([^"]*)"', page.text) == ["openapi.json"]
    for path, methods in document["paths"].items():
        for method in methods:
            assert f"<code>{method.upper()} {path}</code>" in page.text
    assert [(await client.get(path)).status_code for path in ("/redoc", "/docs/oauth2-redirect")] == [404, 404]


async def test_the_openapi_document_is_valid_as_the_version_that_it_names(client: httpx.AsyncClient) -> None:
    """OpenAPI 3.1, 4.8.10: no parameter twice; 4.8.14: media types have no other fields than these."""
    document = (await client.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    for path, methods in document["paths"].items():
        for operation in methods.values():
            parameters = [(one["name"], one["in"]) for one in operation.get("parameters", [])]
            assert len(parameters) == len(set(parameters)), path
            assert {name for name, place in parameters if place == "path"} == set(re.findall(r"{(\w+)(?::path)?}", path))
            for response in operation["responses"].values():
                for content in response.get("content", {}).values():
                    assert set(content) <= {"schema", "example", "examples", "encoding"}
    run = document["paths"]["/api/ingest/runs/{run}"]["get"]["parameters"]
    assert [one["description"] for one in run if one["name"] == "run"] == ["A run's number."]
