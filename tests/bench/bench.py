"""What the parts of a run share: the database, the state loaded from it, and the tiles that are measured."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from geo_service.aggregation.replica.loader import read_catalogue, read_incidents
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Window
from geo_service.core.database import open_connection
from geo_service.tiles.encoding.grid import Tile
from tests.bench.busy import BusyTiles
from tests.bench.dataset import DAY_S
from tests.bench.report import Report

MONTH, YEAR = 30, 365
_COUNT_LIMIT = 256_000_000


@dataclass(slots=True)
class Bench:
    """One run. `server` may hold further databases; `url` is the one with the data set."""

    server: str
    url: str
    incidents: int
    until: int
    report: Report
    quick: bool = False
    """Few repeats: to see that everything works."""
    _state: ReplicaState | None = None
    _tiles: list[Tile] = field(default_factory=list)

    def times(self, count: int) -> int:
        """How often to repeat what is repeated `count` times in earnest."""
        return min(count, 3) if self.quick else count

    async def state(self) -> ReplicaState:
        """The replica's state in this process, loaded when first asked for."""
        if self._state is None:
            async with open_connection(self.url) as held:
                self._state = ReplicaState(await read_incidents(held), await read_catalogue(held), _COUNT_LIMIT)
        return self._state

    def window(self, days: int, back: int = 0) -> Window:
        """The `days` that end `back` days before the last of the data set."""
        stop = self.until - back * DAY_S
        return Window(stop - days * DAY_S, stop)

    async def tiles(self) -> list[Tile]:
        """The tiles to measure, all of one zoom, the fullest first."""
        if not self._tiles:
            self._tiles = BusyTiles(await self.state(), self.window(MONTH)).find()
        return self._tiles


def question(window: Window, **parameters: str) -> str:
    """The query string for a window and further parameters."""
    span = {"from": _instant(window.start), "to": _instant(window.stop)}
    return "&".join(f"{name}={value}" for name, value in (span | parameters).items())


def _instant(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
