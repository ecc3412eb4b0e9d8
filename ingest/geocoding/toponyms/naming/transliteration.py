"""Russian names made from Latin or Ukrainian ones by tables: the last resort where GeoNames has no Russian name.

From Latin letters the tables of BGN/PCGN are read backwards; letters of other alphabets are first written as BGN/PCGN would.
From Ukrainian, letters and endings become the Russian ones of the same origin, as on Russian maps («-івка» → «-овка»,
«-ське» → «-ское»). Neither knows soft signs that the source lacks, nor a name that differs in both languages.
"""

import re
import unicodedata

_LATIN = (
    ("chye", "чье"), ("itsk", "ицк"), ("etsk", "ецк"), ("atsk", "атск"), ("yye", "ые"), ("iye", "ие"), ("gh", "г"),
    ("shch", "щ"), ("skiy", "ский"), ("iy", "ий"), ("yy", "ый"), ("kh", "х"), ("zh", "ж"), ("ts", "ц"), ("ch", "ч"), ("sh", "ш"),
    ("yu", "ю"), ("ya", "я"), ("yo", "ё"), ("ye", "е"), ("a", "а"), ("b", "б"), ("v", "в"), ("g", "г"), ("d", "д"), ("e", "е"),
    ("z", "з"), ("i", "и"), ("y", "ы"), ("k", "к"), ("l", "л"), ("m", "м"), ("n", "н"), ("o", "о"), ("p", "п"), ("r", "р"),
    ("s", "с"), ("t", "т"), ("u", "у"), ("f", "ф"), ("h", "х"), ("j", "дж"), ("w", "в"), ("x", "х"), ("q", "к"), ("c", "к"),
)  # fmt: skip
_OTHER_LETTERS = str.maketrans(
    {
        "ə": "a",
        "ä": "a",
        "ş": "sh",
        "š": "sh",
        "ç": "ch",
        "č": "ch",
        "ž": "zh",
        "ğ": "g",
        "ı": "y",
        "ë": "yo",
        "ň": "n",
        "ţ": "ts",
        "ț": "ts",
    }
)
_BELARUSIAN_LETTERS = str.maketrans("іў’'", "ивъъ")
_UKRAINIAN = (
    (r"аї", "ае"), (r"ії", "ее"), (r"(?<=[аеоуий])ївк", "евк"), (r"(?<=[жчшщцйьї])івк", "евк"), (r"івк", "овк"), (r"івськ", "овск"),
    (r"ськ", "ск"), (r"цьк", "цк"), (r"зьк", "зк"), (r"и(?=й)", "ы"), (r"(?<=[гкхжшщч])ый", "ий"), (r"(?<=[бвгджзклмнпрстфхцчшщ])и", "и"),
    (r"ьо", "ё"), (r"йо", "ё"), (r"[іїы](?!й)", "и"), (r"[ії]", "и"), (r"є", "е"), (r"ґ", "г"), (r"['’ʼ]", "ь"),
)  # fmt: skip
_UKRAINIAN_STEMS = (
    ("микола", "никола"), ("олександр", "александр"), ("олексе", "алексе"), ("олексі", "алексе"), ("володимир", "владимир"),
    ("костянтин", "константин"), ("червон", "красн"), ("осокор", "осокор"),
)  # fmt: skip
_UKRAINIAN_ENDINGS = (
    (r"(?<=[оеи][вн])е\b", "о"), (r"(?<=ск)е\b", "ое"), (r"(?<=цк)е\b", "ое"), (r"(?<=[бвдзлмнпрст])е\b", "ое"),
    (r"\b(нов|велик|мал|гол|стар|красн|бел|сахарн|трудов|комышов)а\b", r"\1ая"), (r"(?<=ск)а\b", "ая"), (r"(?<=цк)а\b", "ая"),
    (r"\b(верхн|нижн|средн)я\b", r"\1яя"),
)  # fmt: skip
_LINKS = ("на", "под", "при")
_NEUTER_NOUNS = re.compile(r"(поле|море|озеро|горе|село|фрунзе)$")


def to_russian(name: str) -> str:
    """Transliterate a name in Latin letters. «-ский» and «-ая» come out right; soft signs are lost.

    >>> to_russian("Verkh-Neyvinskiy"), to_russian("Ağdaş")
    ('Верх-Нейвинский', 'Агдаш')
    """
    result = _plain(name.lower().translate(_OTHER_LETTERS))
    result = re.sub(r"\bust-", "усть-", result)
    for latin, russian in _LATIN:
        result = result.replace(latin, russian)
    return _capitalise(re.sub("(?<=[аоуеи])ы", "й", result))


def ukrainian_to_russian(name: str) -> str:
    """Write a Ukrainian name as a Russian one of the same origin.

    >>> ukrainian_to_russian("Новоолексіївка"), ukrainian_to_russian("Аршинцеве"), ukrainian_to_russian("Правий Берег")
    ('Новоалексеевка', 'Аршинцево', 'Правый Берег')
    """
    result = name.lower()
    for ukrainian, russian in _UKRAINIAN_STEMS:
        result = result.replace(ukrainian, russian)
    for pattern, russian in _UKRAINIAN:
        result = re.sub(pattern, russian, result)
    for pattern, russian in _UKRAINIAN_ENDINGS:
        if not _NEUTER_NOUNS.search(result):
            result = re.sub(pattern, russian, result)
    return _capitalise(result)


def belarusian_to_russian(name: str) -> str:
    """Write a Belarusian name as a Russian one: «Жыткавічы» → «Житкавичи», «Шчучын» → «Щучин»."""
    result = name.lower().translate(_BELARUSIAN_LETTERS).replace("шч", "щ")
    result = re.sub("(?<=[жчшщ])ы", "и", result)
    return _capitalise(re.sub("(?<=[бвгджзклмнпрстфхцчшщ])э", "е", result))


def _plain(latin: str) -> str:
    """Return the text without accents and without letters outside of the Latin alphabet."""
    bare = "".join(letter for letter in unicodedata.normalize("NFKD", latin) if not unicodedata.combining(letter))
    return re.sub("[^a-z0-9 .-]", "", bare)


def _capitalise(name: str) -> str:
    """Return the name with capitals, but for a «на» between hyphens."""
    parts = name.split("-")
    inner = range(1, len(parts) - 1)
    words = [
        part if row in inner and part in _LINKS else " ".join(word[:1].upper() + word[1:] for word in part.split(" "))
        for row, part in enumerate(parts)
    ]
    return "-".join(words)
