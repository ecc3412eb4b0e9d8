"""The two consoles of all commands, and the progress bar: results go to stdout, messages and progress to stderr."""

import io
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

STDOUT = Console(highlight=False)
STDERR = Console(stderr=True, highlight=False)

LINE_INTERVAL_S = 5
"""Seconds between two lines of progress where stderr is not a terminal."""


def replace_unknown_characters() -> None:
    """Let both streams write "?" for a character that their encoding has not got, where they would raise an error.

    Names and texts of citizens have every character there is, and a console may be of cp1251 or ASCII. Even UTF-8 has none
    for a byte of a file's name that is not text.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def print_document(text: str) -> None:
    """Print what other programs read to stdout, in UTF-8 whatever the console's encoding is, so that nothing is lost."""
    typer.echo(text.encode(), nl=False)


def print_result(result: RenderableType) -> None:
    """Print a table or a plain text to stdout. Text is not wrapped, and brackets in it are not markup."""
    if isinstance(result, str):
        STDOUT.print(result, soft_wrap=True, markup=False)
    else:
        STDOUT.print(result)


def print_message(text: str) -> None:
    """Print plain text for a person to stderr, not wrapped."""
    STDERR.print(text, soft_wrap=True, markup=False)


class ProgressBar:
    """The progress of a command: a bar for each step on a terminal, elsewhere a line every few seconds."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}
        self._line_printed_at = time.monotonic()

    def update(self, step: str, done: int, total: int | None, note: str | None = None) -> None:
        """Show that `done` of `total` units of `step` are finished; a total of None means that it is not known.

        note: shown beside the bar; if None, the two numbers.
        """
        if note is None:
            note = f"{done:,}" if total is None else f"{done:,}/{total:,}"
        if self._bars.disable:
            self._print_line(step, done, total, note)
            return
        if step not in self._tasks:
            self._tasks[step] = self._bars.add_task(step, total=total, note=note)
        self._bars.update(self._tasks[step], completed=done, total=total, note=note)

    def _print_line(self, step: str, done: int, total: int | None, note: str) -> None:
        now = time.monotonic()
        if now - self._line_printed_at >= LINE_INTERVAL_S:
            self._line_printed_at = now
            share = "" if total is None else f"{100 * done // max(total, 1)} %, "
            print_message(f"{step}: {share}{note}")


@contextmanager
def progress_bar() -> Iterator[ProgressBar]:
    """Show progress for the time of the block."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[note]}", markup=False),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=STDERR, disable=not STDERR.is_terminal) as bars:
        yield ProgressBar(bars)
