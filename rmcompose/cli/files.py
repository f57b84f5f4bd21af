"""The spec files that paths on the command line mean."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from rmcompose.cli.faults import FileFault
from rmcompose.library.places import SUFFIXES

_SKIPPED = {"__pycache__", "build", "dist", "node_modules", "site-packages", "venv"}


def spec_files(paths: Sequence[str]) -> list[str]:
    """Files as they are given, and the specs in and below folders, by name.

    Hidden folders, virtual environments and build output are passed over. Raises FileFault for what is not there, and
    for a folder without any spec: a check of nothing must not look like success.
    """
    found: list[str] = []
    for path in paths:
        if Path(path).is_dir():
            inside = list(_walk(path))
            if not inside:
                raise FileFault(f"no `.rm` or `.rm.yaml` file in `{path}`")
            found += inside
        elif Path(path).exists():
            found.append(path)
        else:
            raise FileFault(f"`{path}`: no such file or directory")
    return list(dict.fromkeys(found))


def _walk(folder: str) -> Iterator[str]:
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if _is_entered(Path(here, name)))
        for name in sorted(names):
            if name.endswith(SUFFIXES) and not name.startswith("."):
                yield str(Path(here, name))


def _is_entered(folder: Path) -> bool:
    return not folder.name.startswith(".") and folder.name not in _SKIPPED and not (folder / "pyvenv.cfg").exists()


def stdin_spec() -> tuple[str, str]:
    """The spec on stdin: a name whose ending says which syntax it is in, and its text."""
    text = sys.stdin.read()
    return "stdin.rm.yaml" if re.search(r"^rmcompose\s*:", text, re.MULTILINE) else "stdin.rm", text


def read_text(path: str) -> str:
    """A spec's text as it is in the file, line ends included. Raises FileFault where it is not UTF-8, else OSError."""
    try:
        with Path(path).open(encoding="utf-8", newline="") as file:
            return file.read()
    except UnicodeDecodeError:
        raise FileFault(f"`{path}` is not UTF-8 text") from None
