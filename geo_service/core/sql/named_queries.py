"""SQL by name: the statements of `postgis/sql/<subject>.sql`, each below a line `-- name: <name>`.

A file begins with a comment on its subject. A name is in snake_case; the comment lines below it describe the statement
and its parameters. Values are always bound as `$1`, `$2`, …; they are never put into the text.

The text may name constants: numbers of the enumerations of `geo_service.core.model`, as `${geocoded_by.gazetteer}`, advisory
locks, and lists of the columns of `incident`. They are replaced once, when a file is read, and in triggers when
`geo_service.core.database.migrate` installs them. See `CONSTANTS`.
"""

import re
from functools import cache
from pathlib import Path

from geo_service.core.errors import GeoError
from geo_service.core.model import LINKED, GeocodedBy, LocationQuality, Status
from geo_service.core.resources import postgis_folder
from geo_service.core.sql import advisory_locks
from geo_service.core.sql.incident_columns import incident_sql

SQL = postgis_folder() / "sql"

CONSTANTS: dict[str, object] = {
    **{f"status.{member.code}": member.value for member in Status},
    "status.linked_offset": LINKED,
    **{f"location_quality.{member.code}": member.value for member in LocationQuality},
    **{f"geocoded_by.{member.code}": member.value for member in GeocodedBy},
    "lock.duplicates": advisory_locks.DUPLICATES,
    "lock.run_class": advisory_locks.RUN_CLASS,
    "lock.runs": advisory_locks.RUNS,
    **incident_sql(),
}
"""What `${…}` may name in SQL, with its value."""

_NAME = re.compile(r"^-- name:(.*)$", re.MULTILINE)
_PLAIN = re.compile(r"[a-z][a-z0-9_]*")
_CONSTANT = re.compile(r"\$\{([^}]*)\}")


class NamedQueryError(GeoError):
    """A query that does not exist, or a file of queries that is malformed: a fault of this program."""


@cache
def query(name: str) -> str:
    """The text of the query `<subject>.<name>`; `NamedQueryError` where there is none."""
    subject, _, rest = name.partition(".")
    text = _queries(subject).get(rest) if _PLAIN.fullmatch(subject) and (SQL / f"{subject}.sql").is_file() else None
    if text is None:
        raise NamedQueryError(f"query {name!r}: there is none; queries are in postgis/sql/<subject>.sql, as <subject>.<name>")
    return text


def query_names() -> list[str]:
    """All names, `<subject>.<name>`, sorted."""
    return sorted(f"{file.stem}.{name}" for file in SQL.glob("*.sql") for name in _queries(file.stem))


def parse_queries(text: str, file: str) -> dict[str, str]:
    """Queries by name. Raises `NamedQueryError` for a name that is malformed or comes twice, and for one without a statement."""
    queries: dict[str, str] = {}
    parts = _NAME.split(text)
    for name, body in zip(map(str.strip, parts[1::2]), map(str.strip, parts[2::2]), strict=True):
        if not _PLAIN.fullmatch(name):
            raise NamedQueryError(f"{file}: the query name {name!r} is malformed; allowed: lower-case letters, digits and _")
        if name in queries:
            raise NamedQueryError(f"{file}: the query {name!r} is defined twice; a name is allowed once in a file")
        if not any(line and not line.startswith("--") for line in body.splitlines()):
            raise NamedQueryError(f"{file}: the query {name!r} is empty; a statement must follow its name")
        queries[name] = with_constants(body, file)
    return queries


def with_constants(text: str, file: str) -> str:
    """`text` with the numbers of CONSTANTS for their names; `NamedQueryError` for a name that is not there."""

    def value(match: re.Match[str]) -> str:
        if match[1] not in CONSTANTS:
            raise NamedQueryError(f"{file}: the constant {match[1]!r} is unknown; allowed: {', '.join(CONSTANTS)}")
        return str(CONSTANTS[match[1]])

    return _CONSTANT.sub(value, text)


@cache
def _queries(subject: str) -> dict[str, str]:
    file = Path(SQL / f"{subject}.sql")
    return parse_queries(file.read_text(encoding="utf-8"), file.name)
