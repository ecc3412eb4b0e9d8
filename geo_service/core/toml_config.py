"""Read TOML files that users write; unknown keys are errors, and each error names its key."""

import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from geo_service.core.errors import GeoError


class Part(BaseModel):
    """A table of such a file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


PartT = TypeVar("PartT", bound=Part)


def read_toml(path: Path, model: type[PartT], what: str, error_type: type[GeoError], allowed: str = "the path of a TOML file") -> PartT:
    """Read the file at `path` as `model`. An `error_type` names the file, the key and what is allowed.

    what: name of the kind of file, for the message. allowed: what can be given instead of a missing file, for the message.
    """
    try:
        return model.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise error_type(f"cannot read {what} {path}: {error.strerror}; allowed: {allowed}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise error_type(f"cannot read {what} {path}: it is not TOML: {error}") from error
    except ValidationError as error:
        raise error_type(f"cannot use {what} {path}: {'; '.join(map(_describe_error, error.errors()))}") from error


def _describe_error(error: object) -> str:
    assert isinstance(error, dict)  # noqa: S101  # narrows pydantic's ErrorDetails
    key = ".".join(str(part) for part in error["loc"])
    return f"{key}: {error['msg']}" if key else str(error["msg"])
