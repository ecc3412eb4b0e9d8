"""The words and punctuation marks of a text, and which of them are already explained."""

from ingest.geocoding.toponyms import place_type_words
from ingest.mapping import normalise

PUNCTUATION = frozenset(',.;:!?()«»"\n/—–-')
DASHES = frozenset("—–-")
SENTENCE_ENDS = frozenset(("", ".", "!", "?", "\n"))

_PADDING = [""] * 8
"""Empty tokens after the last one; a list index of -1 to -8 finds them too, so that no look around a position needs a check."""


class Tokens:
    """The tokens of one text."""

    __slots__ = ("count", "has_capitals", "has_quotes", "masked", "words", "written")

    def __init__(self, text: str) -> None:
        self.has_capitals = True
        """Capital letters tell names from words; a text in capitals or in small letters only is read without them."""
        if text.isupper():
            text = text.lower()
        if text.islower():
            self.has_capitals = False
        self.has_quotes = "«" in text or '"' in text
        self.written: list[str] = place_type_words.TOKEN.findall(text)
        self.count = len(self.written)
        self.written += _PADDING
        # Normalising keeps the number of tokens: no token contains the separator or a space.
        self.words = normalise("\0".join(self.written)).split("\0")
        """The tokens in small letters, with е for ё. Positions a little before the first and after the last hold empty words."""
        self.masked: set[int] = set()
        """Positions of words that belong to a name or an object that has been found."""

    def is_capitalised(self, position: int) -> bool:
        """Whether the word begins with a capital letter."""
        return self.written[position][:1].isupper()

    def may_be_name(self, position: int) -> bool:
        """Whether the word is capitalised; in a text without capital letters, whether it is a word at all."""
        if self.has_capitals:
            return self.is_capitalised(position)
        word = self.words[position]
        return len(word) > 1 and word[0].isalpha()

    def position_after(self, position: int, *, abbreviation: bool) -> int:
        """Return the position of the next word; a dot after an abbreviation is skipped."""
        return position + 2 if abbreviation and self.words[position + 1] == "." else position + 1

    def position_before(self, position: int) -> int:
        """Return the position of the previous word; a dot is skipped."""
        return position - 2 if self.words[position - 1] == "." else position - 1

    def words_from(self, position: int, count: int) -> list[str]:
        """Return the words up to the next punctuation mark or number, at most `count`."""
        found: list[str] = []
        for word in self.words[position : position + count]:
            if word in PUNCTUATION or not word or word[0].isdigit():
                break
            found.append(word)
        return found
