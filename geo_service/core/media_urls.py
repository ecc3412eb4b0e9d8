"""Addresses of photographs of Open311 requests. They are stored for operators and published to nobody."""

from urllib.parse import urlsplit

MAX_MEDIA = 20
"""Addresses of one request or update."""

_MAX_URL = 2_000
"""Characters of an address."""


def read_media(text: str) -> tuple[list[str], str | None]:
    """Return the addresses in a field, separated by white space, and what was left out of them; None if nothing was.

    >>> read_media("https://example.org/1.jpg https://example.org/1.jpg")
    (['https://example.org/1.jpg'], None)
    >>> read_media("data:image/png;base64,AAAA")[1]
    'media_url: 1 left out; allowed: at most 20 addresses that begin with http:// or https://'
    """
    sent = list(dict.fromkeys(text.split()))
    urls = [url for url in sent if _is_url(url)][:MAX_MEDIA]
    if len(urls) == len(sent):
        return urls, None
    return urls, f"media_url: {len(sent) - len(urls)} left out; allowed: at most {MAX_MEDIA} addresses that begin with http:// or https://"


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and len(text) <= _MAX_URL and "\0" not in text
