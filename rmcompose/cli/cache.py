"""`rmcompose cache`: what is kept of the replies of models, and deleting it."""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rmcompose.cli.console import out
from rmcompose.cli.faults import FINE

if TYPE_CHECKING:
    from rmcompose.runtime.client.cache import DiskCache

_DAY = 86400.0


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.epilog = "`RMCOMPOSE_CACHE_DIR` says where replies are kept, `RMCOMPOSE_CACHE_SIZE` (`500MB`) how much"
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    info = actions.add_parser("info", help="where replies are kept, how many, and of which models")
    info.add_argument("--format", choices=("table", "json"), default="table", help="default: table")
    clear = actions.add_parser("clear", help="delete the replies that are kept")
    clear.add_argument(
        "--model", metavar="NAME", help="only those of this model, under the name that specs have for it"
    )
    clear.add_argument("--older-than", type=days, metavar="DAYS", help="only those that were not used for so long")


def run(args: argparse.Namespace) -> int:
    """Prints what is there, or what was deleted. Only files that this program wrote are touched."""
    from rmcompose.runtime.client.cache import DiskCache, default_folder

    cache = DiskCache(default_folder())
    with suppress(FileNotFoundError), os.scandir(cache.folder):
        pass  # a folder that cannot be read must not look like an empty one
    if args.action == "clear":
        count, size = _cleared(cache.folder, args.model, args.older_than)
        out(f"deleted {_number(count, 'reply', 'replies')}, {size_text(size)}")
        return FINE
    holdings = _holdings(cache)
    if args.format == "json":
        out(json.dumps(holdings.as_dict(), indent=2))
    else:
        _tell(holdings)
    return FINE


@dataclass(slots=True)
class _Holdings:
    """What a cache holds: `size` and `limit` in bytes, uses in seconds of the epoch, replies by the model's name."""

    folder: Path
    limit: int
    size: int = 0
    oldest: float = math.inf
    newest: float = -math.inf
    models: Counter[str] = field(default_factory=Counter)
    damaged: int = 0

    @property
    def replies(self) -> int:
        return self.models.total() + self.damaged

    def as_dict(self) -> dict[str, Any]:
        return {
            "folder": str(self.folder),
            "replies": self.replies,
            "bytes": self.size,
            "limit": self.limit,
            "oldest_use": _moment(self.oldest),
            "newest_use": _moment(self.newest),
            "models": dict(sorted(self.models.items())),
            "damaged": self.damaged,
        }


def _holdings(cache: DiskCache) -> _Holdings:
    from rmcompose.runtime.client.sweeping import kept

    found = _Holdings(cache.folder, cache.limit)
    for one in kept(cache.folder):
        model = _model(one.path, one.key)
        if model is None:
            found.damaged += 1
        else:
            found.models[model] += 1
        found.size += one.size
        found.oldest, found.newest = min(found.oldest, one.used), max(found.newest, one.used)
    return found


def _model(path: str, key: str) -> str | None:
    """The model that a file is a reply of; None where it cannot be read, and so counts as missing."""
    from rmcompose.runtime.client.cache import stored_reply

    try:
        return stored_reply(Path(path).read_bytes(), key)[0]
    except (OSError, ValueError):
        return None


def _cleared(folder: Path, model: str | None, age: float | None) -> tuple[int, int]:
    """Deletes replies, not used for `age` days where that is given; returns how many, and the bytes they occupied."""
    from rmcompose.runtime.client.sweeping import clean, kept, prune

    before = math.inf if age is None else time.time() - age * _DAY
    count = size = 0
    for one in kept(folder):
        if one.used <= before and (model is None or _model(one.path, one.key) == model):
            with suppress(FileNotFoundError):  # another process was faster
                Path(one.path).unlink()
                count, size = count + 1, size + one.size
    size += clean(folder)
    prune(folder)
    return count, size


def _tell(found: _Holdings) -> None:
    used = f"{size_text(found.size)} of {size_text(found.limit)}" if found.limit else f"{size_text(found.size)}; off"
    rows = [
        ("folder", str(found.folder)),
        ("replies", f"{found.replies:,}" + (f" ({found.damaged:,} damaged)" if found.damaged else "")),
        *((f"  {model}", f"{count:,}") for model, count in sorted(found.models.items())),
        ("size", used),
    ]
    if found.replies:
        rows += [("oldest use", str(_moment(found.oldest))), ("newest use", str(_moment(found.newest)))]
    width = max(len(name) for name, _ in rows)
    for name, text in rows:
        out(f"{name:<{width}}  {text}")


def _moment(seconds: float) -> str | None:
    """Seconds of the epoch as a time in UTC, to the second."""
    if not math.isfinite(seconds):
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def size_text(size: int) -> str:
    """A number of bytes for people: `812 bytes`, `1.5 MiB`."""
    if size < 1024:
        return f"{size} bytes"
    number = float(size)
    for unit in ("KiB", "MiB", "GiB"):
        number /= 1024
        if number < 1023.95:
            return f"{number:.4g} {unit}"
    return f"{number / 1024:.4g} TiB"


def _number(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def days(text: str) -> float:
    """An option's value that is a number of days from 0."""
    number = float(text)
    if not 0 <= number < math.inf:
        raise ValueError(text)
    return number
