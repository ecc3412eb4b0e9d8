"""Themes, an independent client and XML for the tests of Open311."""

from xml.etree import ElementTree

import httpx
from georeport import GeoReport

THEMES = (
    "insert into theme (code, sector_id, name_ru, name_en)"
    " values ('roads.pothole', 7, 'Яма', 'Pothole'), ('waste/dump.1', 5, 'Свалка', 'Dump')"
)


def independent(client: httpx.AsyncClient, form: str) -> GeoReport:
    """A client of Open311 by another author; it reads only."""
    return GeoReport(f"{client.base_url}/open311/v2", jurisdiction="example.org", output_format=form)


def xml(answer: httpx.Response) -> ElementTree.Element:
    """The XML document of a response."""
    return ElementTree.fromstring(answer.text)  # noqa: S314  # what our own server wrote
