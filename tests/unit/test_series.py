"""Series of a dimension with more entries than are shown."""

import numpy as np

from geo_service.aggregation.catalogue.catalogue import Catalogue, Entries, Entry
from geo_service.aggregation.columns.columns import BATCH
from geo_service.aggregation.counting.grouping import Grouping
from geo_service.aggregation.measures.group_stats import GroupStats
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection, Window
from geo_service.aggregation.statistics.breakdown import DIMENSIONS
from geo_service.aggregation.statistics.timeline import MAX_SERIES, compute_series

AGENCIES = 60
BUCKET_OF_STATUS = np.arange(256, dtype=np.int32) % 3


def test_of_many_entries_those_with_most_are_shown_and_the_others_counted() -> None:
    agency = np.repeat(np.arange(1, AGENCIES + 1), np.arange(1, AGENCIES + 1))
    rows = np.zeros(len(agency), BATCH)
    rows["id"], rows["agency"], rows["status"] = np.arange(1, len(rows) + 1), agency, np.arange(len(rows)) % 3
    rows["cell"], rows["received"] = 0x8A1181B6C1B7FFF, 10
    catalogue = Catalogue(Entries(), Entries(), Entries(), Entries(Entry(i, f"a{i}", "", "") for i in range(1, AGENCIES + 1)), Entries())
    stats = GroupStats(ReplicaState(rows, catalogue, 1_000_000), Selection(Window(0, 20), 20), Grouping("status", BUCKET_OF_STATUS, 3))
    table = compute_series(stats, DIMENSIONS["agency"])
    assert [entry["code"] for entry in table["series"]] == [f"a{i}" for i in range(AGENCIES, AGENCIES - MAX_SERIES, -1)]
    for entry in table["series"]:
        own = rows["status"][rows["agency"] == int(entry["code"][1:])]
        assert entry["n"] == np.bincount(own, minlength=3).tolist()
        assert (entry["count"], sum(entry["open"]), entry["overdue"]) == (len(own), len(own), [0, 0, 0])
    assert table["series_left_out"] == AGENCIES - MAX_SERIES
