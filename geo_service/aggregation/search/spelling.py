"""One spelling for Russian and Latin: names and queries become the same Latin tokens however they are written.

Russian letters are transliterated, and the many ways to write a Russian name in Latin letters are made one, so that «Горячий Ключ»,
Goryachiy Klyuch and Goryachy Kluch differ by a letter or not at all.
"""

import re
import unicodedata

_LATIN_OF = {
    **dict(zip("абвгдеёзийклмнопрстуфхыэ", "abvgdeeziyklmnoprstufhye", strict=True)),
    "ж": "zh",
    "ц": "ts",
    "ч": "ch",
    "ш": "sh",
    "щ": "sch",
    "ъ": "",
    "ь": "",
    "ю": "yu",
    "я": "ya",
}
_LATIN_VARIANTS = (
    ("shch", "sch"), ("kh", "h"), ("tz", "ts"), ("x", "ks"), ("w", "v"), ("j", "y"), ("iy", "y"), ("ii", "y"), ("yi", "y"), ("yy", "y"),
    ("ia", "ya"), ("iu", "yu"), ("io", "e"), ("yo", "e"), ("ye", "e"),
)  # fmt: skip
"""Ways to write the same Russian letters, applied in this order."""
_ABBREVIATIONS = ((r"\bст-ца\b", "станица"), (r"\bр-н\b", "район"), (r"\bг-к\b", "город"), (r"\bп-?г-?т\b", "поселок"))
_KINDS = """
    г гор город ст стца станица пос п поселок пгт рп с село сл слобода х хут хутор аул д дер деревня ж ст разъезд
    район рн округ го мо мр край область обл республика респ н
    city town village stanitsa settlement district region oblast krai raion rayon okrug
"""
_SEPARATORS = re.compile(r"[^0-9a-zа-яё]+")
_APOSTROPHES = re.compile("['’ʼʹ`]")
"""Soft signs of transliterated names: Ust’-Labinsk."""
_TWINS = str.maketrans("aceopxykmhtb", "асеорхукмнтв")
"""Latin letters that look like Russian ones, in words of both alphabets: «Cочи»."""
_RUSSIAN_KEYS = "йцукенгшщзхъфывапролджэячсмитьбюё"
_LATIN_KEYS = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"
"""The same keys of a keyboard in both layouts."""
_TO_RUSSIAN = str.maketrans(_LATIN_KEYS, _RUSSIAN_KEYS)
_TO_LATIN = str.maketrans(_RUSSIAN_KEYS, _LATIN_KEYS)


def tokens_of(text: str) -> list[str]:
    """Return the words of a text as tokens; hyphens, points and quotation marks separate words.

    >>> tokens_of("ст-ца Старощербиновская"), tokens_of("Staroshcherbinovskaya")
    (['stanitsa', 'staroscherbinovskaya'], ['staroscherbinovskaya'])
    >>> tokens_of("Ростов-на-Дону") == tokens_of("Rostov na Donu"), tokens_of("Королёв") == tokens_of("КОРОЛЕВ")
    (True, True)
    """
    return [_fold_token(token) for token in split_words(text)]


def split_words(text: str) -> list[str]:
    """Return the words of a text in small letters as they are written."""
    # Composed: й and ё may come as two characters.
    lowered = unicodedata.normalize("NFKC", text).lower()
    for pattern, word in _ABBREVIATIONS:
        lowered = re.sub(pattern, word, lowered)
    words = _SEPARATORS.split(_without_accents(_APOSTROPHES.sub("", lowered)))
    return [word.translate(_TWINS) if _is_mixed(word) else word for word in words if word]


def _is_mixed(word: str) -> bool:
    return bool(re.search("[a-z]", word) and re.search("[а-яё]", word))


def _without_accents(text: str) -> str:
    """Return é as e; й and ё stay letters of their own."""
    return "".join(char if char in _LATIN_OF else unicodedata.normalize("NFKD", char)[0] for char in text)


def _fold_token(token: str) -> str:
    """Return a word as a token; that of a sign alone is the word itself."""
    latin = "".join(_LATIN_OF.get(char, char) for char in token)
    for variant, letters in _LATIN_VARIANTS:
        latin = latin.replace(variant, letters)
    return latin or token


KIND_TOKENS = frozenset(_fold_token(word) for word in _KINDS.split())
"""Words for the kind of a settlement or district: they may be in a query without being in the name."""


def swap_layout(text: str) -> str | None:
    """Return what the same keys write in the other layout of the keyboard; None where that is no words, or the text is of both alphabets.

    >>> swap_layout("rhfcyjlfh"), swap_layout("ыщсрш"), swap_layout("42"), swap_layout("жкх")
    ('краснодар', 'sochi', None, None)
    """
    lowered = text.lower()
    has_latin, has_russian = bool(re.search("[a-z]", lowered)), bool(re.search("[а-яё]", lowered))
    if has_latin == has_russian:
        return None
    swapped = lowered.translate(_TO_RUSSIAN if has_latin else _TO_LATIN)
    # «ЖКХ» would be ";r[": a letter for a text of three.
    return swapped if len("".join(split_words(swapped))) == len("".join(lowered.split())) else None
