"""`rmcompose best-of-n`: the best responses of each sample, asking only about those that can be among them."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from rmcompose.cli.asking import add_models, client_of, under_way
from rmcompose.cli.collector import collect_as_usual
from rmcompose.cli.console import out, say
from rmcompose.cli.faults import FINE, UNSCORED
from rmcompose.cli.options import Target, add_data, add_format, add_spec, positive, target_of
from rmcompose.cli.streams import opened, output_of, tell_warnings

if TYPE_CHECKING:
    from rmcompose.runtime.client import Usage


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    add_spec(parser)
    add_data(parser)
    parser.add_argument(
        "-o", "--output", metavar="OUT", help="one line a sample, as `.jsonl`, or `-` for stdout (default in a pipe)"
    )
    parser.add_argument("-n", type=positive, default=1, metavar="K", help="how many of each sample (default: 1)")
    add_models(parser)
    add_format(parser)
    parser.add_argument(
        "--summary", choices=("table", "json", "none"), default="table", help="on stderr, or as JSON on stdout"
    )


@dataclass(slots=True)
class _Counts:
    """What came of the samples, counted as their lines go by.

    `full` is how often models are asked where every node of every response is evaluated; infinite where that is not
    known beforehand. `short` counts samples with fewer scored responses than were asked for.
    """

    count: int
    samples: int = 0
    responses: int = 0
    skipped: int = 0
    unscored: int = 0
    short: int = 0
    full: float = 0

    def over(self, lines: Iterable[dict[str, Any]], full_of: Callable[[int], float]) -> Iterator[dict[str, Any]]:
        """The lines, each counted."""
        for line in lines:
            responses = line["responses"]
            self.samples += 1
            self.responses += len(responses)
            self.skipped += sum(one["status"] == "skipped" for one in responses)
            self.unscored += sum(one["status"] == "unscored" for one in responses)
            self.short += len(line["best"]) < min(self.count, len(responses))
            self.full += full_of(len(responses))
            yield line


def run(args: argparse.Namespace) -> int:
    """Writes one line a sample; 3 where a sample has fewer scored responses than were asked for."""
    from rmcompose.data import open_writer, parse_mapping, read
    from rmcompose.runtime.composition import RMComposition
    from rmcompose.selection.best import best_of_n

    started = time.monotonic()
    output = output_of(args, lines_only=True)
    mapping = parse_mapping(args.map)
    target = target_of(args)
    tell_warnings(target)
    counts = _Counts(args.n)
    with ExitStack() as stack:
        plan = target.compilation.plan(target.name, target.params)
        reward = RMComposition(plan, client_of(args, plan, stack))
        records = opened(read(args.data, format=args.input_format, limit=args.limit))
        collect_as_usual()
        writer = stack.enter_context(open_writer(output))
        lines = best_of_n(reward, records, args.n, mapping=mapping, max_workers=under_way(args))
        for line in counts.over(lines, _full(target)):
            writer.write(line)
        usage = reward.usage if plan.asking else None
    _tell(args, counts, usage, time.monotonic() - started)
    return UNSCORED if counts.short else FINE


def _tell(args: argparse.Namespace, counts: _Counts, usage: Usage | None, seconds: float) -> None:
    answered = usage.calls + usage.cached if usage else 0
    full = int(counts.full) if counts.full != float("inf") else None
    if args.summary == "json":
        facts = {
            "samples": counts.samples,
            "responses": counts.responses,
            "n": counts.count,
            "skipped": counts.skipped,
            "unscored": counts.unscored,
            "short": counts.short,
            "calls": usage.calls if usage else 0,
            "cached": usage.cached if usage else 0,
            "tokens": usage.tokens if usage else 0,
            "full_calls": full,
        }
        out(json.dumps(facts, indent=2))
    elif args.summary == "table":
        rows = [
            ("samples", f"{counts.samples:,} with {counts.responses:,} responses, the best {counts.count} of each"),
            ("left alone", f"{counts.skipped:,} responses that could not be among them"),
            ("unscored", f"{counts.unscored:,} responses{_fewer(counts.short)}"),
            ("questions", _saved(answered, full, usage)),
            ("time", f"{seconds:.1f} s"),
        ]
        for name, text in rows:
            say(f"{name:<11}  {text}")


def _full(target: Target) -> Callable[[int], float]:
    """How often models are asked, at most, where everything is evaluated for a sample of so many responses."""
    from rmcompose.plan.calls import call_bounds

    plan = target.compilation.plan(target.name, target.params, optimize=False)
    return cache(lambda responses: call_bounds(plan, responses)[1])


def _fewer(short: int) -> str:
    return f"; {short:,} samples have fewer to choose from" if short else ""


def _saved(answered: int, full: int | None, usage: Usage | None) -> str:
    if usage is None:
        return "0: nothing asks a model"
    text = f"{answered:,} ({usage.cached:,} from the cache)"
    if not full:
        return text
    return f"{text} of {full:,} that all scores would take: {100 * answered / full:.0f} %"
