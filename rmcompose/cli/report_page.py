"""`rmcompose report`: one page about results, with everything in it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from rmcompose.cli.console import out, say
from rmcompose.cli.faults import FINE, FileFault, UsageFault
from rmcompose.cli.options import natural, target_of

if TYPE_CHECKING:
    from rmcompose.plan.plan import Plan


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("results", metavar="RESULTS", help="what `run` wrote, JSONL or Parquet, or `-` for stdin")
    parser.add_argument(
        "-o", "--output", required=True, metavar="OUT", help="the page, as `report.html`, or `-` for stdout"
    )
    parser.add_argument(
        "--spec", metavar="SPEC", help="the spec of the results: draws its graph, and tells what decides the scores"
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="PARAM=VALUE", help="the params that the results were made with"
    )
    data = parser.add_argument_group("data")
    data.add_argument("--data", metavar="DATA", help="what was scored: shows prompts and responses beside the traces")
    data.add_argument(
        "--map", action="append", default=[], metavar="FIELD=PATH", help="read a field from elsewhere in the row"
    )
    data.add_argument("--input-format", choices=("jsonl", "json", "csv", "parquet"), help="default: by the suffix")
    parser.add_argument(
        "--rows",
        type=natural,
        default=200,
        metavar="N",
        help="responses that are shown in full, at most (default: 200)",
    )
    parser.add_argument(
        "--summary", choices=("json", "none"), default="none", help="`json`: the figures on stdout (default: none)"
    )


def run(args: argparse.Namespace) -> int:
    """Writes the page. What must be known before it is trusted is said on stderr too."""
    from rmcompose.data import parse_mapping
    from rmcompose.reporting.page import page
    from rmcompose.reporting.report import make

    _check(args)
    mapping = parse_mapping(args.map)
    made = make(
        args.results,
        plan=_plan(args),
        data=args.data,
        data_format=args.input_format,
        mapping=mapping,
        rows=args.rows,
    )
    text = page(made)
    if args.output == "-":
        out(text.rstrip("\n"))
    else:
        Path(args.output).write_text(text, encoding="utf-8")
    for note in made.notes:
        say(f"rmcompose: {note}")
    told, samples = made.figures, made.figures["samples"]
    if args.summary == "json":
        out(json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False))
    if args.output != "-":
        counts = f"{told['rows']:,} rows, {told['responses']:,} responses, {samples['shown']:,} of them in full"
        say(f"page: {args.output} ({counts})")
    return FINE


def _check(args: argparse.Namespace) -> None:
    """Raises UsageFault for what cannot be meant, and where the page would overwrite what it is made from."""
    if args.spec is None and args.set:
        raise UsageFault("`--set` sets a param of the spec: give it with `--spec SPEC`")
    for name, given in (("map", args.map), ("input-format", args.input_format)):
        if args.data is None and given:
            raise UsageFault(f"`--{name}` says how data are read: give them with `--data DATA`")
    if args.output == "-":
        if args.summary == "json":
            raise UsageFault("the page and `--summary json` cannot both go to stdout: give `-o report.html`")
        return
    if args.results == "-" and args.data == "-":
        raise UsageFault("results and data cannot both come from stdin")
    there = Path(args.output)
    if there.is_dir():
        raise FileFault(f"`{args.output}` is a folder: name a file in it, as `{there / 'report.html'}`")
    spec = args.spec.partition("::")[0] if args.spec is not None else None
    for other in (args.results, args.data, spec):
        if other is not None and there.exists() and Path(other).exists() and there.samefile(other):
            raise UsageFault(f"the page would overwrite `{other}`")


def _plan(args: argparse.Namespace) -> Plan | None:
    if args.spec is None:
        return None
    target = target_of(args)
    return target.compilation.plan(target.name, target.params, optimize=False)
