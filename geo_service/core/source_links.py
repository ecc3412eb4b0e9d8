"""Addresses of incidents in the systems that they come from, made from a template for each source."""

import json
import re
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

PLACEHOLDER = "{external_id}"
_ALLOWED = 'a JSON object such as {"pos": "https://pos.example.org/{external_id}"}'
_PLAIN = re.compile(r"[!-~]+")


def read_source_links(value: object) -> dict[str, str]:
    """Return the templates by the code of their source. value: JSON text, or the mapping itself. Raises `ValueError`."""
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.strip() else {}
        except json.JSONDecodeError:
            raise ValueError(f"is no JSON; allowed: {_ALLOWED}") from None
    if not isinstance(value, Mapping):
        raise ValueError(f"allowed: {_ALLOWED}")  # noqa: TRY004  # pydantic wants a ValueError
    return {str(source): _check_template(str(source), template) for source, template in value.items()}


def _check_template(source: str, template: object) -> str:
    """Return a template: an address of http or https whose host the id of an incident cannot change."""
    text = template if isinstance(template, str) else ""
    try:
        parts = urlsplit(text)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not host or not _PLAIN.fullmatch(text):
        raise ValueError(f"{source}: {text[:80]!r} is not an address of a web page; allowed: {_ALLOWED}")
    if PLACEHOLDER in parts.netloc or PLACEHOLDER not in text or re.search("[{}]", text.replace(PLACEHOLDER, "")):
        raise ValueError(f"{source}: {text[:80]!r} needs {PLACEHOLDER} after the host, and no other braces")
    if "@" in parts.netloc:
        raise ValueError(f"{source}: {text[:80]!r} has a user name; everybody would see it")
    return text


def make_source_link(links: Mapping[str, str], source: str | None, external_id: str) -> str | None:
    """Return the address of an incident in its source; None for a source without a template.

    >>> make_source_link({"pos": "https://pos.example.org/m/{external_id}?tab=1"}, "pos", "А/7 &x")
    'https://pos.example.org/m/%D0%90%2F7%20%26x?tab=1'
    """
    template = links.get(source or "")
    return template.replace(PLACEHOLDER, quote(external_id, safe="")) if template else None
