"""Templates of links to the systems that incidents come from."""

from typing import Any

import pytest

from geo_service.core.errors import SettingsError
from geo_service.core.settings import read_settings
from geo_service.core.source_links import make_source_link


def links(text: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("GEO_SOURCE_LINKS", text)
    return read_settings().source_links


def test_a_template_is_read_for_each_source(monkeypatch: pytest.MonkeyPatch) -> None:
    assert links('{"pos": "https://pos.example.org/{external_id}", "vk": "http://vk.example.org:81/?id={external_id}"}', monkeypatch) == {
        "pos": "https://pos.example.org/{external_id}",
        "vk": "http://vk.example.org:81/?id={external_id}",
    }
    assert links("", monkeypatch) == {}


@pytest.mark.parametrize(
    "text",
    [
        "pos=https://pos.example.org/{external_id}",
        "[]",
        '"https://pos.example.org/{external_id}"',
        '{"pos": 7}',
        '{"pos": "javascript:alert({external_id})"}',
        '{"pos": "data:text/html,{external_id}"}',
        '{"pos": "//pos.example.org/{external_id}"}',
        '{"pos": "/{external_id}"}',
        '{"pos": "https:///{external_id}"}',
        '{"pos": "https://{external_id}.example.org/"}',
        '{"pos": "https://{external_id}/{external_id}"}',
        '{"pos": "https://pos.example.org/"}',
        '{"pos": "https://pos.example.org/{id}"}',
        '{"pos": "https://pos.example.org/{external_id}/{id}"}',
        '{"pos": "https://pos.example.org/ {external_id}"}',
        '{"pos": "https://user:password@pos.example.org/{external_id}"}',
        '{"pos": "https://pos.example.org:port/{external_id}"}',
        '{"pos": "https://[pos/{external_id}"}',
    ],
)
def test_what_makes_no_address_of_a_web_page_is_refused_at_the_start(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="GEO_SOURCE_LINKS"):
        links(text, monkeypatch)


@pytest.mark.parametrize(
    ("external_id", "encoded"),
    [
        ("145149", "145149"),
        ("А/7", "%D0%90%2F7"),
        ("a b&c=d?#", "a%20b%26c%3Dd%3F%23"),
        ('"><script>', "%22%3E%3Cscript%3E"),
        ("{x}", "%7Bx%7D"),
    ],
)
def test_an_id_is_a_single_part_of_the_address(external_id: str, encoded: str) -> None:
    templates = {"pos": "https://pos.example.org/m/{external_id}/?n={external_id}"}
    assert make_source_link(templates, "pos", external_id) == f"https://pos.example.org/m/{encoded}/?n={encoded}"
    assert make_source_link(templates, "vk", external_id) is None
    assert make_source_link(templates, None, external_id) is None
