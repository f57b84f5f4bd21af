"""`rmcompose convert`: a spec in the other syntax, or a config of RM-Gallery or OpenJudge as a spec."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rmcompose.cli.console import say, use_color
from rmcompose.cli.faults import FINE, SPEC, FileFault, UsageFault
from rmcompose.cli.files import read_text
from rmcompose.cli.options import add_output, write

if TYPE_CHECKING:
    from rmcompose.migration import Converted

SYSTEMS = ("rm-gallery", "openjudge")


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("file", metavar="FILE", help="a `.rm` or `.rm.yaml` file; with `--from` JSON, YAML, or `-`")
    parser.add_argument("--to", choices=("rm", "yaml"), required=True, help="the syntax to write")
    parser.add_argument(
        "--from",
        dest="system",
        choices=SYSTEMS,
        help="FILE is the config of another system: a SimpleComposition, or the grader configs of a GradingRunner",
    )
    add_output(parser)


def run(args: argparse.Namespace) -> int:
    """Writes the converted spec; what a user must know of it is told on stderr."""
    if args.system is not None:
        return _migrate(args)
    from rmcompose.diagnostics import Source, SpecError
    from rmcompose.diagnostics.render import render
    from rmcompose.syntax import convert, read

    parsed = read(Source(args.file, read_text(args.file)))
    if parsed.document is None or not parsed.ok:
        raise SpecError(parsed.diagnostics)
    text, warnings = convert(parsed.document, parsed.comments, to=args.to)
    write(text, args.output)
    if warnings:
        say(render(warnings, "concise", color=use_color(sys.stderr)))
    return FINE


def _migrate(args: argparse.Namespace) -> int:
    from rmcompose.migration import ConversionError, from_openjudge, from_simple_composition
    from rmcompose.syntax.plain import PlainError, plain_data

    if args.file.endswith((".rm", ".rm.yaml")):
        raise UsageFault(f"`{args.file}` is a spec already: leave out `--from`")
    text = sys.stdin.read() if args.file == "-" else read_text(args.file)
    try:
        config = plain_data(args.file, text)
    except PlainError as error:
        raise FileFault(str(error)) from None
    convert = from_simple_composition if args.system == "rm-gallery" else from_openjudge
    try:
        converted = convert(config, name=_name(args))
    except ConversionError as error:
        for line in error.errors:
            say(f"error: {line}")
        return SPEC
    write(converted.text(args.to), args.output)
    for note in (*converted.notes, *_target(converted, args.output)):
        say(f"note: {note}")
    return FINE


def _name(args: argparse.Namespace) -> str | None:
    """The name of the file that is written: a composition of that name is what the file means by itself."""
    return _stem(args.output) if args.output != "-" else None


def _stem(path: str) -> str:
    return Path(path).name.split(".")[0]


def _target(converted: Converted, output: str) -> list[str]:
    """How to name the composition, where the file alone does not say which."""
    names = [one.name for one in converted.document.compositions]
    if len(names) == 1 or (output != "-" and names[0] == _stem(output)):
        return []
    file = output if output != "-" else "FILE"
    return [f"the file holds {len(names)} compositions: run `{re.sub(r'`', '', file)}::{names[0]}`"]
