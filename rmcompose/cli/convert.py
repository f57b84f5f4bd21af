"""`rmcompose convert`: a spec in the other syntax, with the same meaning."""

from __future__ import annotations

import argparse
import sys

from rmcompose.cli.console import say, use_color
from rmcompose.cli.faults import FINE
from rmcompose.cli.files import read_text
from rmcompose.cli.options import add_output, write


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("file", metavar="FILE", help="a `.rm` or `.rm.yaml` file")
    parser.add_argument("--to", choices=("rm", "yaml"), required=True, help="the syntax to write")
    add_output(parser)


def run(args: argparse.Namespace) -> int:
    """Writes the converted spec; comments that the other syntax has no place for are told on stderr."""
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
