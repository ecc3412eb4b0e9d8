"""Content negotiation as RFC 9110 has it, compression that is undone by others, and ETags."""

import gzip

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from geo_service.http.headers import COMPRESSORS, choose_encoding, choose_media_type, etag, matches, read_weights

DECODERS = {
    "identity": lambda body: body,
    "gzip": gzip.decompress,
    "br": brotli.decompress,
    "zstd": lambda body: zstandard.ZstdDecompressor().decompress(body),
}


@pytest.mark.parametrize(
    ("header", "encoding"),
    [
        ("", "identity"),
        ("gzip", "gzip"),
        ("gzip, deflate", "gzip"),
        ("gzip, deflate, br", "br"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("GZIP", "gzip"),
        ("deflate", "identity"),
        ("br;q=0.5, gzip;q=0.9", "gzip"),
        ("br;q=0, gzip;q=0.1", "gzip"),
        ("*", "zstd"),
        ("*;q=0.5, br", "br"),
        ("zstd;q=0, br;q=0, *", "gzip"),
        ("identity", "identity"),
        ("identity;q=0.5, gzip;q=0.4", "identity"),
        ("gzip;q=rubbish", "gzip"),
        ("br;q=nan, gzip;q=0.9", "br"),
        ("br;q=2, gzip;q=0.999", "br"),
        ("br;q=0., gzip;q=0.001", "gzip"),
        ("br; Q=0.1, gzip ; q = 0.2", "gzip"),
        ("x-gzip", "gzip"),
        (", ,", "identity"),
        ("*;q=0", "identity"),
    ],
)
def test_the_best_encoding_that_the_client_takes_is_chosen(header: str, encoding: str) -> None:
    assert choose_encoding(header) == encoding


@pytest.mark.parametrize(
    ("header", "media_type"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/csv", "text/csv"),
        ("TEXT/CSV;Q=0.7", "text/csv"),
        ("text/csv, application/json", "application/json"),
        ("text/csv;q=0.2, application/json;q=0.1", "text/csv"),
        ("text/csv; charset=utf-8; q=0.4, application/json;q=0.5", "application/json"),
        ("text/csv;q=0", "application/json"),
        ("text/html, application/xhtml+xml", "application/json"),
    ],
)
def test_the_media_type_with_most_weight_is_chosen_and_the_first_one_where_none_is_named(header: str, media_type: str) -> None:
    assert choose_media_type(header, ["application/json", "text/csv"]) == media_type


def test_weights_are_read_alike_for_encodings_and_media_types() -> None:
    assert read_weights("br;q=0.5, GZIP , *; q=0") == {"br": 0.5, "gzip": 1.0, "*": 0.0}
    assert read_weights("text/csv;header=present;Q=0.25,application/json;q=many") == {"text/csv": 0.25, "application/json": 1.0}


@given(st.text(max_size=60))
def test_any_header_is_answered(header: str) -> None:
    assert choose_encoding(header) in DECODERS
    assert choose_media_type(header, ["application/json", "text/csv"]) in ("application/json", "text/csv")


@given(st.binary(max_size=5000), st.sampled_from(sorted(DECODERS)))
def test_a_body_is_the_same_after_any_encoding_and_its_bytes_are_always_the_same(body: bytes, encoding: str) -> None:
    packed = COMPRESSORS[encoding](body)
    assert DECODERS[encoding](packed) == body
    assert COMPRESSORS[encoding](body) == packed


def test_an_etag_tells_contents_and_encodings_apart() -> None:
    tags = {etag(body, encoding) for body in (b"", b"a", b"b") for encoding in DECODERS}
    assert len(tags) == 12
    assert all(tag.startswith('"') and tag.endswith('"') for tag in tags)
    assert etag(b"a", "gzip") == etag(b"a", "gzip")


@pytest.mark.parametrize("header", ['"x"', 'W/"x"', '"a", "x"', '"a",W/"x"', "*", " * ", '"a,*,b", "x"'])
def test_a_tag_that_the_client_names_matches(header: str) -> None:
    assert matches(header, '"x"')


@pytest.mark.parametrize("header", ["", "x", '"y"', '"x-gzip"', 'w/"x"', '"a,*,b"', '"*"', '"a, x"'])
def test_other_tags_do_not_match(header: str) -> None:
    assert not matches(header, '"x"')
