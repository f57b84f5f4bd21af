"""Replies on disk: one small file for each question, named by what the question is made of.

Files are written beside their place and moved there, so any number of processes may share a folder. A file that cannot
be read counts as missing; a folder that cannot be written costs a warning, never a run.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
import tempfile
from pathlib import Path

from rmcompose.runtime.judging.odds import read_odds
from rmcompose.runtime.judging.questions import Reply

LAYOUT = "replies-1"
"""Name of the folder; it changes when the files do."""

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


class DiskCache:
    """Accepted replies by key, a SHA-256 in hex."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder) / LAYOUT
        self._warned = False

    def get(self, key: str) -> Reply | None:
        """The stored reply, marked as cached, or None."""
        try:
            data = json.loads(self._path(key).read_bytes())
            text, tokens_in, tokens_out = data["text"], data["tokens_in"], data["tokens_out"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        if not isinstance(text, str) or type(tokens_in) is not int or type(tokens_out) is not int:
            return None
        return Reply(text, tokens_in=tokens_in, tokens_out=tokens_out, cached=True, odds=read_odds(data.get("odds")))

    def put(self, key: str, model: str, reply: Reply) -> None:
        """Store a reply; an older one under the same key is replaced."""
        path = self._path(key)
        data = {"model": model, "text": reply.text, "tokens_in": reply.tokens_in, "tokens_out": reply.tokens_out}
        data |= {"odds": reply.odds} if reply.odds else {}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(prefix=".", dir=path.parent)
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    json.dump(data, file)
                Path(temporary).replace(path)
            except OSError:
                with contextlib.suppress(OSError):
                    Path(temporary).unlink()
                raise
        except OSError as error:
            if not self._warned:
                self._warned = True
                _log.warning("replies cannot be cached in `%s`: %s", self.folder, error)

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.json"
