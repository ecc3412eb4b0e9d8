"""Add populations and aliases from CSV files, whose rows name a district by code or by name."""

import csv
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from boundaries.names import DistrictNames, NameMatch
from boundaries.records import DistrictRecord
from geo_service.core.errors import InputError
from geo_service.core.integers import is_int

_MAX_POPULATION = 2**31 - 1
"""The greatest integer of PostgreSQL, the type of the column."""

_ENCODING = "utf-8-sig"
"""UTF-8 with or without a byte order mark, which spreadsheets write."""


def add_populations(units: Sequence[DistrictRecord], path: Path) -> list[DistrictRecord]:
    """Return the districts with populations from a file with the columns `code` (or `name`) and `population`.

    Raises `InputError`.
    """
    populations = {code: _parse_population(path, line, text) for line, code, text in _read_rows(path, "population", units)}
    return [replace(unit, population=populations.get(unit.code, unit.population)) for unit in units]


def add_aliases(units: Sequence[DistrictRecord], path: Path) -> list[DistrictRecord]:
    """Return the districts with aliases from a file with the columns `code` (or `name`) and `alias`, one alias on each line.

    Raises `InputError`.
    """
    aliases: dict[str, list[str]] = defaultdict(list)
    for _, code, alias in _read_rows(path, "alias", units):
        aliases[code].append(alias)
    return [replace(unit, aliases=tuple(dict.fromkeys((*unit.aliases, *aliases[unit.code])))) for unit in units]


def names_of(unit: DistrictRecord) -> NameMatch:
    """Return the names under which a district can be found."""
    return NameMatch(unit.code, (unit.name_ru, unit.name_en, *unit.names.values(), *unit.aliases), unit.parent)


def _read_rows(path: Path, column: str, units: Sequence[DistrictRecord]) -> Iterator[tuple[int, str, str]]:
    """Yield line number, code and text of the column for each row of one of the districts; other rows are skipped."""
    names = DistrictNames(map(names_of, units))
    try:
        with path.open(encoding=_ENCODING, newline="") as file:
            rows = csv.DictReader(file, delimiter=_delimiter(file.readline, file.seek))
            by = next((name for name in ("code", "name") if name in (rows.fieldnames or ())), None)
            if by is None or column not in (rows.fieldnames or ()):
                raise InputError(
                    f"cannot read {path.name}: the columns must be code (or name) and {column}; its columns: {rows.fieldnames}"
                )
            for row in rows:
                codes = names.find_all(row[by] or "")
                if len(codes) > 1:
                    raise InputError(
                        f"cannot read {path.name}: line {rows.line_num}: {row[by]!r} may be any of {', '.join(codes)}; give its code"
                    )
                if codes and (text := (row[column] or "").strip()):
                    yield rows.line_num, codes[0], text
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"cannot read {path.name}: not a CSV file in UTF-8 ({error})") from None


def _delimiter(readline: Callable[[], str], seek: Callable[[int], int]) -> str:
    header = readline()
    seek(0)
    return ";" if header.count(";") > header.count(",") else ","


def _parse_population(path: Path, line: int, text: str) -> int:
    # Spreadsheets group digits by blanks and write ".0" behind integers.
    digits = "".join(text.split()).removesuffix(".0")
    if not is_int(digits, 0, _MAX_POPULATION):
        raise InputError(f"cannot read {path.name}: line {line}: a population is a whole number, not {text!r}")
    return int(digits)
