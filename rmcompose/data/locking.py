"""One writer of a file at a time, over all processes of a machine.

The lock is held on a hidden file beside the one that is written, since that one may be put in place by a move. The
system lets go of it with the process, however that ends: a file that a killed process left behind locks nothing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rmcompose.data.errors import DataError


class LockedError(DataError):
    """Another process, or another part of this one, writes the file."""


@contextmanager
def locked(path: str | os.PathLike[str]) -> Iterator[None]:
    """Hold the lock of a file that is, or is to be, written. What is no regular file (a pipe, a device) has none.

    Where the folder or the file system knows no locks, none is held.

    Raises:
        LockedError: it is held already.
    """
    file = Path(os.path.realpath(path))
    if file.exists() and not file.is_file():
        yield
        return
    name = file.with_name(f".{file.name}.lock")
    handle = _acquired(name, path)
    try:
        yield
    finally:
        if handle is not None:
            _release(handle, name)


def _acquired(name: Path, shown: str | os.PathLike[str]) -> int | None:
    while True:
        try:
            handle = os.open(name, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            return None
        try:
            _lock(handle)
        except BlockingIOError:
            os.close(handle)
            raise LockedError(f"`{os.fspath(shown)}` is being written by another run") from None
        except OSError:
            os.close(handle)
            return None
        # who held it before may have deleted the file between the two
        if _is(handle, name):
            return handle
        os.close(handle)


def _is(handle: int, name: Path) -> bool:
    with suppress(OSError):
        return os.path.samestat(os.fstat(handle), name.stat())
    return False


def _release(handle: int, name: Path) -> None:
    if sys.platform == "win32":  # there an open file cannot be deleted
        os.close(handle)
    with suppress(OSError):  # elsewhere while the lock is held, so that nobody comes between
        name.unlink()
    if sys.platform != "win32":
        os.close(handle)


def _lock(handle: int) -> None:
    """Raises BlockingIOError where the lock is held, another OSError where there are none."""
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            raise BlockingIOError from None
    else:
        try:
            import fcntl
        except ImportError:
            raise OSError("this platform has no locks") from None
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
