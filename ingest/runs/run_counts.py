"""What a run has counted; every row of the input is in exactly one of the counts beside `read`."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from ingest.runs.reject_store import by_reason
from ingest.validate.validate import Checked
from ingest.write.incident_writer import WriteResult


@dataclass
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
    """Rows whose place is only near their district."""
    without_district: int = 0
    """Rows with a place in no district; 0 where there are no districts at all."""
    linked: int = 0
    """How many more near-duplicates are linked than before."""
    by_text: int = 0
    """Rows whose theme is the one that their text speaks of."""
    unsure: int = 0
    """Rows that have only a text, and it speaks of no theme clearly."""
    located: Counter[str] = field(default_factory=Counter)
    """Rows without usable coordinates by the precision with which their words placed them; `none` for "no place"."""

    def add(self, checked: Checked, written: WriteResult) -> None:
        """Count a batch."""
        self.add_checked(checked)
        self.new += written.new
        self.changed += written.changed
        self.unchanged += written.unchanged
        self.repeated += written.repeated
        self.stale += written.stale
        self.near += written.near
        self.without_district += written.without_district
        self.linked += written.linked

    def add_checked(self, checked: Checked) -> None:
        """Count what a batch was before anything is written."""
        self.read += checked.read
        self.by_text += checked.by_text
        self.unsure += checked.unsure
        self.rejected += by_reason(checked.rejects)
        self.warned += by_reason(checked.warnings)
        self.bytes_read = checked.bytes_read

    def summary_rows(self) -> Iterator[tuple[str, str]]:
        """How the themes of texts, the places of words and the rejects came out: a name and a count for people."""
        if asked := self.by_text + self.unsure:
            yield "theme told by the text", f"{self.by_text:,}"
            yield "theme unclear from the text", f"{self.unsure:,} ({self.unsure / asked:.0%} of those with only a text)"
        for quality, count in self.located.items():
            yield "without place" if quality == "none" else f"placed by its words: {quality}", f"{count:,}"
        for reason, count in self.rejected.most_common():
            yield f"rejected: {reason}", f"{count:,}"
        for reason, count in self.warned.most_common():
            yield f"kept with a warning: {reason}", f"{count:,}"
