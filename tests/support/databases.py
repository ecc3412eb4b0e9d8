"""Databases made, filled and dropped for tests."""

from urllib.parse import urlsplit

from geo_service.core.database import open_connection


def named(url: str, name: str) -> str:
    """The address of database `name` on the server of `url`."""
    return urlsplit(url)._replace(path=f"/{name}").geturl()


async def recreate(url: str, name: str, template: str = "template1") -> None:
    """Database `name` made anew as a copy of `template`."""
    await execute(url, f'drop database if exists "{name}" with (force)')
    await execute(url, f'create database "{name}" template "{template}"')


async def execute(url: str, statement: str) -> None:
    """Run one statement on its own connection."""
    async with open_connection(url) as held:
        await held.execute(statement)
