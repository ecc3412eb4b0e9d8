"""Random incidents with districts, and their statistics by SQL that was written independently."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import h3.api.basic_int as h3
import httpx
import pytest

from geo_service.core.database import open_connection

COUNT = 4000
CELLS = h3.grid_disk(h3.latlng_to_cell(45.04, 38.98, 10), 12)
COUNTS = ("count", "open", "overdue", "closed", "n_answered", "n_closed_timed", "n_judged", "n_answered_late")
SHARES = (("share_closed", "closed", "count"), ("share_on_time", "on_time", "n_judged"), ("answered_late", "n_answered_late", "n_judged"))
HOURS = ("answer_hours", "answer_hours_p90", "close_hours", "close_hours_p90")
DISTRICTS = """
insert into district (id, code, level, parent_id, name_ru, name_en, population, area_km2, approximate) overriding system value values
    (1, '03', 1, null, 'Край', 'Krai', null, 900, false),
    (2, '0301', 2, 1, 'Север, «дальний»', 'North', 12000, 300.5, true), (3, '0302', 2, 1, 'Юг', 'South', 0, 200, false),
    (4, '0303', 2, 1, 'Запад', 'West', null, null, false), (5, '0304', 2, 1, 'Пустой', 'Empty', 500, 10, false),
    (6, '030101', 3, 2, 'Село', 'Village', 900, 3, false), (7, '030102', 3, 2, 'Город', 'Town', 9000, 30, false),
    (8, '030201', 3, 3, 'Порт', 'Port', 100, 1, false);
insert into district_shape (district_id, band, shape)
select id, 3, st_multi(st_transform(st_setsrid(st_makeenvelope(38 + id, 45, 39 + id, 46), 4326), 3857)) from district where level = 2;
update boundary_state set revision = 1;
insert into source (code, name_ru, name_en) values ('desk', 'Стол справок', 'Desk'), ('letter', 'Письмо', 'Letter');
insert into theme (code, sector_id, name_ru, name_en)
values ('roads.pothole', 7, 'Яма', 'Pothole'), ('roads.snow', 7, 'Снег', 'Snow'), ('waste.dump', 5, 'Свалка', 'Dump');
insert into agency (code, name) values ('mayor', 'Мэрия'), ('roads', 'Дороги');
"""
OVERDUE = "coalesce(status not in (6, 7, 8) and due_at < $1 and (answered_at is null or status = 5), false)"
ORACLE = """
with recursive above as (
    select id as district_id, id as ancestor from district
    union all
    select above.district_id, district.parent_id from above join district on district.id = above.ancestor where parent_id is not null
),
placed as (
    select above.district_id, district.code from above join district on district.id = ancestor where district.level = {level}
),
chosen as (
    select incident.*, placed.code as place, sector.code as sector, theme.code as theme, source.code as source, agency.code as agency,
        status not in (6, 7, 8) as is_open,
        case
            when due_at is null or (answered_at is null and status in (6, 7, 8)) then 'none'
            when answered_at <= due_at and status <> 5 then 'on_time'
            when answered_at > due_at and status <> 5 then 'late'
            when due_at < $1 then 'overdue'
            else 'waiting'
        end as deadline
    from incident
    left join placed using (district_id)
    join theme on theme.id = theme_id
    join sector on sector.id = sector_id
    join source on source.id = source_id
    left join agency on agency.id = agency_id
    where {where}
)
select {group} as key, count(*) as count, count(*) filter (where is_open) as open,
    count(*) filter (where deadline = 'overdue') as overdue, count(*) filter (where status = 6) as closed,
    percentile_cont(0.5) within group (order by extract(epoch from answered_at - received_at)) / 3600 as answer_hours,
    percentile_cont(0.9) within group (order by extract(epoch from answered_at - received_at)) / 3600 as answer_hours_p90,
    percentile_cont(0.5) within group (order by extract(epoch from closed_at - received_at)) filter (where status = 6) / 3600
        as close_hours,
    percentile_cont(0.9) within group (order by extract(epoch from closed_at - received_at)) filter (where status = 6) / 3600
        as close_hours_p90,
    count(answered_at) as n_answered, count(closed_at) filter (where status = 6) as n_closed_timed,
    count(*) filter (where deadline in ('on_time', 'late', 'overdue')) as n_judged,
    count(*) filter (where deadline = 'on_time') as on_time, count(*) filter (where deadline = 'late') as n_answered_late
from chosen group by 1
"""


async def fill(connection: asyncpg.Connection) -> None:
    """Two and a half years, all statuses, with and without deadline, answer, closing and district."""
    await connection.execute(DISTRICTS)
    rng = random.Random(5)
    first = datetime(2024, 1, 1, tzinfo=UTC)
    rows = []
    for number in range(COUNT):
        received = first + timedelta(seconds=rng.randrange(900 * 86_400))
        answered = received + timedelta(seconds=int(rng.lognormvariate(12, 1.2))) if rng.random() < 0.7 else None
        closed = received + timedelta(seconds=int(rng.lognormvariate(12.5, 1))) if rng.random() < 0.5 else None
        status = 6 if closed and rng.random() < 0.9 else rng.choice([0, 1, 2, 3, 4, 5, 7, 8])
        due = received + timedelta(days=rng.choice([3, 8, 30])) if rng.random() < 0.8 else None
        district = rng.choice([None, 1, 2, 3, 3, 4, 6, 7, 7, 8])
        cell = rng.choice(CELLS)
        lat, lng = h3.cell_to_latlng(cell)
        agency = rng.choice([None, 1, 2])
        rows.append(
            (
                rng.choice([1, 2]),
                str(number),
                lng,
                lat,
                cell,
                rng.choice([1, 1, 2, 3]),
                agency,
                district,
                status,
                received,
                due,
                answered,
                closed,
            )
        )
    await connection.executemany(
        "insert into incident (source_id, external_id, location, cell, location_quality, theme_id, agency_id, district_id, status,"
        " received_at, due_at, answered_at, closed_at, updated_at)"
        " values ($1, $2, st_setsrid(st_makepoint($3, $4), 4326), $5, 0, $6, $7, $8, $9, $10, $11, $12, $13, $10)",
        rows,
    )  # fmt: skip


async def get_json(client: httpx.AsyncClient, path: str, **parameters: str) -> Any:
    """The JSON document of an address; `from_` stands for the parameter `from`."""
    answer = await client.get(path, params={name.rstrip("_"): value for name, value in parameters.items()})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def query_oracle(url: str, where: str, group: str, level: int = 2) -> dict[Any, dict[str, Any]]:
    """The numbers of each key by SQL."""
    async with open_connection(url) as connection:
        rows = await connection.fetch(ORACLE.format(where=where, group=group, level=level), datetime.now(UTC))
    return {row["key"]: dict(row) for row in rows}


def check_measures(found: dict[str, Any], expected: dict[str, Any] | None) -> None:
    """Compare all measures that follow from the incidents alone."""
    wanted: dict[str, Any] = expected or dict.fromkeys((*COUNTS, "on_time"), 0)
    for name in COUNTS:
        if name in found:
            assert found[name] == wanted[name], name
    assert wanted["on_time"] + found["n_answered_late"] + found["overdue"] == found["n_judged"]
    for name in HOURS:
        if name in found:
            given = wanted.get(name)
            assert found[name] == (None if given is None else pytest.approx(float(given), abs=0.00501)), name
    for name, part, whole in SHARES:
        share = wanted[part] / wanted[whole] if wanted[whole] else None
        assert found[name] == (None if share is None else pytest.approx(share, abs=0.000051)), name


def received_between(first: str, last: str) -> str:
    """SQL of the incidents received from the midnight of one day to that of another, in Moscow."""
    return f"received_at >= timestamptz '{first} 00:00 Europe/Moscow' and received_at < timestamptz '{last} 00:00 Europe/Moscow'"
