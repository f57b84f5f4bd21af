"""`rmcompose test`: the spec tests of specs, which need no model."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from rmcompose.cli.console import out, say, use_color
from rmcompose.cli.faults import FINE, SPEC
from rmcompose.cli.files import read_text, spec_files
from rmcompose.cli.validate import without_repeats
from rmcompose.diagnostics import Diagnostic
from rmcompose.diagnostics.render import FORMATS, render
from rmcompose.diagnostics.render.style import Painter

if TYPE_CHECKING:
    from rmcompose.runtime.spectest import TestOutcome


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a spec, or a folder with specs")
    parser.add_argument("-k", default="", metavar="TEXT", help="only tests with this text in their name")
    parser.add_argument("--format", choices=FORMATS, default="full", help="how failures are printed (default: full)")


def run(args: argparse.Namespace) -> int:
    """Prints a line a test, then the failures as diagnostics; 1 where a test fails or a spec has errors."""
    for_people = args.format in ("full", "concise")
    paint = Painter(color=for_people and use_color(sys.stdout))
    passed = failed = 0
    faults: list[Diagnostic] = []
    for path in spec_files(args.paths):
        read_text(path)
        outcomes, wrong = outcomes_of(path, args.k)
        faults += wrong
        for outcome in outcomes:
            passed, failed = passed + outcome.passed, failed + (not outcome.passed)
            faults += outcome.diagnostics
            if for_people:
                word = paint("pass", "good") if outcome.passed else paint("FAIL", "error")
                out(f"{word}  {path}::{outcome.composition}  {outcome.name}  ({outcome.ms:.0f} ms)")
    faults = without_repeats(faults)
    shown = render(faults, args.format, color=paint.color)
    out(f"\n{shown}" if for_people and shown else shown)
    if for_people:
        total = passed + failed
        say(f"{total} test{'' if total == 1 else 's'}, {passed} passed, {failed} failed")
    return SPEC if failed or any(one.is_error for one in faults) else FINE


def outcomes_of(path: str, text: str = "") -> tuple[list[TestOutcome], list[Diagnostic]]:
    """What came of the tests of a file with `text` in their name; of a file with errors, its diagnostics."""
    from rmcompose.compiler import Compilation

    compilation = Compilation(path)
    if any(one.is_error for one in compilation.diagnostics):
        return [], compilation.diagnostics
    return [outcome for outcome in compilation.tests() if text in outcome.name], []
