"""Puts `postgis/` and the built page into the wheel, as part of the package `geo_service`."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PAGE = "frontend/dist"


class DataBuildHook(BuildHookInterface[Any]):
    """Adds the data that lie beside the packages; an editable install finds them where they are."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name what is to be added; SystemExit where the page has not been built."""
        if version == "editable":
            return
        if not (Path(self.root) / PAGE / "index.html").is_file():
            raise SystemExit(f"cannot package geo-service: {PAGE}/index.html is missing; run `./dev build`, or `npm run build`")
        if self.target_name == "wheel":
            build_data["force_include"] |= {"postgis": "geo_service/_data/postgis", PAGE: "geo_service/_data/page"}
