"""Files in TOML that people write: nothing unknown in them is passed over, and every fault is told with its place."""

import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from geo_service.core.errors import GeoError


class Part(BaseModel):
    """A part of such a file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


PartT = TypeVar("PartT", bound=Part)


def read_toml(path: Path, model: type[PartT], what: str, fault: type[GeoError], allowed: str = "the path of a TOML file") -> PartT:
    """The file at `path` as `model`; a `fault` names the file, the key and what is allowed.

    what: what the file is, in the message. allowed: what may be named instead of a file that is not there.
    """
    try:
        return model.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise fault(f"cannot read {what} {path}: {error.strerror}; allowed: {allowed}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise fault(f"cannot read {what} {path}: it is not TOML: {error}") from error
    except ValidationError as error:
        raise fault(f"cannot use {what} {path}: {'; '.join(map(_told, error.errors()))}") from error


def _told(error: object) -> str:
    assert isinstance(error, dict)  # noqa: S101  # narrows pydantic's ErrorDetails
    place = ".".join(str(part) for part in error["loc"])
    return f"{place}: {error['msg']}" if place else str(error["msg"])
