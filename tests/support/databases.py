"""Databases made, filled and dropped for tests."""

from urllib.parse import urlsplit

from geo_service.core.database import open_connection


def database_address(url: str, name: str) -> str:
    """The URL of database `name` on the server of `url`."""
    return urlsplit(url)._replace(path=f"/{name}").geturl()


async def create_database(url: str, name: str, template: str = "template1") -> None:
    """Create database `name` anew as a copy of `template`."""
    await execute_statement(url, f'drop database if exists "{name}" with (force)')
    await execute_statement(url, f'create database "{name}" template "{template}"')


async def execute_statement(url: str, statement: str) -> None:
    """Run one statement on its own connection."""
    async with open_connection(url) as connection:
        await connection.execute(statement)
