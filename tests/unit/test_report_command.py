"""`geo report` says what is wrong with its options before it does anything."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from geo_service.cli.main import app
from geo_service.core.errors import GeoError


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--week", "2025-W54", "--out", "x.html"), "--week"),
        (("--week", "2999-W01", "--out", "x.html"), "--week"),
        (("--lang", "de", "--out", "x.html"), "--lang"),
        (("--format", "docx", "--out", "x.html"), "--format"),
        (("--out", "x.docx"), "--out"),
        (("--out", "x/y/z.html"), "there is no folder"),
        (("--all-districts", "--out", "file"), "needs a folder"),
        (("--out", ""), "it is a folder"),
        (("--district", "T", "--all-districts", "--out", "x"), "--district"),
        ((), "--out"),
    ],
)
def test_an_option_that_cannot_be_used_is_named(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    placed = [str(tmp_path / part) if before == "--out" else part for before, part in zip(("", *arguments), arguments, strict=False)]
    done = CliRunner().invoke(app, ["report", *placed])
    assert isinstance(done.exception, GeoError)
    assert done.exception.exit_code == 2
    assert said in str(done.exception)
    assert [file.name for file in tmp_path.iterdir()] == ["file"]
