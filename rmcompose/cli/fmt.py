"""`rmcompose fmt`: specs in the one canonical layout, comments kept."""

from __future__ import annotations

import argparse
import difflib
import os
import sys
import tempfile
from pathlib import Path

from rmcompose.cli.console import out, say
from rmcompose.cli.faults import FINE, SPEC
from rmcompose.cli.files import read_text, spec_files, stdin_spec
from rmcompose.diagnostics import Diagnostic, Source, SpecError


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a spec, a folder, or `-` for stdin to stdout")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a file would change")
    parser.add_argument("--diff", action="store_true", help="write nothing; print what would change, exit 1 likewise")


def run(args: argparse.Namespace) -> int:
    """Rewrites the files that are not canonical, each at once or not at all; one with syntax errors stays as it is."""
    if args.paths == ["-"]:
        text, faults = formatted(*stdin_spec())
        if faults:
            raise SpecError(faults)
        sys.stdout.write(text)
        return FINE
    changed = 0
    wrong: list[Diagnostic] = []
    files = spec_files(args.paths)
    for path in files:
        before = read_text(path)
        after, faults = formatted(path, before)
        wrong += faults
        if faults or after == before:
            continue
        changed += 1
        if args.diff:
            lines = difflib.unified_diff(
                before.splitlines(keepends=True), after.splitlines(keepends=True), path, f"{path} (formatted)"
            )
            out("".join(lines).rstrip("\n"))
        elif args.check:
            out(path)
        else:
            replace_file(Path(path), after)
            out(path)
    only_look = args.check or args.diff
    verb = "would change" if only_look else "changed"
    say(f"{changed} of {len(files)} file{'' if len(files) == 1 else 's'} {verb}")
    if wrong:
        raise SpecError(wrong)
    return SPEC if changed and only_look else FINE


def formatted(path: str, text: str) -> tuple[str, list[Diagnostic]]:
    """The text in its canonical layout; where it has syntax errors, these and the text as it is."""
    from rmcompose.syntax import format_text

    found = format_text(Source(path, text))
    return found.text, found.diagnostics if any(one.is_error for one in found.diagnostics) else []


def replace_file(path: Path, text: str) -> None:
    """Puts a text in the place of a file in one step, keeping its permissions; through a link, not over it."""
    target = path.resolve()
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        Path(name).chmod(target.stat().st_mode & 0o7777)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
