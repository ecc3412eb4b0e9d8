"""What a run has counted; every row of the input is in exactly one of the counts beside `read`."""

from collections import Counter
from dataclasses import dataclass, field

from ingest.rejects import by_reason
from ingest.validate import Checked
from ingest.write import Written


@dataclass
class Tally:
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
    located: Counter[str] = field(default_factory=Counter)
    """Rows without usable coordinates by the precision with which their words placed them; `none` for "no place"."""

    def add(self, checked: Checked, written: Written) -> None:
        """Count a batch."""
        self.read += checked.read
        self.new += written.new
        self.changed += written.changed
        self.unchanged += written.unchanged
        self.repeated += written.repeated
        self.stale += written.stale
        self.near += written.near
        self.without_district += written.without_district
        self.rejected += by_reason(checked.rejects)
        self.warned += by_reason(checked.warnings)
        self.bytes_read = checked.bytes_read
