"""SQL by name: how files of queries are read, and that queries and their uses in Python belong together."""

import ast
from collections.abc import Iterable, Iterator

import pytest

from geo_service.core.model import GeocodedBy, LocationQuality
from geo_service.core.sql.named_queries import NamedQueryError, parse_queries, query, query_names, with_constants
from tests.support.paths import CHECKOUT

FILE = """-- A subject.

-- name: first
-- What it does.
select $1

-- name: second
select 2
where true
"""


def nodes() -> Iterator[ast.AST]:
    """Every node of the syntax trees of the three packages."""
    for package in ("geo_service", "ingest", "boundaries"):
        for file in (CHECKOUT / package).rglob("*.py"):
            yield from ast.walk(ast.parse(file.read_text(encoding="utf-8")))


def strings_in(tree: Iterable[ast.AST]) -> set[str]:
    """The string literals among them."""
    return {node.value for node in tree if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_a_query_is_what_stands_below_its_name() -> None:
    assert parse_queries(FILE, "subject.sql") == {"first": "-- What it does.\nselect $1", "second": "select 2\nwhere true"}


def test_a_name_that_comes_twice_is_refused() -> None:
    with pytest.raises(NamedQueryError, match=r"subject\.sql: the query 'first' is defined twice; a name is allowed once in a file"):
        parse_queries(f"{FILE}\n-- name: first\nselect 3\n", "subject.sql")


@pytest.mark.parametrize("name", ["", "First", "1st", "two words", "dot.ted", "a;b"])
def test_a_malformed_name_is_refused(name: str) -> None:
    with pytest.raises(NamedQueryError, match="is malformed; allowed: lower-case letters, digits and _"):
        parse_queries(f"-- name: {name}\nselect 1\n", "subject.sql")


def test_a_name_without_a_statement_is_refused() -> None:
    with pytest.raises(NamedQueryError, match="'lonely' is empty"):
        parse_queries("-- name: lonely\n-- Only words.\n", "subject.sql")


@pytest.mark.parametrize("name", ["ingest.no_such_query", "nothing.upsert", "ingest", "../sql/ingest.upsert", ""])
def test_an_unknown_query_is_refused_by_name(name: str) -> None:
    with pytest.raises(NamedQueryError, match=f"query {name!r}: there is none; queries are in postgis/sql/"):
        query(name)


def test_constants_are_the_numbers_of_the_enumerations() -> None:
    text = with_constants("select ${geocoded_by.gazetteer}, ${location_quality.house}, ${status.linked_offset}, $1", "subject.sql")
    assert text == f"select {GeocodedBy.GAZETTEER.value}, {LocationQuality.HOUSE.value}, 16, $1"


def test_an_unknown_constant_is_refused() -> None:
    with pytest.raises(NamedQueryError, match=r"subject\.sql: the constant 'status\.nowhere' is unknown; allowed: status\.new, "):
        with_constants("select ${status.nowhere}", "subject.sql")


def test_every_query_is_used_and_every_use_exists() -> None:
    tree, names = list(nodes()), set(query_names())
    assert names <= strings_in(tree), "a query that no Python names"
    calls = [node for node in tree if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "query"]
    asked = strings_in(argument for call in calls for argument in call.args)
    assert len(asked) > len(names) // 2
    assert asked <= names, "a query that no file has"


@pytest.mark.parametrize("name", query_names())
def test_every_query_is_described_in_its_first_line(name: str) -> None:
    assert query(name).startswith("-- "), "a comment that says what the statement does"
