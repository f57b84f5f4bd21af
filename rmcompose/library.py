"""The library of ready specs: where it is, what it holds, and how a name such as `alignment/helpfulness` finds a file.

An installed package carries it inside; a checkout has it beside the package, in `specs/`.
"""

from __future__ import annotations

from pathlib import Path

SUFFIXES = (".rm", ".rm.yaml")
_PLACES = (Path(__file__).parent / "_specs", Path(__file__).parent.parent / "specs")


def folder() -> Path | None:
    """The folder of the library, or None where this installation has none."""
    return next((place for place in _PLACES if place.is_dir()), None)


def names() -> dict[str, Path]:
    """The specs of the library by name, in alphabetical order; what begins with `_` is private."""
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
    return found


def resolve(spec: str) -> Path:
    """The file that a spec on a command line or in `load` means.

    A file that is there comes first, then a name of the library; anything else is taken as the path of a file, so that
    whoever reads it says that it is missing. `spec` holds no `::composition`.
    """
    path = Path(spec)
    if path.is_file() or spec.endswith(SUFFIXES):
        return path
    return names().get(spec.replace("\\", "/"), path)
