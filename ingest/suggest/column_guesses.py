"""Guess the field of each column: by names in known exports, by words in the name, and by the values."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from geo_service.core.model import SECTORS
from ingest.mapping.mapping import load_mapping, shipped_names
from ingest.suggest.profile import Profile

_LEAST_DECIMALS = 3
_TEXT_LENGTH = 40
"""Mean characters from which a column may be the messages themselves."""


@dataclass(frozen=True, slots=True)
class Guess:
    """A field, its column, and the reason."""

    field: str
    column: Profile
    reason: str


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    words: str
    """A regular expression for names of its column."""
    fits: Callable[[Profile], bool]
    """Whether the values are possible for this field."""


def _is_date(column: Profile) -> bool:
    return bool(column.date_formats())


def _within(most: float) -> Callable[[Profile], bool]:
    def fits(column: Profile) -> bool:
        numbers = column.numbers()
        return bool(numbers) and all(abs(number) <= most for number in numbers)

    return fits


def _is_sector(column: Profile) -> bool:
    known = {name.casefold() for sector in SECTORS for name in (sector.code, sector.name_ru, sector.name_en)}
    return column.few and all(value.casefold() in known for value in column.values)


def _is_list(column: Profile) -> bool:
    return column.few and not _is_date(column)


def _is_words(column: Profile) -> bool:
    return column.filled > 0 and not _is_date(column)


FIELDS = (
    _Field("external_id", r"(^|_| )(id|key|uid|number)$|^id(_| |$)|номер|^№|идентификатор|рег\.", lambda column: column.unique),
    _Field("lat", r"^(.*[_. ])?(lat|latitude|y)$|широт", _within(90)),
    _Field("lng", r"^(.*[_. ])?(lng|lon|long|longitude|x)$|долгот", _within(180)),
    _Field("due_at", r"due|target|deadline|planned|expected|sla|срок|план|контрольн", _is_date),
    _Field("closed_at", r"clos|complet|resolved|finish|закры|заверш|исполнен|решен", _is_date),
    _Field("answered_at", r"answer|respon|repl|ответ", _is_date),
    _Field("updated_at", r"updat|modif|chang|измен|обновл", _is_date),
    _Field("received_at", r"creat|open|receiv|request|submit|report|date|time|поступ|регистр|созда|дата|подач", _is_date),
    _Field("status", r"stat(e|us)|статус|состояни", _is_list),
    _Field("sector", r"sector|отрасл|сфера|направлен|блок", _is_sector),
    _Field("theme", r"categor|type|theme|topic|subject|service|тем[аы]|тематик|категор|вид|группа", _is_words),
    _Field("agency", r"agency|department|organi|owner|исполнител|ответствен|организац|ведомств|орган", _is_words),
    _Field("address", r"address|street|location|адрес|место|улиц", _is_words),
    _Field("text", r"text|message|descri|comment|detail|текст|сообщен|содержан|описан|суть", _is_words),
)
"""In the order in which they choose a column: fields with the most distinctive values come first."""


def guess_columns(columns: list[Profile]) -> list[Guess]:
    """At most one column for each field, no column twice; fields without a guess are left out."""
    remaining = list(columns)
    guesses: list[Guess] = []
    for rule in (_guess_by_known_name, _guess_by_word, _guess_by_values):
        for field in FIELDS:
            if not any(guess.field == field.name for guess in guesses) and (guess := rule(field, remaining)):
                guesses.append(guess)
                remaining.remove(guess.column)
    return guesses


def _guess_by_known_name(field: _Field, columns: list[Profile]) -> Guess | None:
    names = _known_names()[field.name]
    for column in columns:
        if column.name.casefold() in names and field.fits(column):
            return Guess(field.name, column, f"its name in known exports; {_describe_values(field, column)}")
    return None


def _guess_by_word(field: _Field, columns: list[Profile]) -> Guess | None:
    for column in columns:
        if re.search(field.words, column.name.casefold()) and field.fits(column):
            return Guess(field.name, column, f"by its name; {_describe_values(field, column)}")
    return None


def _guess_by_values(field: _Field, columns: list[Profile]) -> Guess | None:
    """Only fields that values alone can identify: an id, the first date, coordinates, a long text."""
    fitting = [column for column in columns if field.fits(column)]
    if field.name in ("lat", "lng"):
        fitting = [column for column in fitting if _is_coordinate(column)]
        if field.name == "lat" and len(fitting) > 1:
            fitting.sort(key=_exceeds_latitudes)
    elif field.name == "text":
        fitting = [column for column in fitting if column.mean_length >= _TEXT_LENGTH]
    elif field.name not in ("external_id", "received_at"):
        return None
    return Guess(field.name, fitting[0], f"a guess by its values only: {_describe_values(field, fitting[0])}") if fitting else None


def _is_coordinate(column: Profile) -> bool:
    return any(len(value.replace(",", ".").partition(".")[2]) >= _LEAST_DECIMALS for value in column.sample)


def _exceeds_latitudes(column: Profile) -> bool:
    return any(abs(number) > 90 for number in column.numbers())


def _describe_values(field: _Field, column: Profile) -> str:
    blank = f", blank in {column.blank:,} rows" if column.blank else ""
    if field.name == "external_id":
        return "filled in every row and never the same"
    if field.name in ("lat", "lng"):
        numbers = column.numbers()
        return f"numbers from {min(numbers):g} to {max(numbers):g}{blank}"
    if field.name.endswith("_at"):
        return f"dates such as {next(iter(column.sample))!r}{blank}"
    many = f"{len(column.values):,} different values" if column.few else "very many different values"
    return f"{many}, such as {next(iter(column.sample))!r:.60}{blank}"


@cache
def _known_names() -> dict[str, set[str]]:
    """Names of columns by field, from the shipped mappings."""
    names: dict[str, set[str]] = {field.name: set() for field in FIELDS}
    for mapping in map(load_mapping, shipped_names()):
        for field_name, name in mapping.columns.model_dump().items():
            if field_name in names and name:
                names[field_name] |= {known.casefold() for known in (name, *mapping.other_names.get(field_name, ()))}
    return names
