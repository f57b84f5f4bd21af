"""Where the library is, what it holds, and how a name such as `alignment/helpfulness` finds a file.

An installed package carries it inside; a checkout has it beside the package, in `specs/`.
"""

from __future__ import annotations

import re
from pathlib import Path

SUFFIXES = (".rm", ".rm.yaml")
_PACKAGE = Path(__file__).parent.parent
_PLACES = (_PACKAGE / "_specs", _PACKAGE.parent / "specs")
_ALIASES = re.compile(r"^## RM-Gallery: *(.+)$", re.MULTILINE)


def folder() -> Path | None:
    """The folder of the library, or None where this installation has none."""
    return next((place for place in _PLACES if place.is_dir()), None)


def names() -> dict[str, Path]:
    """The specs of the library by name, in alphabetical order; what begins with `_` is private.

    A spec that is there in both syntaxes is named once, as `.rm`.
    """
    root = folder()
    if root is None:
        return {}
    found: dict[str, Path] = {}
    for path in sorted(root.rglob("*")):
        inside = path.relative_to(root)
        if any(part.startswith(("_", ".")) for part in inside.parts):
            continue
        for suffix in SUFFIXES:
            if path.name.endswith(suffix):
                found.setdefault(inside.as_posix().removesuffix(suffix), path)
    return dict(sorted(found.items()))


def aliases() -> dict[str, str]:
    """The registered names of RM-Gallery, each with the name of the spec that stands for it.

    They are read from the specs, where a line `## RM-Gallery: name` of a doc says so.
    """
    found: dict[str, str] = {}
    for name, path in names().items():
        for said in _ALIASES.findall(path.read_text(encoding="utf-8")):
            found.update((alias.strip(), name) for alias in said.split(","))
    return found


def resolve(spec: str) -> Path:
    """The file that a spec on a command line or in `load` means.

    A file that is there comes first, then a name of the library, then a name of RM-Gallery; anything else is taken as
    the path of a file, so that whoever reads it says that it is missing. `spec` holds no `::composition`.
    """
    path = Path(spec)
    if path.is_file() or spec.endswith(SUFFIXES):
        return path
    known = names()
    name = spec.replace("\\", "/")
    if name not in known and re.fullmatch(r"\w+", name):
        name = aliases().get(name, name)
    return known.get(name, path)
