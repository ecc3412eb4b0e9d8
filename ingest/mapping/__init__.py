"""Mappings: TOML files that define what the columns of an input mean; and the form in which words are compared."""


def normalise(text: str) -> str:
    """The text in lower case, with е for ё: two spellings of a word become equal."""
    return text.lower().replace("ё", "е")
