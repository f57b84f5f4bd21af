"""A result file written anew beside itself, some of its lines replaced, and put in its place when it is whole.

A rewrite that was killed leaves `.OUT.redo` and an OUT as it was. `mend` makes one file of the two: the lines that were
rewritten, and behind them the rest as it was. So nothing is lost, and nothing has to be worked out again.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice, zip_longest
from pathlib import Path

from rmcompose.data.errors import DataError, reason_of
from rmcompose.data.writers import JsonLinesWriter, repaired


def lines_of(path: str | Path) -> Iterator[bytes]:
    """The lines of a file, one after another, their ends included."""
    with Path(path).open("rb") as file:
        yield from file


@contextmanager
def rewriting(path: str | Path) -> Iterator[JsonLinesWriter]:
    """A writer of the new file, which takes the place of the old one at the end; a fault leaves both as they are."""
    old, new = _real(path), _aside(path)
    try:
        writer = JsonLinesWriter(new.open("wb"), str(new))
    except OSError as error:
        raise DataError(f"cannot write `{new}`: {reason_of(error)}") from None
    with writer:
        yield writer
    _put_in_place(new, old)


def mend(path: str | Path, may_change: Callable[[bytes], bool]) -> None:
    """Bring a rewrite that was broken off to an end: what it had done is kept, the rest stays as it was.

    Both files must end with a whole line, or with one torn by a kill, which is cut off. `may_change` says which
    lines of the old file may be others in the new one.

    Raises:
        DataError: the two files do not belong together, or cannot be read or written.
    """
    old, new = _real(path), _aside(path)
    if not new.exists():
        return
    if not old.exists():
        forget(path)
        return
    done = repaired(new).rows
    repaired(old)
    rest = lines_of(old)
    pairs = zip_longest(islice(rest, done), lines_of(new))
    if not all(was is not None and (was == now or may_change(was)) for was, now in pairs):
        raise DataError(
            f"`{new}` was left by a run that was broken off, and does not fit `{path}` as it is now: remove it first"
        )
    try:
        with new.open("ab") as file:
            file.writelines(rest)
    except OSError as error:
        raise DataError(f"cannot write `{new}`: {reason_of(error)}") from None
    _put_in_place(new, old)


def forget(path: str | Path) -> None:
    """Drop what a rewrite has left behind: the file is to be written from the start."""
    try:
        _aside(path).unlink(missing_ok=True)
    except OSError as error:
        raise DataError(f"cannot remove `{_aside(path)}`: {reason_of(error)}") from None


def _put_in_place(new: Path, old: Path) -> None:
    try:
        with new.open("rb+") as file:
            os.fsync(file.fileno())  # or a power cut could leave an empty file under the old name
        shutil.copymode(old, new)
        new.replace(old)
    except OSError as error:
        raise DataError(f"cannot write `{old}`: {reason_of(error)}") from None


def _real(path: str | Path) -> Path:
    """The file itself where the path is a link to it: the link is to stay one."""
    return Path(os.path.realpath(path))


def _aside(path: str | Path) -> Path:
    file = _real(path)
    return file.with_name(f".{file.name}.redo")
