"""Suggest the shipped mapping for an export of a social network."""

from collections import Counter
from itertools import islice
from pathlib import Path

from ingest.mapping.mapping import SHIPPED, ExportName, load_mapping
from ingest.readers.detect import detect_format, is_reject_export, open_reader
from ingest.readers.file_content import read_head
from ingest.readers.social.recognise import recognise_export

_BATCH = 10_000


def find_export(path: Path) -> ExportName | None:
    """The export that the file at `path` is; None for any other file. `InputError` for one that cannot be read."""
    head = read_head(path)
    return None if is_reject_export(head) else recognise_export(head.content, detect_format(path, head))


def suggest_export_mapping(path: Path, name: ExportName, rows: int) -> str:
    """The shipped mapping, with a comment about the first `rows` messages of the file at `path`, as TOML."""
    messages = unusable = 0
    skipped: Counter[str] = Counter()
    for batch in islice(open_reader(path, load_mapping(name)).batches(_BATCH), -(-rows // _BATCH)):
        messages += len(batch.lines)
        unusable += len(batch.broken)
        skipped.update(batch.skipped)
    counts = [f"{messages:,} messages", *(f"{count:,} passed over ({reason})" for reason, count in skipped.most_common())]
    if unusable:
        counts.append(f"{unusable:,} that cannot be identified")
    return "\n".join(
        [
            f"# {path.name} is an export of {load_mapping(name).source.name_en}: {', '.join(counts)}.",
            f"# The shipped mapping {name} reads it: geo ingest {path.name} --mapping {name}",
            "# It follows here as it is, to be changed where your own source has another name.",
            "",
            (SHIPPED / f"{name}.toml").read_text(encoding="utf-8"),
        ]
    )
