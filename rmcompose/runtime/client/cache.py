"""Replies on disk: one small file for each question, named by what the question is made of.

Files are written beside their place and moved there, so any number of processes may share a folder, on network file
systems too; a thread writes them, since making a file takes 20 µs on one file system and a millisecond on another. A
file that is torn, altered or not this cache's own counts as missing; a folder that cannot be written costs a warning,
never a run. The time of a file is when its reply was last used: what was not used for longest goes first where the
folder outgrows its limit (see `sweeping.py`).
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import random
import re
import sys
import threading
import time
import zlib
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path

from rmcompose.configuration import ConfigError
from rmcompose.runtime.client.behind import Behind
from rmcompose.runtime.client.question import Reply
from rmcompose.runtime.client.stored import fields_of, reply_of
from rmcompose.runtime.client.sweeping import occupied, sweep

LAYOUT = "replies-1"
"""Name of the folder; it changes when the files do."""
SIZE_VARIABLE = "RMCOMPOSE_CACHE_SIZE"
DEFAULT_LIMIT = 2 * 1024**3
WAITING = 16
"""Replies that may wait to be written: they are what a killed process loses beside the calls that are under way."""
SWEEP_SECONDS = 5.0
"""How long a cache that is closed waits for its sweep. One that is broken off does no harm: a later one does it all."""
USED_AGAIN = 3600.0
"""Seconds after which the use of a reply is noted again: finer times are not worth a write at every read."""

_SIZE = re.compile(r"\s*(\d{1,15}(?:\.\d{1,15})?)\s*(?:([kmgt])(i?)b?|b)?\s*", re.IGNORECASE)
_CHECK = b', "crc": '
# files are opened in whatever mode; without this flag Windows would translate line ends
_BINARY = getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
# whoever puts a pipe into the place of a reply must not hold up a run
_READ = os.O_RDONLY | _BINARY | getattr(os, "O_NONBLOCK", 0)

_log = logging.getLogger(__name__)


def default_folder() -> Path:
    """`RMCOMPOSE_CACHE_DIR`, else the folder for caches of this platform."""
    chosen = os.environ.get("RMCOMPOSE_CACHE_DIR")
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = str(Path.home() / "Library" / "Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "rmcompose"


def default_limit() -> int:
    """The bytes that `RMCOMPOSE_CACHE_SIZE` grants (`500MB`, `2GiB`, a plain number), by default 2 GiB.

    With 0 nothing is kept. Raises `ConfigError` where it is not a size.
    """
    text = os.environ.get(SIZE_VARIABLE, "").strip()
    if not text:
        return DEFAULT_LIMIT
    size = _SIZE.fullmatch(text)
    if size is None:
        raise ConfigError(f"`{SIZE_VARIABLE}` is `{text}`: expected a size such as `500MB`, `2GiB` or 0")
    number, unit, binary = size.groups()
    return int(float(number) * (1024 if binary else 1000) ** (" kmgt".index(unit.lower()) if unit else 0))


class DiskCache:
    """Accepted replies by key, a SHA-256 in hex. Safe to use from threads.

    `limit` is how many bytes the files may occupy on disk (see `default_limit`). It is kept by sweeps in a thread of
    their own, each after an eighth of the limit was written; every process that writes at the same time may add a
    quarter.
    """

    def __init__(self, folder: str | os.PathLike[str], limit: int | None = None) -> None:
        self.base = Path(folder)
        self.folder = self.base / LAYOUT
        self.limit = default_limit() if limit is None else limit
        self._root = str(self.folder)
        self._numbers = count()
        self._token = random.getrandbits(48)
        self._warned = False
        self._sweeper: threading.Thread | None = None
        self._behind = Behind(WAITING)
        self._waiting: dict[str, Reply] = {}
        # beginning anywhere, many short runs sweep as often as a long one that writes as much
        self._written = random.random() * self._quantum  # noqa: S311  # no secret

    def get(self, key: str) -> Reply | None:
        """The stored reply, marked as cached, or None."""
        if not self.limit:
            return None
        waiting = self._waiting.get(key)
        if waiting is not None:
            return replace(waiting, calls=0, cached=True)
        path = self._path(key)
        try:
            handle = os.open(path, _READ)
        except (OSError, ValueError):
            return None
        try:
            status = os.fstat(handle)
            found = stored_reply(os.read(handle, status.st_size), key)
        except (OSError, ValueError):
            return None
        finally:
            os.close(handle)
        if abs(time.time() - status.st_mtime) > USED_AGAIN:
            with contextlib.suppress(OSError):
                os.utime(path)
        return found[1]

    def put(self, key: str, model: str, reply: Reply) -> None:
        """Store a reply; an older one under the same key is replaced. It can be had at once, and is on disk soon."""
        if not self.limit:
            return
        self._waiting[key] = reply
        self._behind.do(partial(self._put, key, model, reply))

    def _put(self, key: str, model: str, reply: Reply) -> None:
        try:
            content = _content(key, model, reply)
            self._write(self._path(key), content)
        except OSError as error:
            if not self._warned:
                self._warned = True
                _log.warning("replies cannot be cached in `%s`: %s", self.folder, error)
        else:
            self._grown(occupied(len(content)))
        finally:
            if self._waiting.get(key) is reply:  # else a newer one waits
                del self._waiting[key]

    def close(self) -> None:
        """Wait until all replies are on disk, and a while for a sweep that is under way. The cache stays usable."""
        self._behind.flush()
        sweeper = self._sweeper
        if sweeper is not None:
            sweeper.join(SWEEP_SECONDS)

    @property
    def _quantum(self) -> float:
        return self.limit / 8

    def _path(self, key: str) -> str:
        return f"{self._root}{os.sep}{key[:2]}{os.sep}{key}.json"

    def _write(self, path: str, content: bytes) -> None:
        folder = os.path.dirname(path)  # noqa: PTH120  # a Path would take as long as the write
        temporary = f"{folder}{os.sep}.{os.getpid():x}-{self._token:x}-{next(self._numbers):x}.tmp"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY
        try:
            handle = os.open(temporary, flags, 0o600)
        except FileNotFoundError:
            self._make(Path(folder))
            handle = os.open(temporary, flags, 0o600)
        try:
            try:
                if os.write(handle, content) != len(content):
                    raise OSError("the disk is full")
            finally:
                os.close(handle)
            os.replace(temporary, path)  # noqa: PTH105  # as above
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(temporary)  # noqa: PTH108
            raise

    def _make(self, folder: Path) -> None:
        """Replies are the user's own: nobody else may enter the folders."""
        self.base.parent.mkdir(parents=True, exist_ok=True)
        for one in (self.base, self.folder, folder):
            one.mkdir(mode=0o700, exist_ok=True)

    def _grown(self, size: int) -> None:
        """Sweep where it is due. Only the thread that writes comes here."""
        self._written += size
        if self._written < self._quantum:
            return
        if self._sweeper is not None and self._sweeper.is_alive():
            if self._written < 2 * self._quantum:
                return
            self._sweeper.join()  # a sweep that falls behind is waited for, or nothing would hold the limit
        self._written = 0.0
        self._sweeper = threading.Thread(target=self._swept, name="rmcompose-sweep", daemon=True)
        self._sweeper.start()

    def _swept(self) -> None:
        # down to an eighth below the limit: what is written until the next sweep fits
        sweep(self.folder, int(self.limit - self._quantum))


def stored_reply(content: bytes, key: str) -> tuple[str, Reply]:
    """The model and the reply in a file. Raises `ValueError` where it is torn, altered, or not that key's."""
    body, found, check = content.rpartition(_CHECK)
    if not found or check != b"%d}\n" % zlib.crc32(body):
        raise ValueError("not a whole file")
    try:
        data = json.loads(body + b"}")
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(data, dict) or data.get("key") != key or not isinstance(data.get("model"), str):
        raise ValueError("another file")
    return data["model"], reply_of(data, "text")


def _content(key: str, model: str, reply: Reply) -> bytes:
    body = json.dumps({"key": key, "model": model, **fields_of(reply, "text")})[:-1].encode("ascii")
    return body + _CHECK + b"%d}\n" % zlib.crc32(body)
