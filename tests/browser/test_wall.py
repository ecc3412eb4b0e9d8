"""The wall screen: what it says, that it takes its turns, and that it comes back after whatever happens to it."""

import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Route, expect

from geo_service.core.database import open_connection
from tests.support import territory
from tests.support.browser_incidents import run_in_thread
from tests.support.browser_visit import PATIENCE_MS, PATIENCE_S, Visit, visiting
from tests.support.serve_process import serving, wait_until_ready

pytestmark = pytest.mark.browser

WORST = 5
LEAST_MESSAGES, LEAST_OVERDUE = 10, 3
"""Of fewer a district is not said to have more overdue than the region."""
SURE_LOG10_P = -3
"""What chance gives more often is no change that the wall tells of."""
SMALLEST_PX, KEY_PX = 24, 90
"""What can be read from four metres on a screen of 1920 × 1080."""


class Server:
    """A `geo serve` process that ends and begins again at the same address."""

    def __init__(self, database_url: str) -> None:
        self._url, self._port = database_url, ""
        self._held = ExitStack()
        self._process: subprocess.Popen[str] | None = None
        self.address = ""

    def begin(self) -> None:
        """Start it, at the port that it had before."""
        variables = {"GEO_PORT": self._port} if self._port else {}
        self._process, self.address = self._held.enter_context(serving(self._url, GEO_ALERTS="0", **variables))
        self._port = self.address.rpartition(":")[2]
        wait_until_ready(self.address)

    def end(self) -> None:
        """As a restart ends it."""
        if self._process:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(PATIENCE_S)
        self._held.close()


@pytest.fixture(scope="module")
def server(database_url: str) -> Iterator[Server]:
    """A server over the territory, which a test may end and begin again."""

    async def fill() -> None:
        async with open_connection(database_url) as held:
            await territory.fill(held)

    run_in_thread(fill)
    made = Server(database_url)
    made.begin()
    yield made
    made.end()


@pytest.fixture(scope="module")
def service_url(server: Server) -> str:
    """Its address: the browser is there as long as it is."""
    return server.address


@pytest.fixture(scope="module")
def shown(browser: Browser, service_url: str) -> Iterator[Visit]:
    """The wall as it is without being asked for anything, opened once for all that only look at it."""
    with visiting(browser, service_url, 1920, 1080) as made:
        show(made, "lang=ru")
        yield made


@pytest.fixture
def wall(browser: Browser, service_url: str) -> Iterator[Visit]:
    """A page of a wall's shape, nothing opened yet; a quarter of the pixels is drawn so much faster."""
    with visiting(browser, service_url, 960, 540) as made:
        yield made


def show(visit: Visit, view: str = "") -> None:
    """Open the wall, and wait until numbers and map are there."""
    visit.page.goto("about:blank")
    visit.page.goto(f"{visit.address}/?view=wall{view and '&'}{view}")
    settle(visit)


def settle(visit: Visit) -> None:
    """Wait until numbers and map are there."""
    expect(figure(visit, "count")).to_have_text(re.compile(r"\d"), timeout=PATIENCE_MS)
    visit.until("window.geoMap?.getSource('districts') && geoMap.loaded() && geoMap.areTilesLoaded() && !geoMap.isMoving()")


def figure(visit: Visit, name: str) -> Any:
    """The place of a key number."""
    return visit.page.locator(f"[data-figure={name}] dd").first


def asked(visit: Visit, path: str) -> Any:
    """What the service answers."""
    return httpx.get(f"{visit.address}{path}").raise_for_status().json()


def test_the_wall_says_what_the_service_says_of_the_last_seven_days(shown: Visit) -> None:
    numbers = asked(shown, "/api/summary?window=7d")
    for name in ("n", "open", "overdue", "closed"):
        expect(figure(shown, "count" if name == "n" else name)).to_have_text(str(numbers[name]))
    expect(shown.page.locator("h1")).to_have_text("Край")
    expect(shown.page.locator("#wall-sector")).to_have_text("Все отрасли")
    drawn = shown.page.evaluate(
        "geoMap.queryRenderedFeatures({layers: ['districts']}).map(({properties}) => [properties.code, properties.n])"
    )
    districts = {row["code"]: row["count"] for row in asked(shown, "/api/districts?window=7d&level=district")["districts"]}
    assert len(dict(drawn)) > WORST
    assert dict(drawn).items() <= districts.items()
    shown.shot("wall")


def test_the_wall_lists_what_is_unusual_and_what_has_changed_before_what_is_overdue(shown: Visit) -> None:
    lists = shown.page.locator("#wall-attention [data-list]")
    # Where there is little of these, the districts with most messages follow.
    assert [one.get_attribute("data-list") for one in lists.all()][:3] == ["alerts", "changes", "overdue"]
    expect(lists.first).to_have_text(re.compile("ничего необычного|ещё изучает"))
    changes = asked(shown, "/api/changes?by=district,theme&window=7d&level=district&direction=up")["changes"]
    sure = [one for one in changes if one["log10_p"] <= SURE_LOG10_P]
    assert sure
    for row, change in zip(shown.page.locator("#wall-attention [data-list=changes] li").all(), sure, strict=False):
        expect(row.locator("strong")).to_have_text(f"{change['district']['name']['ru']}: {change['theme']['name']['ru']}")
        expect(row.locator("p")).to_have_text(f"{change['n']} сообщ., было {change['n_compared']}")


def test_the_worst_districts_have_more_overdue_than_the_regions_share_would_give(shown: Visit) -> None:
    answer = asked(shown, "/api/districts?window=7d&level=district")
    share = answer["total"]["overdue"] / answer["total"]["count"]
    enough = [row for row in answer["districts"] if row["count"] >= LEAST_MESSAGES and row["overdue"] >= LEAST_OVERDUE]
    excess = {row["name"]["ru"]: row["overdue"] - share * row["count"] for row in enough}
    expected = [name for name, more in sorted(excess.items(), key=lambda pair: -pair[1]) if more > 0][:WORST]
    named = shown.page.locator("#wall-attention [data-list=overdue] strong").all_inner_texts()
    assert [excess[name] for name in named] == [excess[name] for name in expected][: len(named)]
    assert named
    row = next(row for row in answer["districts"] if row["name"]["ru"] == named[0])
    expect(shown.page.locator("#wall-attention [data-list=overdue] li p").first).to_contain_text(
        f"{row['overdue']} из {row['count']}, при средней доле было бы"
    )
    # The numbers of all rows stand at their places on the map as well, each place with the first that is about it.
    titles = shown.page.locator("#wall-attention li strong").all_inner_texts()
    places = [title.partition(":")[0] for title in titles]
    shown.until("geoMap.queryRenderedFeatures({layers: ['wall-numbers']}).length > 0")
    ranks = set(shown.page.evaluate("geoMap.queryRenderedFeatures({layers: ['wall-numbers']}).map(({properties}) => properties.rank)"))
    assert ranks == {str(places.index(place) + 1) for place in set(places)}


def test_the_legend_lies_beside_the_map_and_no_name_is_cut_at_its_edge(shown: Visit) -> None:
    legend, area, credits_line = (shown.page.locator(one).bounding_box() for one in ("#legend", "#map", "#wall-credits"))
    assert legend and area and credits_line
    assert legend["y"] + legend["height"] <= area["y"] + 1
    line = shown.page.evaluate("parseFloat(getComputedStyle(document.querySelector('#wall-credits')).lineHeight)")
    assert credits_line["height"] <= line + 1
    # Where a name reaches the edge there is a transparent picture that takes its place.
    edges = shown.page.evaluate("geoMap.queryRenderedFeatures({layers: ['wall-edges']}).map(({properties}) => properties.side)")
    assert sorted(edges) == ["wall-edge-flat", "wall-edge-flat", "wall-edge-upright", "wall-edge-upright"]
    width, height = shown.page.evaluate("[geoMap.getCanvas().clientWidth, geoMap.getCanvas().clientHeight]")
    assert (round(area["width"]), round(area["height"])) == (width, height)


def test_a_wall_of_three_days_shows_what_is_unusual_and_says_so(wall: Visit) -> None:
    show(wall, "window=3d&lang=en")
    legend = asked(wall, "/api/legend?layer=districts&level=district&window=3d&measure=unusual&scheme=dark&zoom=6")
    names = [row["name"]["en"] for row in legend["classes"]]
    shown_names = wall.page.locator("#legend .range").all_inner_texts()
    assert shown_names and [name for name in shown_names if name not in names] == []


def test_everything_is_legible_from_four_metres_and_nothing_can_be_pressed_or_moved(shown: Visit) -> None:
    sizes = shown.page.evaluate(
        "[...document.querySelectorAll('body *')].filter((one) => one.checkVisibility() && [...one.childNodes]"
        ".some((node) => node.nodeType === 3 && node.textContent.trim())).map((one) => parseFloat(getComputedStyle(one).fontSize))"
    )
    assert min(sizes) >= SMALLEST_PX
    keys = "[...document.querySelectorAll('#wall-figures dd:not(.note)')].map((one) => parseFloat(getComputedStyle(one).fontSize))"
    assert min(shown.page.evaluate(keys)) >= KEY_PX
    names = "geoMap.getStyle().layers.filter(({type}) => type === 'symbol').map(({id}) => geoMap.getLayoutProperty(id, 'text-size'))"
    assert min(shown.page.evaluate(names)) >= SMALLEST_PX
    assert shown.page.locator("button, input, select, a, [tabindex='0']").count() == 0
    before = shown.page.evaluate("geoMap.getCenter()")
    shown.page.mouse.move(400, 600)
    shown.page.mouse.down()
    shown.page.mouse.move(700, 700, steps=3)
    shown.page.mouse.up()
    shown.page.mouse.wheel(0, 500)
    assert shown.page.evaluate("geoMap.getCenter()") == before
    assert shown.page.evaluate("document.documentElement.scrollHeight") <= 1080
    shown.page.set_viewport_size({"width": 3840, "height": 2160})
    assert shown.page.evaluate(keys) == [2 * KEY_PX + 12] * 5
    # The pointer goes away by itself.
    expect(shown.page.locator("html")).to_have_class(re.compile("still"), timeout=PATIENCE_MS)
    assert shown.complaints == []
    shown.page.goto("about:blank")


def test_sectors_take_turns_with_their_name_and_numbers(wall: Visit) -> None:
    show(wall, "rotate=5&lang=en")
    sectors = {one["name"]["en"]: one["n"] for one in asked(wall, "/api/summary?window=7d")["sectors"] if one["n"]}
    first = next(iter(sectors))
    expect(wall.page.locator("#wall-sector")).to_have_text(first, timeout=PATIENCE_MS)
    expect(figure(wall, "count")).to_have_text(str(sectors[first]))
    wall.until("!document.documentElement.classList.contains('changing')")
    wall.shot("wall-sector")


def test_a_map_whose_drawing_was_lost_is_made_anew(wall: Visit) -> None:
    show(wall)
    wall.page.evaluate("window.lost = geoMap; geoMap.getCanvas().getContext('webgl2').getExtension('WEBGL_lose_context').loseContext()")
    wall.until("window.geoMap !== window.lost")
    settle(wall)
    assert wall.page.evaluate("geoMap.queryRenderedFeatures({layers: ['districts']}).length") > WORST
    assert wall.page.locator("#map canvas").count() == 1
    # What the lost one watched is watched no more: another choice asks only the new one.
    wall.page.evaluate("location.hash = 'sector=roads&lang=en'")
    expect(wall.page.locator("#wall-sector")).to_have_text("Roads", timeout=PATIENCE_MS)
    settle(wall)
    wall.complaints[:] = [one for one in wall.complaints if "CONTEXT_LOST" not in one and "context lost" not in one.lower()]


def test_a_wall_takes_the_services_new_page(wall: Visit) -> None:
    show(wall, "lang=en")
    wall.page.evaluate("window.notReloaded = true")
    other = re.sub(r"/static/[0-9a-f]{16}/", "/static/0123456789abcdef/", httpx.get(f"{wall.address}/?view=wall").text)
    wanted: list[str] = []

    def answer(route: Route) -> None:
        wanted.append(route.request.url)
        route.fulfill(body="")

    wall.page.route(f"{wall.address}/?view=wall", lambda route: route.fulfill(body=other))
    wall.page.route("**/static/0123456789abcdef/**", answer)
    wall.page.route("**/api/live", lambda route: route.abort())
    # As when the network changes: the stream is opened anew, and this one fails.
    wall.page.evaluate("dispatchEvent(new Event('online'))")
    expect(wall.page.locator("#live")).to_have_attribute("data-state", "away", timeout=PATIENCE_MS)
    with wall.page.expect_event("load", timeout=PATIENCE_MS):
        wall.page.unroute("**/api/live")
    # All its files were there before the page was left.
    assert any(re.search(r"/wall-\w+\.js$", one) for one in wanted)
    settle(wall)
    assert not wall.page.evaluate("window.notReloaded")


def test_after_the_server_began_again_the_wall_shows_its_numbers_and_until_then_how_old_its_own_are(
    wall: Visit, server: Server, database_url: str
) -> None:
    show(wall, "lang=en")
    wall.page.evaluate("window.notReloaded = true")
    count = int(figure(wall, "count").inner_text())
    server.end()
    expect(wall.page.locator("#live")).to_have_attribute("data-state", "away", timeout=PATIENCE_MS)
    wall.page.evaluate("const now = Date.now; Date.now = () => now() + 180_000; undefined")
    expect(wall.page.locator("#wall-clock")).to_have_text(re.compile(r"^Out of date: as of \d\d:\d\d, 3 min\. ago$"))
    wall.shot("wall-stale")
    add_closed(database_url)
    server.begin()
    expect(figure(wall, "count")).to_have_text(str(count + 3), timeout=PATIENCE_MS)
    expect(wall.page.locator("#wall-clock")).to_have_text(re.compile(r"^\d\d:\d\d$"))
    expect(wall.page.locator("#live")).to_have_attribute("data-state", "live", timeout=PATIENCE_MS)
    wall.until("geoMap.queryRenderedFeatures({layers: ['districts']}).some(({properties: {code, n}}) => code === '00' && n === 3)")
    assert wall.page.evaluate("window.notReloaded")


def add_closed(database_url: str) -> None:
    """Three closed incidents in the district that has had none."""

    async def insert() -> None:
        async with open_connection(database_url) as held:
            await held.execute(
                "insert into incident (source_id, external_id, location, cell, location_quality, theme_id, status, received_at, updated_at,"
                " district_id) select 1, 'late' || n, location, cell, 0, 1, 6, now() - interval '1 hour', now(),"
                " (select id from district where code = '00') from incident, generate_series(1, 3) n where external_id = 'T0'"
            )

    run_in_thread(insert)
