"""Guess the field of each column: by names in known exports, by words in the name, and by the values."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from geo_service.core.model import SECTORS
from ingest.mapping.mapping import load_mapping, shipped_names
from ingest.readers.social.recognise import is_export
from ingest.suggest.profile import Profile

_LEAST_DECIMALS = 3
_WKB_LENGTH = 42
"""Hexadecimal digits of a point."""

_TEXT_LENGTH = 40
"""Mean characters from which a column may be the messages themselves."""

_LEAST_METRES = 1_000
"""Both coordinates of a projected point are larger."""


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


def _is_projected(column: Profile) -> bool:
    numbers = column.numbers()
    return bool(numbers) and all(abs(number) >= _LEAST_METRES for number in numbers)


def _is_sector(column: Profile) -> bool:
    known = {name.casefold() for sector in SECTORS for name in (sector.code, sector.name_ru, sector.name_en)}
    return column.few and all(value.casefold() in known for value in column.values)


def _is_point(column: Profile) -> bool:
    return bool(column.points())


def _is_list(column: Profile) -> bool:
    return column.few and not _is_date(column)


def _is_words(column: Profile) -> bool:
    return column.filled > 0 and not _is_date(column) and not _is_point(column)


FIELDS = (
    _Field("external_id", r"(^|_| )(id|key|uid|number)$|^id(_| |$)|номер|^№|идентификатор|рег\.", lambda column: column.unique),
    _Field("lat", r"^(.*[_. ])?(lat|latitude|y)$|широт", _within(90)),
    _Field("lng", r"^(.*[_. ])?(lng|lon|long|longitude|x)$|долгот", _within(180)),
    _Field("point", r"point|geo|coord|wkt|location|координат|карт|точк|местополож", _is_point),
    _Field("due_at", r"due|target|deadline|planned|expected|sla|срок|план|контрольн", _is_date),
    _Field("closed_at", r"clos|complet|resol(ved|ution)|finish|закры|заверш|исполнен|решен", _is_date),
    _Field("answered_at", r"answer|respon|repl|ответ", _is_date),
    _Field("updated_at", r"updat|modif|chang|измен|обновл", _is_date),
    _Field("received_at", r"creat|open|receiv|request|submit|report|date|time|поступ|регистр|созда|дата|подач", _is_date),
    _Field("status", r"stat(e|us)|статус|состояни", _is_list),
    _Field("sector", r"sector|отрасл|сфера|направлен|блок", _is_sector),
    _Field("theme", r"categor|type|theme|topic|subject|service|тем[аы]|тематик|категор|вид|группа", _is_words),
    _Field("agency", r"agency|department|organi|institut|owner|исполнител|ответствен|организац|учрежден|ведомств|орган", _is_words),
    _Field("address", r"address|street|location|адрес|место|улиц", _is_words),
    _Field("text", r"text|message|descri|comment|detail|текст|сообщен|содержан|описан|суть", _is_words),
)
"""In the order in which they choose a column: fields with the most distinctive values come first."""

_IN_WORDS = ("status", "theme", "agency", "address", "text")
"""Fields whose columns should have words where another column has only their code."""

_WITH_CODES = ("theme", "agency")
_CODE_NAME = re.compile(r"[_. ]*(id|code|key|num(ber)?|no|код|номер|name|title|label|desc(ription)?|text|имя|названи[ея]|наименование)$")
"""End of a name that says whether the column has the code or the name of what the beginning calls."""


def guess_columns(columns: list[Profile]) -> list[Guess]:
    """At most one column for each field, no column twice; fields without a guess are left out."""
    remaining = list(columns)
    guesses: list[Guess] = []
    for rule in (_guess_by_known_name, _guess_by_word, _guess_repeated_id, _guess_by_values, _guess_projected):
        for field in FIELDS:
            if not any(guess.field == field.name for guess in guesses) and (guess := rule(field, remaining)):
                guesses.append(guess)
                remaining.remove(guess.column)
    guesses = _without_second_place(guesses)
    used = {guess.column.name for guess in guesses}
    return [*guesses, *_guess_codes(guesses, [column for column in columns if column.name not in used])]


def explain_missing(field_name: str, columns: list[Profile]) -> str:
    """Why no column was taken for a field that is needed: which are called like it, and what is wrong with their values."""
    field = next(known for known in FIELDS if known.name == field_name)
    named = [column for column in columns if _is_called(field, column)]
    faults = [f"{column.name!r} is called so, but {_describe_fault(field_name, column)}" for column in named if not field.fits(column)]
    return "; ".join(faults) or "no column is called so or looks like it"


def _is_called(field: _Field, column: Profile) -> bool:
    name = column.name.casefold()
    return name in _known_names()[field.name] or re.search(field.words, name) is not None


def _describe_fault(field_name: str, column: Profile) -> str:
    if not column.filled:
        return "blank in every row"
    example = next(iter(column.sample))
    if field_name == "external_id":
        repeated = "most rows repeat a value" if column.distinct is None else f"{column.filled - column.distinct:,} rows repeat a value"
        return "; ".join([repeated] * (column.distinct != column.filled) + [f"blank in {column.blank:,} rows"] * bool(column.blank))
    if field_name in ("lat", "lng"):
        most = 90 if field_name == "lat" else 180
        wrong = [value for value in column.sample if not _is_angle(value, most)]
        count = f"{len(wrong):,} of {len(column.sample):,} different values"
        return f"{count}, such as {wrong[0] if wrong else example!r}, are no degrees within ±{most}"
    return f"its values, such as {example[:60]!r}, are in no known format of dates"


def _is_angle(value: str, most: float) -> bool:
    single = Profile("")
    single.add([value])
    return any(abs(number) <= most for number in single.numbers())


def _without_second_place(guesses: list[Guess]) -> list[Guess]:
    """Two columns of coordinates are taken rather than one with both, and one with both rather than half a pair."""
    fields = {guess.field for guess in guesses}
    if "point" not in fields:
        return guesses
    left_out = {"point"} if {"lat", "lng"} <= fields else {"lat", "lng"}
    return [guess for guess in guesses if guess.field not in left_out]


def _guess_by_known_name(field: _Field, columns: list[Profile]) -> Guess | None:
    names = _known_names()[field.name]
    found = _prefer_words(field, [column for column in columns if column.name.casefold() in names and field.fits(column)])
    if found is None or (field.name in _IN_WORDS and not found.has_words and (other := _find_named(field, columns)) and other.has_words):
        return None
    return Guess(field.name, found, f"its name in known exports; {_describe_values(field, found)}")


def _guess_by_word(field: _Field, columns: list[Profile]) -> Guess | None:
    column = _find_named(field, columns)
    return Guess(field.name, column, f"by its name; {_describe_values(field, column)}") if column else None


def _find_named(field: _Field, columns: list[Profile]) -> Profile | None:
    return _prefer_words(field, [column for column in columns if re.search(field.words, column.name.casefold()) and field.fits(column)])


def _prefer_words(field: _Field, columns: list[Profile]) -> Profile | None:
    """The first column, but one with words before those that have codes."""
    words = [column for column in columns if column.has_words] if field.name in _IN_WORDS else []
    return next(iter((*words, *columns)), None)


def _guess_repeated_id(field: _Field, columns: list[Profile]) -> Guess | None:
    """An id that some rows repeat, or that a few do not have: known as what it is called."""
    if field.name != "external_id":
        return None
    for column in columns:
        usable = column.distinct is not None and column.distinct * 2 > column.filled and not _is_date(column)
        if usable and _is_called(field, column):
            cost = "of rows with the same id a load takes the newest, and it rejects those without one"
            return Guess(field.name, column, f"its name; but {_describe_fault(field.name, column)}: {cost}")
    return None


def _guess_by_values(field: _Field, columns: list[Profile]) -> Guess | None:
    """Only fields that values alone can identify: an id, the first date, coordinates, a long text."""
    fitting = [column for column in columns if field.fits(column)]
    if field.name in ("lat", "lng", "point"):
        fitting = [column for column in fitting if _is_coordinate(column)]
        if field.name == "lat" and len(fitting) > 1:
            fitting.sort(key=_exceeds_latitudes)
    elif field.name == "text":
        fitting = [column for column in fitting if column.mean_length >= _TEXT_LENGTH]
    elif field.name == "received_at":
        # Any number of five digits is a day in Excel's count.
        fitting = [column for column in fitting if column.date_formats() != ["excel"]]
    elif field.name != "external_id":
        return None
    return Guess(field.name, fitting[0], f"a guess by its values only: {_describe_values(field, fitting[0])}") if fitting else None


def _guess_projected(field: _Field, columns: list[Profile]) -> Guess | None:
    """Columns that are called like coordinates and are far beyond degrees."""
    words = {"lat": r"^(.*[_. ])?(lat|latitude|y|n|north(ing)?)$|широт|север", "lng": r"^(.*[_. ])?(lng|lon|x|e|east(ing)?)$|долгот|восток"}
    if field.name not in words:
        return None
    for column in columns:
        if re.search(words[field.name], column.name.casefold()) and _is_projected(column):
            return Guess(field.name, column, f"by its name; no degrees: {_describe_values(field, column)}")
    return None


def _guess_codes(guesses: list[Guess], columns: list[Profile]) -> Iterator[Guess]:
    """Columns with the codes of what a guessed column names: those of its name, with as many different values."""
    for guess in guesses:
        if guess.field in _WITH_CODES and guess.column.has_words:
            stem = _CODE_NAME.sub("", guess.column.name.casefold())
            for column in columns:
                alike = _CODE_NAME.sub("", column.name.casefold()) == stem and column.few and not column.has_words
                if alike and len(column.values) >= len(guess.column.values):
                    yield Guess(f"{guess.field}_code", column, f"the code beside {guess.column.name!r}: names may change, codes do not")
                    break


def _is_coordinate(column: Profile) -> bool:
    return any(len(value.replace(",", ".").partition(".")[2]) >= _LEAST_DECIMALS or len(value) >= _WKB_LENGTH for value in column.sample)


def _exceeds_latitudes(column: Profile) -> bool:
    return any(abs(number) > 90 for number in column.numbers())


def _describe_values(field: _Field, column: Profile) -> str:
    blank = f", blank in {column.blank:,} rows" if column.blank else ""
    if field.name == "external_id":
        return "filled in every row and never the same"
    if field.name in ("lat", "lng"):
        numbers = column.numbers()
        return f"numbers from {min(numbers):g} to {max(numbers):g}{blank}"
    if field.name == "point":
        return f"points such as {next(iter(column.sample))!r:.60}{blank}"
    if field.name.endswith("_at"):
        return f"dates such as {next(iter(column.sample))!r}{blank}"
    many = f"{len(column.values):,} different values" if column.few else "very many different values"
    return f"{many}, such as {next(iter(column.sample))!r:.60}{blank}"


@cache
def _known_names() -> dict[str, set[str]]:
    """Names of columns by field, from the shipped mappings."""
    names: dict[str, set[str]] = {field.name: set() for field in FIELDS}
    for mapping in map(load_mapping, shipped_names()):
        # The columns of an export are named by its reader.
        if is_export(mapping.file.format):
            continue
        for field_name, name in mapping.columns.model_dump().items():
            if field_name in names and name:
                names[field_name] |= {known.casefold() for known in (name, *mapping.other_names.get(field_name, ()))}
    return names
