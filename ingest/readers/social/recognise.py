"""Recognise an export of a social network by the beginning of the file."""

import re
from typing import get_args

from ingest.mapping.mapping import ExportName, FormatName

_VK = tuple(re.compile(pattern) for pattern in (rb'"from_id"\s*:\s*-?\d', rb'"(?:owner_id|to_id)"\s*:\s*-?\d', rb'"date"\s*:\s*\d'))
_TELEGRAM_CHAT = tuple(re.compile(pattern) for pattern in (rb'"messages"\s*:\s*\[', rb'"type"\s*:\s*"(?:message|service)"'))
_TELEGRAM_FULL = tuple(re.compile(pattern) for pattern in (rb'"personal_information"\s*:\s*\{', rb'"about"\s*:\s*"'))
"""Of all chats: the first chat may be far behind the contacts."""


def recognise_export(content: bytes, format_name: FormatName) -> ExportName | None:
    """The export that a file of this format begins with; None for any other file."""
    if format_name not in ("json", "ndjson"):
        return None
    looks: tuple[tuple[ExportName, tuple[re.Pattern[bytes], ...]], ...] = (
        ("telegram", _TELEGRAM_CHAT), ("telegram", _TELEGRAM_FULL), ("vk", _VK)
    )  # fmt: skip
    return next((name for name, patterns in looks if all(pattern.search(content) for pattern in patterns)), None)


def is_export(format_name: str | None) -> bool:
    """Whether a format is that of a social network, whose columns the reader names."""
    return format_name in get_args(ExportName)
