"""What may be shown of an API key."""

import hashlib

_DIGITS = 12
"""48 bits tell the keys of any installation apart, and are too few to find the key again by guessing."""


def key_id(key: str) -> str:
    """Return the id of an API key for logs and lists: the first digits of its SHA-256; empty for no key.

    `printf %s "$KEY" | sha256sum | cut -c-12` prints the same.

    >>> key_id("0123456789abcdef")
    '9f9f5111f7b2'
    """
    return hashlib.sha256(key.encode()).hexdigest()[:_DIGITS] if key else ""
