"""The counts of a run; every row of the input is in exactly one of the counts beside `read`."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import orjson

from ingest.validate.row_errors import Reject
from ingest.validate.validate import ValidatedBatch
from ingest.write.incident_writer import WriteResult


@dataclass(frozen=True)
class RunCounts:
    """read = new + changed + unchanged + repeated + stale + all of `rejected`; `warned` rows were kept."""

    read: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    repeated: int = 0
    stale: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    warned: Counter[str] = field(default_factory=Counter)
    bytes_read: int = 0
    near: int = 0
    """Rows whose location is only near their district."""
    without_district: int = 0
    """Rows with a location in no district; 0 where there are no districts at all."""
    linked: int = 0
    """How many more near-duplicates are linked than before."""
    by_text: int = 0
    """Rows whose theme was recognised in their text."""
    unsure: int = 0
    """Rows that have only a text, without a clear theme."""
    located: Counter[str] = field(default_factory=Counter)
    """Rows without usable coordinates by the precision of their geocoded location; `none` for "no location"."""

    def with_batch(self, batch: ValidatedBatch, result: WriteResult | None = None, located: Counter[str] | None = None) -> "RunCounts":
        """The counts with one more batch; without a result of one that was only validated."""
        result = result or WriteResult()
        return RunCounts(
            read=self.read + batch.read,
            new=self.new + result.new,
            changed=self.changed + result.changed,
            unchanged=self.unchanged + result.unchanged,
            repeated=self.repeated + result.repeated,
            stale=self.stale + result.stale,
            rejected=self.rejected + _count_reasons(batch.rejects),
            warned=self.warned + _count_reasons(batch.warnings),
            bytes_read=batch.bytes_read,
            near=self.near + result.near,
            without_district=self.without_district + result.without_district,
            linked=self.linked + result.linked,
            by_text=self.by_text + batch.by_text,
            unsure=self.unsure + batch.unsure,
            located=self.located + (located or Counter()),
        )

    def columns(self) -> tuple[object, ...]:
        """As the query `ingest.record_run_counts` takes them."""
        by_kind = (orjson.dumps(counter).decode() for counter in (self.rejected, self.warned, self.located))
        return self.read, self.new, self.changed, self.unchanged, self.repeated, self.stale, *by_kind, self.linked

    def summary_rows(self) -> Iterator[tuple[str, str]]:
        """A label and a count for people: themes by text, geocoded locations, rejects and warnings."""
        if texts := self.by_text + self.unsure:
            yield "theme recognised in the text", f"{self.by_text:,}"
            yield "theme unclear in the text", f"{self.unsure:,} ({self.unsure / texts:.0%} of those with only a text)"
        for quality, count in self.located.items():
            yield "not located" if quality == "none" else f"geocoded: {quality}", f"{count:,}"
        for reason, count in self.rejected.most_common():
            yield f"rejected: {reason}", f"{count:,}"
        for reason, count in self.warned.most_common():
            yield f"kept with a warning: {reason}", f"{count:,}"


def _count_reasons(rejects: Sequence[Reject]) -> Counter[str]:
    return Counter(reject.reason.value for reject in rejects)
