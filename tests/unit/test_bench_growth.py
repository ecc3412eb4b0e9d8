"""The picture of growth: a point for each size and line, higher where it took longer."""

from pathlib import Path
from xml.etree import ElementTree

from tests.bench.growth import LINES, draw, sizes

SVG = "{http://www.w3.org/2000/svg}"


def test_sizes_grow_by_ten_up_to_the_one_that_is_asked_for() -> None:
    assert sizes(10_000_000) == [100_000, 1_000_000, 10_000_000]
    assert sizes(50_000_000) == [100_000, 1_000_000, 10_000_000, 50_000_000]
    assert sizes(20_000) == [20_000]


def test_each_line_has_a_point_for_each_size_and_slower_is_higher(tmp_path: Path) -> None:
    measured = {size: {line.value: 0.2 * (place + 1) * size / 100_000 for place, line in enumerate(LINES)} for size in (100_000, 1_000_000)}
    draw(measured, tmp_path / "growth.svg")
    root = ElementTree.fromstring((tmp_path / "growth.svg").read_text(encoding="utf-8"))  # noqa: S314  # our own picture
    points = [(float(one.attrib["cx"]), float(one.attrib["cy"])) for one in root.iter(f"{SVG}circle")]
    assert len(points) == 2 * len(LINES)
    assert all(right[0] > left[0] and right[1] < left[1] for left, right in zip(points[::2], points[1::2], strict=True))
    assert points[0][1] > points[2][1]
    assert {"100,000", "1 M"} <= {one.text for one in root.iter(f"{SVG}text")}


def test_a_line_that_was_not_measured_is_left_out(tmp_path: Path) -> None:
    draw({1_000: {LINES[0].value: 3.0}, 2_000: {LINES[0].value: 5.0}}, tmp_path / "growth.svg")
    root = ElementTree.fromstring((tmp_path / "growth.svg").read_text(encoding="utf-8"))  # noqa: S314  # our own picture
    assert len(list(root.iter(f"{SVG}circle"))) == 2
