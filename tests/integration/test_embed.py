"""What surrounds the page for frames: who may show it, what comes with it, and what is refused."""

from collections.abc import AsyncIterator

import httpx
import pytest

from geo_service.cli.application import make_application
from geo_service.core.errors import SettingsError
from geo_service.core.settings import Settings, read_settings
from tests.support.http_client import asking


def ancestors(answer: httpx.Response) -> str:
    """Who may show a page in a frame, by its policy."""
    return answer.headers["content-security-policy"].rpartition("frame-ancestors ")[2]


@pytest.fixture(scope="module")
async def client(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application whose pages only a portal may show, and whose numbers only one origin may read."""
    portal = ("self", "https://*.portal.example.org")
    async with asking(database_url, frame_ancestors=portal, cors_origins=("https://one.example.org",)) as made:
        yield made


async def test_only_the_page_for_frames_may_be_framed_and_only_by_those_in_the_settings(client: httpx.AsyncClient) -> None:
    embed, page = await client.get("/embed"), await client.get("/")
    assert ancestors(embed) == "'self' https://*.portal.example.org"
    assert ancestors(page) == "'none'"
    assert embed.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self' 'sha256-")
    assert "set-cookie" not in {*embed.headers, *page.headers}
    # Below /static a page would come without its policy.
    assert [(await client.get(f"/static/{name}.html")).status_code for name in ("embed", "index")] == [404, 404]


async def test_anyone_may_frame_it_by_default(database_url: str) -> None:
    transport = httpx.ASGITransport(make_application(Settings(database_url=database_url)))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.get("/embed?sector=roads")
        assert (answer.status_code, ancestors(answer)) == (200, "*")
        # Nothing is loaded yet: no code is known, and none may be called unknown.
        assert (await client.get("/api/legend?sector=roads&zoom=3")).status_code == 503


@pytest.mark.parametrize(
    ("query", "status"),
    [("", 200), ("layer=districts&level=region&lang=ru&scheme=auto&legend=hide&map=7.25/-45.04/138.98", 200),
     ("alerts=list&measure=unusual&window=3d", 200), ("alerts=some", 400), ("layer=incidents", 400),
     ("level=region", 400), ("scheme=pink", 400), ("map=200/1/1", 400), ("nonsense=1", 400), ("window=1d&window=2d", 400)],
)  # fmt: skip
async def test_the_status_says_whether_the_address_can_be_shown(client: httpx.AsyncClient, query: str, status: int) -> None:
    answer = await client.get(f"/embed?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")


async def test_any_origin_may_load_the_element(client: httpx.AsyncClient) -> None:
    answer = await client.get("/heat-map.js", headers={"Origin": "https://other.example.org"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "import " not in answer.text.replace("import.meta", "")


@pytest.mark.parametrize("value", ["https://a.example.org; script-src *", "a.example.org", "'self'", "none,https://a.example.org", ""])
def test_what_is_no_origin_cannot_get_into_the_policy(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEO_FRAME_ANCESTORS", value)
    with pytest.raises(SettingsError, match="GEO_FRAME_ANCESTORS"):
        read_settings()
