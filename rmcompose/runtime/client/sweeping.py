"""What a folder of replies holds, and making room in it.

Only files with the names that the cache gives are ever looked at or deleted. Any number of processes may sweep at the
same time: all delete the same oldest files, and who finds one gone is content.
"""

from __future__ import annotations

import os
import re
import stat
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

BLOCK = 4096
"""File systems hand out space in such pieces; a reply of a few hundred bytes takes one."""
ABANDONED = 3600.0
"""Seconds after which a file that was never moved to its place was left behind by a killed process."""

_SHARD = re.compile(r"[0-9a-f]{2}")
_REPLY = re.compile(r"[0-9a-f]{64}\.json")
_TEMPORARY = re.compile(r"\.[0-9a-f]+-[0-9a-f]+-[0-9a-f]+\.tmp")


class Kept(NamedTuple):
    """A file of the cache: `size` is the bytes it occupies, `used` when it was last used, in seconds of the epoch."""

    path: str
    key: str
    size: int
    used: float


def occupied(size: int) -> int:
    """The bytes that a file of so many bytes occupies."""
    return -(-size // BLOCK) * BLOCK


def kept(folder: Path) -> Iterator[Kept]:
    """The replies in a folder, in no order; those that go meanwhile are passed over."""
    for entry in _entries(folder, _REPLY):
        status = _status(entry)
        if status is not None:
            yield Kept(entry.path, entry.name[:64], occupied(status.st_size), status.st_mtime)


def sweep(folder: Path, room: int) -> int:
    """Delete what was not used for longest until the rest occupies at most `room` bytes; returns the bytes freed.

    The files are looked through twice, first for how much there is from each minute: memory does not grow with them.
    """
    by_age: Counter[int] = Counter()
    for one in kept(folder):
        by_age[int(one.used // 60)] += one.size
    excess = by_age.total() - room
    if excess <= 0:
        return clean(folder)
    minute = 0
    for minute in sorted(by_age):
        if by_age[minute] >= excess:
            break
        excess -= by_age[minute]
    freed = 0
    edge: list[Kept] = []  # of that minute some may stay
    for one in kept(folder):
        if one.used // 60 < minute:
            freed += one.size if delete(one.path) else 0
        elif one.used // 60 == minute:
            edge.append(one)
    for one in sorted(edge, key=lambda one: (one.used, one.key)):
        if excess <= 0:
            break
        excess -= one.size
        freed += one.size if delete(one.path) else 0
    return freed + clean(folder)


def clean(folder: Path, older: float = ABANDONED) -> int:
    """Delete what killed processes left behind before so many seconds; returns the bytes freed."""
    freed = 0
    for entry in _entries(folder, _TEMPORARY):
        status = _status(entry)
        if status is not None and time.time() - status.st_mtime >= older and delete(entry.path):
            freed += occupied(status.st_size)
    return freed


def prune(folder: Path) -> None:
    """Delete the folders that hold nothing any more; who writes makes them anew."""
    for shard in _shards(folder):
        with suppress(OSError):
            os.rmdir(shard.path)  # noqa: PTH106  # it refuses where there is something


def delete(path: str) -> bool:
    """Whether the file was there and is gone now."""
    try:
        os.unlink(path)  # noqa: PTH108  # of hundreds of thousands
    except OSError:  # gone already, or open elsewhere on Windows
        return False
    return True


def _entries(folder: Path, pattern: re.Pattern[str]) -> Iterator[os.DirEntry[str]]:
    for shard in _shards(folder):
        for entry in _listed(shard.path):
            # a reply is in the folder that its name begins with
            if pattern.fullmatch(entry.name) and entry.name.startswith((shard.name, ".")):
                yield entry


def _shards(folder: Path) -> Iterator[os.DirEntry[str]]:
    for shard in _listed(folder):
        if _SHARD.fullmatch(shard.name) and shard.is_dir(follow_symlinks=False):
            yield shard


def _listed(folder: str | Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except OSError:
        return


def _status(entry: os.DirEntry[str]) -> os.stat_result | None:
    """The status of a file; None for what is no file, or gone."""
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:
        return None
    return status if stat.S_ISREG(status.st_mode) else None
