"""Locks on files: let go of by the kernel when their holder ends, however it ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class FileLock:
    """One holder's lock on the file `path`, which is made when needed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: int | None = None

    def share(self) -> None:
        """Hold it together with others who share it; waits for one who holds it alone."""
        self._take(fcntl.LOCK_SH)

    def try_exclusive(self) -> bool:
        """Hold it alone, if nobody else holds it now. Whether it is held."""
        try:
            self._take(fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """Hold it alone for the block; waits for those who hold it."""
        self._take(fcntl.LOCK_EX)
        try:
            yield
        finally:
            self.release()

    def release(self) -> None:
        """Let go."""
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def _take(self, how: int) -> None:
        if self._held is None:
            self._held = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        fcntl.flock(self._held, how)
