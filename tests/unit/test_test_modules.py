"""How the tests are laid out: each module stands alone, and what several need is in tests/support."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.support.paths import CHECKOUT

TESTS = CHECKOUT / "tests"
SHARED = ("tests.support", "tests.bench")


def imported_modules(path: Path) -> Iterator[str]:
    """The full names of everything that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names)


def test_modules_of_tests_import_support_and_no_test_module() -> None:
    for path in sorted(TESTS.rglob("*.py")):
        own = [name for name in imported_modules(path) if name.startswith(("tests", "."))]
        assert [name for name in own if not name.startswith(SHARED)] == [], path


def test_support_does_not_import_the_bench() -> None:
    for path in sorted((TESTS / "support").glob("*.py")):
        assert [name for name in imported_modules(path) if name.startswith("tests.bench")] == [], path
