"""Street and house out of an address as people write it, and nothing else of it: no flat, no name, no telephone number.

What is returned is put together from the parts that are recognised; the rest of the text is never shown.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

_TYPES = (
    r"ул(?:ица|\.)?|пер(?:еулок|\.)?|пр(?:оспект|-к?т|осп\.?|\.)|проезд|пр-д|пл(?:ощадь|\.)?|ш(?:оссе|\.)?|б(?:ульвар|-р)|бул\.|"
    r"наб(?:ережная|\.)?|туп(?:ик|\.)?|аллея|тракт|линия|кв(?:артал|-л)|мкр(?:-?н|\.)?|микрорайон"
)
_WORD = (
    r"(?:(?:[А-ЯЁ]\.\s?){1,3}[А-ЯЁ][а-яё]+|[А-ЯЁ][а-яё]+\s(?:[А-ЯЁ]\.\s?){1,2}|[А-ЯЁ][а-яёА-ЯЁ]*(?:-[А-Яа-яЁё]+)*\.?|"
    r"[0-9]{1,3}(?:-[а-я]{1,2})?|лет|реки|имени|им\.?|мая|марта|и)"
)
_NAME = rf"{_WORD}(?:\s+{_WORD}){{0,3}}?"
_HOUSE = r"(?P<house>[0-9]{1,4}[А-Яа-яA-Za-z]?(?:/[0-9]{1,4}[А-Яа-я]?)?(?:,?\s*(?:к|корп|стр)\.?\s*[0-9]{1,2})?)(?![0-9А-Яа-яЁёA-Za-z/])"
_BEFORE_HOUSE = r"(?:\s*,\s*|\s+)(?:(?:д(?:ом)?|зд|влд?|стр)\.?\s*|№\s*)?"
_EDGE = r"(?<![А-Яа-яЁё0-9.-])"

_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"{_EDGE}(?P<ordinal>[0-9]{{1,2}}-[яйе]\s+)?(?P<type>{_TYPES})\s*(?P<name>{_NAME}){_BEFORE_HOUSE}{_HOUSE}",
        rf"{_EDGE}(?P<name>{_NAME})\s+(?P<type>{_TYPES}){_BEFORE_HOUSE}{_HOUSE}",
        rf"(?:^|,)\s*(?P<name>{_NAME})(?P<type>){_BEFORE_HOUSE}{_HOUSE}",
    )
)
_ENGLISH = re.compile(
    r"(?:^|,)\s*(?P<house>[0-9]{1,5}[A-Za-z]?) (?P<name>(?:[A-Z0-9][\w'.-]* ){1,4}?"
    r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Boulevard|Blvd|Way|Court|Ct|Place|Pl|Square|Sq|Terrace|Close)\b\.?)"
)
_CUT = 200
"""Characters of an address that are read: a street stands at the beginning."""
_AGREEING = 2
"""An address is shown only where two messages write it alike: what one person has put there is not enough."""
_SHORT = {
    "улица": "ул.", "переулок": "пер.", "проспект": "пр-т", "пр-кт": "пр-т", "площадь": "пл.", "шоссе": "ш.", "бульвар": "б-р",
    "набережная": "наб.", "микрорайон": "мкр.", "квартал": "кв-л", "ул": "ул.", "пер": "пер.", "пл": "пл.", "ш": "ш.", "мкр": "мкр.",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class StreetAddress:
    """A street, with its type where it is written, and a house."""

    street: str
    kind: str
    house: str

    @property
    def names_street(self) -> bool:
        """Whether it says that the name is a street's: without that a name and a number may be a person's."""
        return bool(self.kind) or self.street.isascii()

    @property
    def key(self) -> tuple[str, str]:
        """The same for all spellings of one address."""
        return self.street.casefold().replace("ё", "е"), self.house.casefold().replace(" ", "")

    def __str__(self) -> str:
        """As a reader would write it."""
        return f"{self.kind} {self.street}, {self.house}".strip()


def read_street_address(text: str) -> StreetAddress | None:
    """Return street and house of an address; None where they are not recognised.

    >>> str(read_street_address("350000, г. Краснодар, ул. Красная, д. 15, кв. 7, Иванов И. И."))
    'ул. Красная, 15'
    >>> str(read_street_address("рядом с Каховская улица, 31")), str(read_street_address("Краснодар, Красная 15"))
    ('ул. Каховская, 31', 'Красная, 15')
    >>> read_street_address("живу на Ленина 5, звоните 8 918 123-45-67")
    """
    text = " ".join(text[:_CUT].split())
    for form in _FORMS:
        if match := form.search(text):
            kind = _SHORT.get(match["type"].lower(), match["type"].lower())
            ordinal = (match.groupdict().get("ordinal") or "").strip()
            return StreetAddress(f"{ordinal} {match['name']}".strip(), kind, match["house"].replace(" ,", ","))
    if match := _ENGLISH.search(text):
        return StreetAddress(match["name"], "", match["house"])
    return None


def agree_on_address(texts: Iterable[str]) -> str | None:
    """Return the address that most texts of one position write; None where no two agree, or none says that it is a street."""
    read = [address for text in texts if (address := read_street_address(text))]
    counts = Counter(address.key for address in read)
    streets = {address.key for address in read if address.names_street}
    agreed = [key for key in streets if counts[key] >= _AGREEING]
    if not agreed:
        return None
    key = min(agreed, key=lambda one: (-counts[one], one))
    spellings = Counter(str(address) for address in read if address.key == key and address.names_street)
    return min(spellings, key=lambda one: (-spellings[one], one))
