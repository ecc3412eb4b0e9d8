"""Metrics as Prometheus reads them, and what the documents say of them."""

import re
from collections.abc import Mapping

from prometheus_client.parser import text_string_to_metric_families

from tests.support.paths import CHECKOUT

Labels = frozenset[tuple[str, str]]
Samples = Mapping[tuple[str, Labels], float]

LIBRARY = ("process_", "python_")
"""Beginnings of the names that the library gives."""


def parse_samples(text: str) -> dict[tuple[str, Labels], float]:
    """Name and labels of each sample → its value."""
    families = list(text_string_to_metric_families(text))
    samples = [sample for family in families for sample in family.samples]
    found = {(sample.name, frozenset(sample.labels.items())): sample.value for sample in samples}
    assert len(found) == len(samples), "a sample stands there twice"
    return found


def value(samples: Samples, name: str, **labels: str) -> float:
    """The value of a sample; 0 where there is none."""
    return samples.get((name, frozenset(labels.items())), 0.0)


def documented() -> dict[str, tuple[str, set[str]]]:
    """Name → type and labels of each metric in the table of docs/operations.md."""
    text = (CHECKOUT / "docs" / "operations.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(geo_\w+)` \| (\w+) \|(.*?)\| .+ \|$", text, re.MULTILINE)
    return {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}
