"""The catalogue: whose data is shown is told once."""

from geo_service.aggregation.catalogue.catalogue import District, SourceEntry, attributions
from geo_service.core.model import GeocodedBy


def test_whose_data_is_shown_is_told_once_by_the_sources_the_districts_and_what_found_places() -> None:
    sources = [
        SourceEntry(1, "portal", "", "", attribution="Portal", geocoded_by=(GeocodedBy.NOMINATIM,)),
        SourceEntry(2, "chat", "", "", attribution="Portal", geocoded_by=(GeocodedBy.GAZETTEER, GeocodedBy.PHOTON)),
        SourceEntry(3, "letters", "", ""),
    ]
    assert attributions(sources) == ["Portal", "GeoNames, CC BY 4.0", "© OpenStreetMap contributors"]
    assert attributions([sources[0]], [District(1, "1", "", "", attribution="Lines of ours")]) == [
        "Lines of ours", "Portal", "© OpenStreetMap contributors",
    ]  # fmt: skip
    assert attributions([sources[2]]) == []


def test_what_a_source_tells_itself_is_not_told_again() -> None:
    made_up = SourceEntry(1, "demo", "", "", attribution="Made-up messages · GeoNames, CC BY 4.0", geocoded_by=(GeocodedBy.GAZETTEER,))
    assert attributions([made_up]) == ["Made-up messages · GeoNames, CC BY 4.0"]
