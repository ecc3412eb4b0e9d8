"""Populations and aliases from CSV files, by a district's code or by its name."""

import csv
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from boundaries.names import DistrictNames, NameMatch
from boundaries.records import DistrictRecord
from geo_service.core.errors import InputError

_MOST = 2**31 - 1

_ENCODING = "utf-8-sig"


def with_population(units: Sequence[DistrictRecord], path: Path) -> list[DistrictRecord]:
    """The units with the populations of a file of the columns `code` (a code or a name) and `population`."""
    found = {code: _number(path, line, text) for line, code, text in _rows(path, "population", units)}
    return [replace(unit, population=found.get(unit.code, unit.population)) for unit in units]


def with_aliases(units: Sequence[DistrictRecord], path: Path) -> list[DistrictRecord]:
    """The units with the further aliases of a file of the columns `code` (a code or a name) and `alias`, one a line."""
    found: dict[str, list[str]] = defaultdict(list)
    for _, code, alias in _rows(path, "alias", units):
        found[code].append(alias)
    return [replace(unit, aliases=tuple(dict.fromkeys((*unit.aliases, *found[unit.code])))) for unit in units]


def named(unit: DistrictRecord) -> NameMatch:
    """What the unit can be called by."""
    return NameMatch(unit.code, (unit.name_ru, unit.name_en, *unit.names.values(), *unit.aliases), unit.parent)


def _rows(path: Path, column: str, units: Sequence[DistrictRecord]) -> Iterator[tuple[int, str, str]]:
    """Line, code and the column's text of each row that belongs to one of the units; rows of other districts are left out."""
    names = DistrictNames(map(named, units))
    try:
        with path.open(encoding=_ENCODING, newline="") as file:
            rows = csv.DictReader(file, delimiter=_delimiter(file.readline, file.seek))
            by = next((one for one in ("code", "name") if one in (rows.fieldnames or ())), None)
            if by is None or column not in (rows.fieldnames or ()):
                raise InputError(f"cannot read {path.name}: the columns must be code (or name) and {column}; there are: {rows.fieldnames}")
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


def _number(path: Path, line: int, text: str) -> int:
    digits = "".join(text.split()).removesuffix(".0")
    if not digits.isascii() or not digits.isdigit() or int(digits) > _MOST:
        raise InputError(f"cannot read {path.name}: line {line}: a population is a whole number, not {text!r}")
    return int(digits)
