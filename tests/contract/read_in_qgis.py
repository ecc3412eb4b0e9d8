"""Run by Debian's python3 with python3-qgis: does in QGIS what the task on standard input says, and writes what came as JSON.

Task: `layers`, OGC API collections that are read box by box, and `styles`, addresses of styles that are drawn to an image.
"""

import json
import sys
from collections import Counter
from typing import Any
from urllib.request import urlopen

from qgis.core import (
    Qgis,
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFeatureRequest,
    QgsMapBoxGlStyleConversionContext,
    QgsMapBoxGlStyleConverter,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
    QgsVectorTileLayer,
)
from qgis.PyQt.QtCore import QSize

SIDE_PX = 512
DPI = 96


def read_boxes(root: str, collection: str, boxes: list[list[float]]) -> list[dict[str, int]]:
    """Return for each box, in turn, the count of each feature that the layer gives; one layer that asks for what is seen only."""
    layer = QgsVectorLayer(f" url='{root}' typename='{collection}' restrictToRequestBBOX='1'", collection, "OAPIF")
    if not layer.isValid():
        raise SystemExit(f"QGIS cannot open {collection} of {root}")
    read = []
    for box in boxes:
        request = QgsFeatureRequest().setFilterRect(QgsRectangle(*box)).setFlags(QgsFeatureRequest.ExactIntersect)
        read.append({str(feature["h3"]): int(feature["count"]) for feature in layer.getFeatures(request)})
    return read


def warnings_of(address: str) -> list[str]:
    """Return what QGIS could not convert of a style."""
    with urlopen(address) as answer:  # noqa: S310  # of the service that the test has started
        style = json.load(answer)
    converter = QgsMapBoxGlStyleConverter()
    converter.convert(style, QgsMapBoxGlStyleConversionContext())
    return list(converter.warnings())


def draw(style: str, tiles: str, lng: float, lat: float, zoom: int) -> dict[str, Any]:
    """Return how many pixels have which colour on a map of SIDE_PX px, and what labels say, by the names of layers."""
    source = f"styleUrl={style.replace('&', '%26')}&type=xyz&url={tiles.replace('&', '%26')}&zmin=0&zmax=16"
    layer = QgsVectorTileLayer(source, "drawn")
    if not layer.isValid():
        raise SystemExit(f"QGIS cannot open {source}")
    error, loaded = layer.loadDefaultStyle()
    mercator = QgsCoordinateReferenceSystem("EPSG:3857")
    to_metres = QgsCoordinateTransform(QgsCoordinateReferenceSystem("EPSG:4326"), mercator, QgsProject.instance())
    middle, half = to_metres.transform(lng, lat), 20_037_508.342789244 / (1 << zoom)
    image = render(layer, QgsRectangle(middle.x() - half, middle.y() - half, middle.x() + half, middle.y() + half))
    pixels = Counter(image.pixelColor(x, y).name() for y in range(SIDE_PX) for x in range(SIDE_PX))
    labels = layer.labeling().styles() if layer.labeling() else []
    return {
        "error": "" if loaded else error or "not loaded",
        "warnings": warnings_of(style),
        "pixels": dict(pixels),
        "labels": {label.styleName(): label.labelSettings().fieldName for label in labels},
    }


def draw_archive(path: str, box: list[float]) -> int:
    """Return how many pixels are not empty on a map of an archive in QGIS's own colours. box: EPSG:4326."""
    layer = QgsVectorTileLayer(f"type=mbtiles&url={path}", "archive")
    if not layer.isValid():
        raise SystemExit(f"QGIS cannot open {path}")
    mercator = QgsCoordinateReferenceSystem("EPSG:3857")
    to_metres = QgsCoordinateTransform(QgsCoordinateReferenceSystem("EPSG:4326"), mercator, QgsProject.instance())
    image = render(layer, to_metres.transformBoundingBox(QgsRectangle(*box)))
    return sum(image.pixelColor(x, y).name() != "#ffffff" for y in range(SIDE_PX) for x in range(SIDE_PX))


def render(layer: Any, extent: Any) -> Any:
    """Return an image of a layer. extent: EPSG:3857."""
    settings = QgsMapSettings()
    settings.setOutputSize(QSize(SIDE_PX, SIDE_PX))
    settings.setOutputDpi(DPI)
    settings.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
    settings.setExtent(extent)
    settings.setLayers([layer])
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    return job.renderedImage()


def main() -> None:
    """Do the task."""
    application = QgsApplication([], False)
    application.initQgis()
    task = json.load(sys.stdin)
    answer = {
        "version": Qgis.QGIS_VERSION,
        "layers": {name: read_boxes(task["root"], name, boxes) for name, boxes in task["layers"].items()},
        "archive": draw_archive(task["archive"], task["around"]),
        "styles": {name: draw(**style) for name, style in task["styles"].items()},
    }
    json.dump(answer, sys.stdout)
    sys.stdout.flush()


main()
