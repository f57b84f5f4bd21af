"""`rmcompose bench`: a composition on a published benchmark, in the official figures."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rmcompose.cli.asking import add_models, client_of, under_way
from rmcompose.cli.collector import collect_as_usual
from rmcompose.cli.console import out, say
from rmcompose.cli.faults import FINE, UNSCORED, UsageFault
from rmcompose.cli.options import add_format, add_intervals, add_spec, natural, target_named, target_of
from rmcompose.cli.report import progress
from rmcompose.cli.streams import tell_warnings
from rmcompose.cli.summary import Summary

if TYPE_CHECKING:
    from rmcompose.benchmarking.bench import Judged
    from rmcompose.benchmarking.benchmark import Benchmark
    from rmcompose.benchmarking.files import Rows
    from rmcompose.runtime.composition import RMComposition


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument(
        "name",
        metavar="NAME",
        help="preference, rewardbench, rewardbench2, rm-bench, rmb, judgebench, llmbar or conflicts",
    )
    add_spec(parser)
    parser.add_argument(
        "--data",
        nargs="+",
        action="extend",
        required=True,
        metavar="FILE",
        help="the benchmark's files as they are published, or folders of them, or `-` for stdin",
    )
    parser.add_argument(
        "-o", "--output", metavar="OUT", help="results as `run` writes them, each with the verdict of its case"
    )
    second = parser.add_argument_group("a second composition")
    second.add_argument("--compare", metavar="SPEC2", help="a paired test of SPEC against SPEC2 on the same cases")
    second.add_argument(
        "--compare-set", action="append", default=[], metavar="PARAM=VALUE", help="set a param of SPEC2"
    )
    rows = parser.add_argument_group("rows")
    rows.add_argument("--source", metavar="FORMAT", help="the format of the rows (default: by their columns)")
    rows.add_argument("--limit", type=natural, metavar="N", help="the first N rows only")
    rows.add_argument("--input-format", choices=("jsonl", "json", "csv", "parquet"), help="default: by the suffix")
    add_models(parser)
    add_intervals(parser)
    add_format(parser)
    parser.add_argument(
        "--summary", choices=("table", "json", "none"), default="table", help="the figures (default: table)"
    )


def run(args: argparse.Namespace) -> int:
    """Prints the figures; 3 where some sample is unscored."""
    from rmcompose.benchmarking.bench import compares, comparison, report
    from rmcompose.benchmarking.catalogue import named
    from rmcompose.benchmarking.files import Rows
    from rmcompose.calibration.bootstrap import Resampling
    from rmcompose.runtime.composition import RMComposition

    kind = named(args.name)
    _check(args)
    target = target_of(args)
    other = None if args.compare is None else target_named(args.compare, args.compare_set, "--compare-set")
    rows = Rows(args.data, source=args.source, limit=args.limit, files_as=args.input_format, pattern=kind.files)
    targets = [target] if other is None else [target, other]
    plans = [one.compilation.plan(one.name, one.params) for one in targets]
    for one in targets if len({id(one.compilation) for one in targets}) > 1 else targets[:1]:
        tell_warnings(one)
    benchmarks = [kind(comparing=compares(plan)) for plan in plans]
    overview = rows.overview(benchmarks[0])  # before anything is asked
    with ExitStack() as stack:
        client = client_of(args, plans[0], stack, *plans[1:])
        rewards = [RMComposition(plan, client) for plan in plans]
        collect_as_usual()
        found = [
            _judged(args, benchmark, reward, rows, write=place == 0)
            for place, (benchmark, reward) in enumerate(zip(benchmarks, rewards, strict=True))
        ]
    resampling = Resampling(args.resamples, args.seed)
    told = report(benchmarks[0], rewards[0], found[0], overview, rows.name, resampling)
    if other is not None:
        told["compare"] = comparison(
            benchmarks[0], rewards[0], rewards[1], found[0], found[1], overview, rows.name, resampling
        )
    if client is not None:
        used = client.usage
        told["usage"] = {"calls": used.calls, "tokens": used.tokens, "cost": used.cost, "cached": used.cached}
    _tell(args, told)
    return UNSCORED if any(one.unscored_samples for one in found) else FINE


def _check(args: argparse.Namespace) -> None:
    """Raises UsageFault for options that contradict each other, and where results would overwrite what is read."""
    if args.compare is None and args.compare_set:
        raise UsageFault("`--compare-set` sets a param of the second composition: name it with `--compare`")
    if args.output == "-":
        if args.summary == "json":
            raise UsageFault("results and `--summary json` cannot both go to stdout: give `-o OUT.jsonl`")
        return
    there = None if args.output is None else Path(args.output)
    if there is not None and there.exists():
        for one in (*args.data, args.spec, args.compare, args.replay, args.record):
            file = None if one is None else Path(one.partition("::")[0])
            if file is not None and file.exists() and file.samefile(there):
                raise UsageFault(f"the results would overwrite `{file}`")


def _judged(
    args: argparse.Namespace, benchmark: Benchmark, reward: RMComposition, rows: Rows, *, write: bool
) -> Judged:
    """What a composition does on the benchmark; the first one's results are written."""
    from rmcompose.benchmarking.bench import judged
    from rmcompose.data import open_writer

    summary = Summary()
    with ExitStack() as stack:
        writer = stack.enter_context(open_writer(args.output)) if write and args.output is not None else None
        show = stack.enter_context(progress(None))

        def each(line: dict[str, Any]) -> None:
            if writer is not None:
                writer.write(line)
            summary.add(line)
            show(summary)

        return judged(benchmark, reward, rows, max_workers=under_way(args), each=each)


def _tell(args: argparse.Namespace, told: dict[str, Any]) -> None:
    for note in told["notes"]:
        say(f"rmcompose: {note}")
    if args.summary == "json":
        out(json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False))
    elif args.summary == "table":
        from rmcompose.cli.bench_table import lines_of

        print_line: Callable[[str], None] = say if args.output == "-" else out
        for line in lines_of(told):
            print_line(line or " ")
