"""`rmcompose graph`: a spec's graph as Mermaid, DOT or SVG."""

from __future__ import annotations

import argparse

from rmcompose.cli.faults import FINE
from rmcompose.cli.options import add_output, add_spec, target_of, write


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    add_spec(parser)
    parser.add_argument("--to", choices=("mermaid", "dot", "svg"), default="mermaid", help="default: mermaid")
    parser.add_argument("--no-optimize", action="store_true", help="draw the graph as it is written")
    add_output(parser)


def run(args: argparse.Namespace) -> int:
    """Writes the drawing."""
    from rmcompose.plan.draw import draw

    target = target_of(args)
    plan = target.compilation.plan(target.name, target.params, optimize=not args.no_optimize)
    write(draw(plan, args.to), args.output)
    return FINE
