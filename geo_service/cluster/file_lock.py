"""Shared and exclusive file locks; the kernel releases them when the process ends, even after a kill -9."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class FileLock:
    """A lock on the file `path`, which is created when the lock is first acquired."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None

    def acquire_shared(self) -> None:
        """Acquire the lock together with other shared holders; wait while another process has it exclusively."""
        self._flock(fcntl.LOCK_SH)

    def try_acquire_exclusive(self) -> bool:
        """Acquire the lock exclusively if no other process has it; return whether it was acquired."""
        try:
            self._flock(fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    @contextmanager
    def hold_exclusive(self) -> Iterator[None]:
        """Hold the lock exclusively for the time of the block; wait while other processes have it."""
        self._flock(fcntl.LOCK_EX)
        try:
            yield
        finally:
            self.release()

    def release(self) -> None:
        """Release the lock if it is held."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _flock(self, operation: int) -> None:
        if self._fd is None:
            self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        fcntl.flock(self._fd, operation)
