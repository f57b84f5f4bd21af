"""`rmcompose run`: scores a data set, row by row, in memory that does not grow with it."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from rmcompose.cli import resume
from rmcompose.cli.budgets import add_budget, begin, budget_of
from rmcompose.cli.collector import collect_as_usual
from rmcompose.cli.console import out, say, use_color
from rmcompose.cli.faults import FINE, UNSCORED, UsageFault
from rmcompose.cli.options import Target, add_spec, natural, positive, target_of
from rmcompose.cli.report import RunFacts, print_summary, progress
from rmcompose.cli.summary import Summary
from rmcompose.diagnostics.render import FORMATS

if TYPE_CHECKING:
    from rmcompose.data import Mapping, Record
    from rmcompose.plan.plan import Plan
    from rmcompose.runtime.client import Client
    from rmcompose.runtime.composition import RMComposition

UNDER_WAY = 512
"""Samples that are evaluated at the same time where judges are asked: twice as many as calls can be, because one that
takes long must not keep those after it from being asked."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    add_spec(parser)
    parser.add_argument("data", metavar="DATA", help="JSONL, JSON, CSV or Parquet, or `-` for stdin")
    parser.add_argument(
        "-o", "--output", metavar="OUT", help="results as `.jsonl` or `.parquet`, or `-` for stdout (default in a pipe)"
    )
    rows = parser.add_argument_group("rows")
    rows.add_argument(
        "--map", action="append", default=[], metavar="FIELD=PATH", help="read a field from elsewhere in the row"
    )
    rows.add_argument("--limit", type=natural, metavar="N", help="score the first N rows only")
    rows.add_argument("--input-format", choices=("jsonl", "json", "csv", "parquet"), help="default: by the suffix")
    resume.arguments(rows)
    models = parser.add_argument_group("models")
    models.add_argument("--concurrency", type=positive, metavar="N", help="model calls at the same time, at most")
    add_budget(models)
    cassette = models.add_mutually_exclusive_group()
    cassette.add_argument("--record", metavar="FILE", help="write every reply to a cassette")
    cassette.add_argument("--replay", metavar="FILE", help="answer from a cassette, and call no model")
    models.add_argument("--no-cache", action="store_true", help="do not use replies of earlier runs, and keep none")
    models.add_argument("--no-optimize", action="store_true", help="evaluate every node of every arm")
    parser.add_argument(
        "--format", choices=FORMATS, default="full", help="how errors of the spec are printed (default: full)"
    )
    parser.add_argument(
        "--summary", choices=("table", "json", "none"), default="table", help="on stderr, or as JSON on stdout"
    )


def run(args: argparse.Namespace) -> int:
    """Writes one result a row; 3 where some sample is unscored."""
    from rmcompose.data import Journal, forget, open_writer, parse_mapping, read
    from rmcompose.runtime.composition import RMComposition

    started = time.monotonic()
    output = _output(args)
    mapping = parse_mapping(args.map)
    target = target_of(args)
    tell_warnings(target)
    summary = Summary()
    with ExitStack() as stack:
        # first of all: a run that is refused must not touch the cassette of the one that goes on
        journal = stack.enter_context(Journal(output, _options(mapping), kept=not output.endswith((".parquet", ".pq"))))
        plan = target.compilation.plan(target.name, target.params, optimize=not args.no_optimize)
        reward = RMComposition(plan, client_of(args, plan, stack))
        records = _opened(read(args.data, format=args.input_format, limit=args.limit))
        show = stack.enter_context(progress(args.limit))
        under_way = max(UNDER_WAY, 2 * (args.concurrency or 0))
        score = partial(reward.stream, mapping=mapping, max_workers=under_way)
        collect_as_usual()
        if args.resume:
            summary = _resuming(args, reward).go_on(journal, records, score, show)
        else:
            forget(output)
        append = summary.samples > 0
        writer = stack.enter_context(open_writer(output, append=append, before_flush=journal.flush))
        resume.tell_fault(journal)
        if not append:
            journal.start()
        try:
            for line in score(journal.noted(records)):
                writer.write(line)
                summary.add(line)
                show(summary)
        except KeyboardInterrupt:
            where = "" if output == "-" else f" are in {output}; go on with --resume"
            raise KeyboardInterrupt(f"interrupted: {summary.samples} rows{where}") from None
    _tell(args.summary, summary, _facts(reward, output, time.monotonic() - started))
    return UNSCORED if summary.unscored_samples else FINE


def _output(args: argparse.Namespace) -> str:
    """Where results go. Raises UsageFault where that is not said, or cannot be meant."""
    output: str | None = args.output
    if output is None:
        if sys.stdout.isatty():
            raise UsageFault("where do the results go? give `-o OUT.jsonl`, or `-o -` for stdout")
        output = "-"
    resume.check(args, output)
    if output == "-":
        if args.summary == "json":
            raise UsageFault("results and `--summary json` cannot both go to stdout: give `-o OUT.jsonl`")
        return output
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


def client_of(args: argparse.Namespace, plan: Plan, stack: ExitStack) -> Client | None:
    """The client that models are asked through; None where nothing is asked and nothing is to be recorded."""
    if not plan.asking and args.record is None and args.replay is None:
        return None
    from rmcompose.runtime.client import Client

    options = {"record": args.record, "replay": args.replay, "concurrency": args.concurrency}
    client = stack.enter_context(Client(cache=not args.no_cache, budget=budget_of(args.budget), **options))
    begin(client, plan)
    return client


def _opened(records: Iterator[Record]) -> Iterator[Record]:
    """The records, the first of them read: a file that cannot be read is told before results are opened."""
    first = list(islice(records, 1))
    return chain(first, records)


def _options(mapping: Mapping) -> dict[str, str]:
    """The options that decide what a row of data means."""
    return {"map": " ".join(sorted(f"{field}={'.'.join(path)}" for field, path in mapping.paths.items()))}


def _resuming(args: argparse.Namespace, reward: RMComposition) -> resume.Resuming:
    return resume.Resuming(
        output=args.output,
        spec_hash=reward.spec_hash,
        anyway=args.resume_anyway,
        kinds=resume.FAILED if args.retry_unscored else resume.LEFT,
        limit=args.limit,
    )


def _facts(reward: RMComposition, output: str, seconds: float) -> RunFacts:
    where = None if output == "-" else output
    usage = budget = None
    if reward.plan.asking:
        usage, budget = reward.usage, reward.client.budget
    return RunFacts(reward.name, reward.spec_hash, usage, budget, seconds, where)


def _tell(how: str, summary: Summary, facts: RunFacts) -> None:
    if how == "json":
        out(json.dumps({**facts.as_dict(), **summary.as_dict()}, indent=2))
    elif how == "table":
        print_summary(summary, facts)
