"""A file with one writer at a time, over all processes: the lock is on the file, and ends with whoever holds it."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from io import FileIO
from pathlib import Path

from rmcompose.data.errors import DataError

_FAR = 2**31 - 2
"""The byte that is locked on Windows, where a locked byte cannot be read: no file of ours is that long."""


class LockedError(DataError):
    """Another process, or another part of this one, writes the file."""


class _NoLocks(Exception):
    """The file system, or the platform, knows no locks."""


def opened(path: Path, *, append: bool = False) -> int:
    """A handle to read and to write a file, made where there is none; with `append` all is written at its end.

    Closing it ends the lock, and so does being killed. Where the file system knows no locks there is none.

    Raises:
        BlockingIOError: someone else has it open in this way.
        OSError: it cannot be opened.
    """
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0) | (os.O_APPEND if append else 0)
    while True:
        handle = os.open(path, flags, 0o666)
        try:
            with suppress(_NoLocks):
                _lock(handle)
            # who had the lock before may have taken the file away, or put another one in its place
            with suppress(FileNotFoundError):
                if is_at(handle, path):
                    return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def open_locked(path: Path) -> FileIO:
    """The file, unbuffered, to read and to append to. Raises as `opened` does."""
    return FileIO(opened(path, append=True), "a+")


def is_at(handle: int, path: Path) -> bool:
    """Whether an open file is still the one with that name. Raises `FileNotFoundError` where there is none."""
    return os.path.samestat(os.fstat(handle), path.stat())


def _lock(handle: int) -> None:
    """Raises BlockingIOError where the lock is held, `_NoLocks` where there are none."""
    if sys.platform == "win32":
        import msvcrt

        os.lseek(handle, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            raise BlockingIOError from None
    else:
        try:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise
        except (ImportError, OSError):
            raise _NoLocks from None
