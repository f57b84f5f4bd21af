"""`rmcompose plan`: what a spec will run, in which order, and what each step reads."""

from __future__ import annotations

import argparse

from rmcompose.cli.console import out
from rmcompose.cli.faults import FINE
from rmcompose.cli.options import add_spec, target_of


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    add_spec(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    parser.add_argument("--no-optimize", action="store_true", help="the plan in which every node is evaluated")


def run(args: argparse.Namespace) -> int:
    """Prints the plan."""
    from rmcompose.plan.show import plan_json, plan_text

    target = target_of(args)
    plan = target.compilation.plan(target.name, target.params, optimize=not args.no_optimize)
    if args.format == "json":
        import json

        out(json.dumps(plan_json(plan), indent=2))
    else:
        out(plan_text(plan))
    return FINE
