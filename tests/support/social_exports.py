"""Synthetic exports of social networks with every shape that the readers know, and with planted authors."""

from pathlib import Path

from tests.support.paths import CHECKOUT

DATA = CHECKOUT / "tests" / "support" / "data"
EXPORTS: dict[str, Path] = {"vk": DATA / "vk_wall.json", "telegram": DATA / "telegram_result.json"}
"""By the name of the mapping."""

AUTHORS = ("одсаднов", "Ефим", "podsadnov", "7700", "8800", "918 000")
"""What only the authors' members of both exports have: parts of names, ids and telephone numbers."""
