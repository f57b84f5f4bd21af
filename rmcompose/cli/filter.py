"""`rmcompose filter`: the rows for which a condition over the score and the nodes holds, as they are."""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

from rmcompose.cli.asking import add_models, client_of, under_way
from rmcompose.cli.collector import collect_as_usual
from rmcompose.cli.console import out, say
from rmcompose.cli.faults import FINE, UNSCORED
from rmcompose.cli.options import add_data, add_format, add_spec, target_of
from rmcompose.cli.streams import opened, output_of, tell_warnings

if TYPE_CHECKING:
    from rmcompose.data import Record
    from rmcompose.runtime.client import Usage

_SHOWN = 5


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    add_spec(parser)
    rows = add_data(parser)
    parser.add_argument(
        "-o", "--output", metavar="OUT", help="the rows, as `.jsonl`, or `-` for stdout (default in a pipe)"
    )
    rows.add_argument(
        "--where", required=True, metavar="CONDITION", help="over `return` and the nodes: 'return >= 0.7 and not leaks'"
    )
    rows.add_argument(
        "--match", choices=("any", "all"), default="any", help="of the responses of a sample (default: any)"
    )
    rows.add_argument(
        "--unscored",
        choices=("drop", "keep"),
        default="drop",
        help="rows of which it cannot be told, as what it takes is unscored (default: drop)",
    )
    add_models(parser)
    add_format(parser)
    parser.add_argument(
        "--summary", choices=("table", "json", "none"), default="table", help="on stderr, or as JSON on stdout"
    )


def run(args: argparse.Namespace) -> int:
    """Writes the rows that are kept, in their order; 3 where of some it cannot be told."""
    from rmcompose.data import open_writer, parse_mapping, read
    from rmcompose.selection.keep import Filter, plan_of

    started = time.monotonic()
    output = output_of(args, lines_only=True)
    mapping = parse_mapping(args.map)
    target = target_of(args)
    tell_warnings(target)
    counts: Counter[str] = Counter()
    waiting: deque[Record] = deque()  # decisions come in the order of the rows
    with ExitStack() as stack:
        plan = plan_of(target.compilation, args.where, name=target.name, params=target.params)
        chosen = Filter(plan, match=args.match, client=client_of(args, plan, stack))
        records = opened(read(args.data, format=args.input_format, limit=args.limit))
        collect_as_usual()
        writer = stack.enter_context(open_writer(output))
        for line in chosen.decided(_noted(records, waiting), mapping=mapping, max_workers=under_way(args)):
            record = waiting.popleft()
            kept = line["kept"]
            counts["rows"] += 1
            counts["kept" if kept else "unscored" if kept is None else "dropped"] += 1
            if kept is None and counts["unscored"] <= _SHOWN:
                say(f"{record.path}:{record.line}: cannot tell: {line['reason']['message'] or line['reason']['kind']}")
            if record.data is not None and (kept or (kept is None and args.unscored == "keep")):
                writer.write(record.data)
        usage = chosen.reward.usage if plan.asking else None
    _tell(args, counts, usage, time.monotonic() - started)
    return UNSCORED if counts["unscored"] else FINE


def _noted(records: Iterable[Record], waiting: deque[Record]) -> Iterator[Record]:
    for record in records:
        waiting.append(record)
        yield record


def _tell(args: argparse.Namespace, counts: Counter[str], usage: Usage | None, seconds: float) -> None:
    calls, cached = (usage.calls, usage.cached) if usage else (0, 0)
    names = ("rows", "kept", "dropped", "unscored")
    if args.summary == "json":
        out(json.dumps({**{name: counts[name] for name in names}, "calls": calls, "cached": cached}, indent=2))
    elif args.summary == "table":
        for name in names:
            say(f"{name:<11}  {counts[name]:,}")
        say(f"{'model calls':<11}  {calls:,}, {cached:,} from the cache")
        say(f"{'time':<11}  {seconds:.1f} s")
