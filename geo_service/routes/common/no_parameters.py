"""Addresses without parameters refuse every one, as all others refuse those that they do not know."""

from fastapi import Request

from geo_service.queries.selection import collect_params


async def no_parameters(request: Request) -> None:
    """Raise `InvalidParameter` where the query string has any parameter. Also a dependency of routes of the framework."""
    collect_params(request.query_params.multi_items(), ())
