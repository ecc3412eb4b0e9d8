"""Mappings: what is shipped is whole, and a faulty one says what is wrong where."""

from pathlib import Path

import pytest

from geo_service.core.errors import InputError
from ingest.mapping.mapping import Mapping, load_mapping, shipped_names
from ingest.validate.entities import EntityResolver

PLAIN = """
default_status = "new"
[source]
code = "own"
name_ru = "Своё"
name_en = "Own"
[columns]
external_id = "id"
lng = "x"
lat = "y"
received_at = "at"
[dates]
time_zone = "Europe/Moscow"
"""


def loaded(folder: Path, text: str) -> Mapping:
    path = folder / "own.toml"
    path.write_text(text, encoding="utf-8")
    return load_mapping(str(path))


def test_every_shipped_mapping_can_be_used() -> None:
    codes = [load_mapping(name).source.code for name in shipped_names()]
    assert {"minsk115", "plain"} <= set(codes)
    assert len(set(codes)) == len(codes)


def test_a_mapping_from_a_file_of_ones_own_is_read(tmp_path: Path) -> None:
    assert loaded(tmp_path, PLAIN).columns.lng == "x"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("[dates]", "[dates]\nformat = 1", "dates.format: Extra inputs are not permitted"),
        ("Europe/Moscow", "Moscow", "dates.time_zone: Value error, unknown time zone 'Moscow'; allowed: an IANA name"),
        ('lng = "x"\n', "", "only one of columns.lng and columns.lat is given"),
        ('lng = "x"\nlat = "y"\n', "", "nothing says where"),
        ('default_status = "new"', 'default_status = "done"', "unknown status 'done'; allowed: new, assigned"),
        ('default_status = "new"', "", "neither columns.status nor default_status is given"),
        ('default_status = "new"', 'default_status = "new"\nbounds = [40, 0, 30, 1]', "bounds must be west < east"),
        ('default_status = "new"', 'default_status = "new"\ndefault_sector = "road"', "unknown sector 'road'; allowed: health"),
        ("[dates]", '[file]\nencoding = "utf-9"\n[dates]', "file.encoding: Value error, unknown encoding 'utf-9'"),
        ("[dates]", "[dates", "it is not TOML"),
    ],
)
def test_a_fault_is_told_with_file_key_and_what_is_allowed(tmp_path: Path, old: str, new: str, told: str) -> None:
    with pytest.raises(InputError) as caught:
        loaded(tmp_path, PLAIN.replace(old, new))
    assert told in str(caught.value)
    assert "own.toml" in str(caught.value)


def test_an_unknown_name_is_told_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"allowed: boston311, .*, plain, .*, or the path of a TOML file"):
        load_mapping("minsk")


def test_a_listed_theme_has_its_names_and_sector() -> None:
    theme = EntityResolver(load_mapping("minsk115"), Path("nowhere.csv")).theme("", "13.142")
    assert theme is not None
    assert (theme.code, theme.sector, theme.name_ru, theme.name_en) == (
        "minsk115-13.142",
        "housing",
        "Лифт не работает",
        "Lift does not work",
    )


def test_a_theme_of_ones_own_is_named_as_it_is_in_its_sector() -> None:
    namer = EntityResolver(load_mapping("plain"), Path("nowhere.csv"))
    named, whole = namer.theme("roads", "Ямы, лужи"), namer.theme("roads", "")
    assert named is not None
    assert whole is not None
    assert (named.code, named.sector, named.name_ru) == ("roads-ямы-лужи", "roads", "Ямы, лужи")
    assert (whole.code, whole.name_en) == ("roads", "Roads")
    assert namer.theme("rods", "") is None


def test_agencies_are_named_by_the_file_beside_the_input(tmp_path: Path) -> None:
    (tmp_path / "minsk115_organizations.csv").write_text("organization_id,org_name\n5,Беллифт\n", encoding="utf-8")
    namer = EntityResolver(load_mapping("minsk115"), tmp_path / "input.csv")
    names = [agency.name for agency in (namer.agency("5"), namer.agency("6")) if agency]
    assert names == ["Беллифт", "6"]
    assert namer.agency(" ") is None
