"""Reading all requests of the city with the client of pulls."""

from datetime import UTC, datetime
from typing import ClassVar

from ingest.pull.client import Client, ClientPolicy
from ingest.pull.discovery import find_endpoint
from ingest.pull.reader import Open311Reader, PullSpan
from ingest.readers import Column, RawBatch
from tests.support.open311_city import City, Request, request

SINCE, UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC)
WANTED = [Column("service_request_id"), Column("description"), Column("service_name"), Column("lat"), Column("closed_datetime")]
QUICK = ClientPolicy("geo-service tests", per_second=10_000, retries=2, timeout_s=5, retry_pause_s=0.01)


class Watched(Client):
    """Sleeps never, and remembers for how long it would have."""

    slept: ClassVar[list[float]] = []

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


def client(policy: ClientPolicy = QUICK, notes: list[str] | None = None, made: type[Client] = Client, **secret: str) -> Client:
    Watched.slept.clear()
    return made(policy, secret, (notes if notes is not None else []).append)


def spread(count: int, *, first: int = 0, since: datetime = SINCE, until: datetime = UNTIL) -> list[Request]:
    step = (until - since) / count
    return [request(first + number, (since + number * step).replace(microsecond=0)) for number in range(count)]


def pulled(
    city: City, span: PullSpan | None = None, policy: ClientPolicy = QUICK, notes: list[str] | None = None, made: type[Client] = Client
) -> list[RawBatch]:
    with client(policy, notes, made) as asking:
        endpoint = find_endpoint(asking.fetch, f"{city.base}/v2", {})
        asked = span or PullSpan(SINCE, SINCE, UNTIL, SINCE)
        return list(Open311Reader(asking.fetch, endpoint, {}, asked, WANTED, (notes if notes is not None else []).append).batches(1000))


def ids(batches: list[RawBatch]) -> list[int]:
    return sorted({int(one) for batch in batches for one in batch.columns["service_request_id"]})
