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
    handle = None
    try:
        handle = opened(name)
    except BlockingIOError:
        raise LockedError(f"`{os.fspath(path)}` is being written by another run") from None
    except OSError:
        pass
    try:
        yield
    finally:
        if handle is not None:
            _release(handle, name)


def opened(path: Path) -> int:
    """A handle of the file, made where there is none, locked until it is closed where its file system knows locks.

    Raises:
        BlockingIOError: the lock is held already.
        OSError: the file cannot be opened.
    """
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        try:
            with suppress(_NoLocks):
                _lock(handle)
            # who held it before may have deleted the file between the two
            if _is(handle, path):
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


class _NoLocks(Exception):
    """The file system, or the platform, knows no locks."""


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
    """Raises BlockingIOError where the lock is held, `_NoLocks` where there are none."""
    if sys.platform == "win32":
        import msvcrt

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
