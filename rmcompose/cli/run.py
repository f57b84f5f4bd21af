"""`rmcompose run`: scores a data set, row by row, in memory that does not grow with it."""

from __future__ import annotations

import argparse
import json
import time
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

from rmcompose.cli import resume
from rmcompose.cli.asking import add_models, client_of, under_way
from rmcompose.cli.collector import collect_as_usual
from rmcompose.cli.console import out
from rmcompose.cli.faults import FINE, UNSCORED
from rmcompose.cli.options import add_data, add_format, add_spec, target_of
from rmcompose.cli.report import RunFacts, print_summary, progress
from rmcompose.cli.streams import opened, output_of, tell_warnings
from rmcompose.cli.summary import Summary

if TYPE_CHECKING:
    from rmcompose.cli.options import Target
    from rmcompose.data import Mapping
    from rmcompose.runtime.composition import RMComposition


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    add_spec(parser)
    rows = add_data(parser)
    parser.add_argument(
        "-o", "--output", metavar="OUT", help="results as `.jsonl` or `.parquet`, or `-` for stdout (default in a pipe)"
    )
    resume.arguments(rows)
    models = add_models(parser)
    models.add_argument("--no-optimize", action="store_true", help="evaluate every node of every arm")
    add_format(parser)
    parser.add_argument(
        "--summary", choices=("table", "json", "none"), default="table", help="on stderr, or as JSON on stdout"
    )


def run(args: argparse.Namespace) -> int:
    """Writes one result a row; 3 where some sample is unscored."""
    from rmcompose.data import Journal, forget, open_writer, parse_mapping, read
    from rmcompose.runtime.composition import RMComposition

    started = time.monotonic()
    output = output_of(args)
    resume.check(args, output)
    mapping = parse_mapping(args.map)
    target = target_of(args)
    tell_warnings(target)
    summary = Summary()
    plan = target.compilation.plan(target.name, target.params, optimize=not args.no_optimize)
    kept = not output.endswith((".parquet", ".pq"))
    facts = facts_of(target) if kept else None
    with ExitStack() as stack:
        # first of all: a run that is refused must not touch the cassette of the one that goes on
        journal = stack.enter_context(Journal(output, options_of(mapping), facts=facts, kept=kept))
        reward = RMComposition(plan, client_of(args, plan, stack))
        records = opened(read(args.data, format=args.input_format, limit=args.limit))
        show = stack.enter_context(progress(args.limit))
        score = partial(reward.stream, mapping=mapping, max_workers=under_way(args))
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


def options_of(mapping: Mapping) -> dict[str, str]:
    """The options that decide what a row of data means."""
    return {"map": " ".join(sorted(f"{field}={'.'.join(path)}" for field, path in mapping.paths.items()))}


def facts_of(target: Target) -> dict[str, str]:
    """What the record beside the results tells of the nodes: `rescore` sees by it which of them have changed."""
    from rmcompose.plan.definitions import as_text, definitions

    plain = target.compilation.plan(target.name, target.params, optimize=False)
    return {"spec": plain.digest, "nodes": as_text(definitions(plain))}


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
