"""Words as they are compared: however they were written, the same word is the same text."""


def normalise(text: str) -> str:
    """In lower case, with е for ё."""
    return text.lower().replace("ё", "е")
