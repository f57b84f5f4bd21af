"""Where a command's rows come from and where its results go, told before either is touched."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from rmcompose.cli.console import say, use_color
from rmcompose.cli.faults import UsageFault
from rmcompose.cli.options import Target

if TYPE_CHECKING:
    from rmcompose.data import Record


def output_of(args: argparse.Namespace, *, lines_only: bool = False) -> str:
    """Where results go. Raises UsageFault where that is not said, or cannot be meant."""
    output: str | None = args.output
    if output is None:
        if sys.stdout.isatty():
            raise UsageFault("where do the results go? give `-o OUT.jsonl`, or `-o -` for stdout")
        output = "-"
    if output == "-":
        if args.summary == "json":
            raise UsageFault("results and `--summary json` cannot both go to stdout: give `-o OUT.jsonl`")
        return output
    if lines_only and output.endswith((".parquet", ".pq")):
        raise UsageFault(f"`{output}`: what this command writes are lines of JSON: give `-o OUT.jsonl`")
    there = Path(output)
    for other in (args.data, args.spec, args.replay):
        if other is not None and there.exists() and Path(other).exists() and there.samefile(other):
            raise UsageFault(f"the results would overwrite `{other}`")
    return output


def tell_warnings(target: Target) -> None:
    """What is odd about a spec that is used all the same, on stderr."""
    warnings = target.compilation.diagnostics
    if warnings:
        from rmcompose.diagnostics.render import render

        say(render(warnings, "concise", color=use_color(sys.stderr)))


def opened(records: Iterator[Record]) -> Iterator[Record]:
    """The records, the first of them read: a file that cannot be read is told before results are opened."""
    first = list(islice(records, 1))
    return chain(first, records)
