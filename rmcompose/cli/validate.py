"""`rmcompose validate`: every diagnostic of specs and of what they import."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from rmcompose.cli.console import out, say, use_color
from rmcompose.cli.faults import FINE, SPEC
from rmcompose.cli.files import spec_files, stdin_spec
from rmcompose.diagnostics import Diagnostic
from rmcompose.diagnostics.render import FORMATS, render


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a spec, a folder, or `-` for a spec on stdin")
    parser.add_argument("--format", choices=FORMATS, default="full", help="how diagnostics are printed (default: full)")


def run(args: argparse.Namespace) -> int:
    """Prints the diagnostics on stdout; 1 where one of them is an error."""
    # compiled one by one, told together: a part that several specs import is told once
    files = [path for given in args.paths for path in (["-"] if given == "-" else spec_files([given]))]
    found = without_repeats(one for path in dict.fromkeys(files) for one in _check(path))
    for_people = args.format in ("full", "concise")
    out(render(found, args.format, color=for_people and use_color(sys.stdout)))
    if for_people:
        say(tally(len(files), found))
    return SPEC if any(one.is_error for one in found) else FINE


def _check(path: str) -> list[Diagnostic]:
    from rmcompose.compiler import Compilation, check

    if path == "-":
        return Compilation(*stdin_spec()).diagnostics
    Path(path).open("rb").close()  # a file that cannot be opened is a fault of the call; what is in it, of the spec
    return check(path)


def without_repeats(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Those that differ in code, place or message, in order."""
    unique: dict[tuple[object, ...], Diagnostic] = {}
    for one in diagnostics:
        place = (os.path.normpath(one.span.source.path), one.span.start, one.span.end) if one.span else None
        unique.setdefault((one.code, place, one.message), one)
    return list(unique.values())


def tally(files: int, diagnostics: list[Diagnostic]) -> str:
    """`3 files, 1 error, 2 warnings`."""
    errors = sum(one.is_error for one in diagnostics)
    counts = [(files, "file"), (errors, "error"), (len(diagnostics) - errors, "warning")]
    return ", ".join(f"{count} {noun}" if count == 1 else f"{count} {noun}s" for count, noun in counts)
