"""The colours of classes are told apart, also by people who see fewer colours."""

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from geo_service.aggregation.spatial.named_classes import EMERGING, GI, UNUSUAL, NamedClasses
from geo_service.tiles.documents.palette import SCHEMES, choose_palette, recolor_legend

VISIONS = {
    "normal": np.eye(3),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
    "tritanopia": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
}
"""Linear RGB as it is seen. Machado, Oliveira, Fernandes: A Physiologically-based Model for Simulation of Color Vision Deficiency, 2009."""
TO_XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])
WHITE = np.array([0.95047, 1.0, 1.08883])

Lab = NDArray[np.float64]


def lab(color: str, vision: str) -> Lab:
    """CIE L*a*b* of a colour as it is seen."""
    srgb = np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(VISIONS[vision] @ linear, 0, 1) / WHITE
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def difference(one: Lab, other: Lab) -> float:
    """CIEDE2000. Sharma, Wu and Dalal, The CIEDE2000 Color-Difference Formula, 2005."""
    lightness, (a1, b1), (a2, b2) = (one[0] + other[0]) / 2, one[1:], other[1:]
    mean = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    wider = 1.5 - 0.5 * np.sqrt(mean**7 / (mean**7 + 25**7))
    chroma1, chroma2 = np.hypot(a1 * wider, b1), np.hypot(a2 * wider, b2)
    hue1, hue2 = np.degrees(np.arctan2(b1, a1 * wider)) % 360, np.degrees(np.arctan2(b2, a2 * wider)) % 360
    turn = (hue2 - hue1 + 180) % 360 - 180
    hue, chroma = (hue1 + turn / 2) % 360, (chroma1 + chroma2) / 2
    at = np.radians
    t = 1 - 0.17 * np.cos(at(hue - 30)) + 0.24 * np.cos(at(2 * hue)) + 0.32 * np.cos(at(3 * hue + 6)) - 0.2 * np.cos(at(4 * hue - 63))
    light = (other[0] - one[0]) / (1 + 0.015 * (lightness - 50) ** 2 / np.sqrt(20 + (lightness - 50) ** 2))
    strong = (chroma2 - chroma1) / (1 + 0.045 * chroma)
    tint = 2 * np.sqrt(chroma1 * chroma2) * np.sin(at(turn) / 2) / (1 + 0.015 * chroma * t)
    bend = -2 * np.sqrt(chroma**7 / (chroma**7 + 25**7)) * np.sin(at(60 * np.exp(-(((hue - 275) / 25) ** 2))))
    return float(np.sqrt(light**2 + strong**2 + tint**2 + bend * strong * tint))


def test_the_difference_is_that_of_the_published_pairs() -> None:
    """Pairs 1 and 17 of the authors' test data."""
    assert difference(np.array([50, 2.6772, -79.7751]), np.array([50, 0, -82.7485])) == pytest.approx(2.0425, abs=1e-4)
    assert difference(np.array([50, 2.5, 0]), np.array([73, 25, -18])) == pytest.approx(27.1492, abs=1e-4)


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize("diverging", [False, True])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_neighbouring_classes_are_told_apart(scheme: str, diverging: bool, vision: str) -> None:
    colors = [lab(color, vision) for color in choose_palette(diverging=diverging, scheme=scheme).colors]
    assert min(difference(one, other) for one, other in itertools.pairwise(colors)) >= 9


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize("named", ["unusual", "concentration"])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_neighbouring_classes_with_names_are_told_apart(scheme: str, named: str, vision: str) -> None:
    colors = [lab(color, vision) for color in choose_palette(diverging=False, named=named, scheme=scheme).colors]
    assert min(difference(one, other) for one, other in itertools.pairwise(colors)) >= 9


@pytest.mark.parametrize("scheme", SCHEMES)
def test_patterns_of_hot_spots_are_told_apart_and_hot_from_cold_by_everybody(scheme: str) -> None:
    colors = choose_palette(diverging=False, named="emerging", scheme=scheme).colors
    assert min(difference(lab(one, "normal"), lab(other, "normal")) for one, other in itertools.combinations(colors, 2)) >= 8
    for vision in VISIONS:
        none, *patterns = (lab(color, vision) for color in colors)
        hot, cold = patterns[:8], patterns[8:]
        assert min(difference(one, other) for one in hot for other in cold) >= 20
        assert min(difference(none, one) for one in patterns) >= 9


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("classes", [UNUSUAL, GI, EMERGING])
def test_a_class_that_says_nothing_is_grey_and_each_has_a_colour(classes: NamedClasses, scheme: str) -> None:
    colors = choose_palette(diverging=False, named=classes.palette, scheme=scheme).colors
    assert len(set(colors)) == len(colors) == len(classes)
    chroma = [float(np.hypot(*lab(color, "normal")[1:])) for color in colors]
    assert chroma[classes.neutral] < 6
    assert min(one for number, one in enumerate(chroma) if number != classes.neutral) > 12


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize(("scheme", "direction"), [("light", -1), ("dark", 1)])
def test_more_stands_out_more_from_the_ground(scheme: str, direction: int, vision: str) -> None:
    lightness = [lab(color, vision)[0] for color in choose_palette(diverging=False, scheme=scheme).colors]
    assert all(np.diff(lightness) * direction > 0)


@pytest.mark.parametrize("named", [None, "unusual"])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_red_means_most_in_every_scheme_and_nothing_else_is_as_colourful(scheme: str, named: str | None) -> None:
    """Hue angle and chroma in CIE L*a*b*: red lies between 15 and 45 degrees, yellow at 90, purple at 330."""
    *fewer, most = (lab(color, "normal") for color in choose_palette(diverging=False, named=named, scheme=scheme).colors)
    assert 15 <= np.degrees(np.arctan2(most[2], most[1])) <= 45
    assert np.hypot(*most[1:]) > 50
    for color in fewer:
        hue = np.degrees(np.arctan2(color[2], color[1])) % 360
        assert np.hypot(*color[1:]) < 6 or 35 <= hue <= 110, "neither crimson nor purple for little"


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize(("scheme", "zero"), [("light", "#d5d8da"), ("dark", "#3d474f")])
def test_a_class_of_something_is_told_from_the_grey_of_nothing(scheme: str, zero: str, vision: str) -> None:
    assert SCHEMES[scheme].without_class == zero
    least = choose_palette(diverging=False, scheme=scheme).colors[0]
    assert difference(lab(zero, vision), lab(least, vision)) >= 9


def test_a_legend_takes_the_colours_of_another_scheme_and_keeps_its_numbers() -> None:
    light = {"classes": [{"class": 4, "from": 1, "to": 9, "color": "#bd0026", "cells": 3}], "palette": {}, "max": 9}
    dark = recolor_legend(light, choose_palette(diverging=False, scheme="dark"))
    assert dark["classes"] == [{"class": 4, "from": 1, "to": 9, "color": "#ff807a", "cells": 3}]
    assert (dark["palette"]["name"], dark["max"]) == ("brown to red", 9)
