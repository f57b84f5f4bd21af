"""`rmcompose diff`: what changed between two specs, and how scores, ranks and winners moved."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from rmcompose.cli.asking import add_models, client_of, under_way
from rmcompose.cli.budgets import begin
from rmcompose.cli.console import out, say, use_color
from rmcompose.cli.faults import FINE, UNSCORED, UsageFault
from rmcompose.cli.options import Target, natural, target_of
from rmcompose.cli.streams import tell_warnings

if TYPE_CHECKING:
    from rich.console import Console

    from rmcompose.rescoring.comparing import Difference
    from rmcompose.rescoring.movement import Movement

NARROWEST = 100


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("old", metavar="OLD", help="results (`.jsonl`, `.parquet`), or a spec")
    parser.add_argument("new", metavar="NEW", help="the same kind of thing")
    specs = parser.add_argument_group("two specs")
    specs.add_argument("--data", metavar="DATA", help="rows that both score: how their scores move")
    specs.add_argument("--set", action="append", default=[], metavar="PARAM=VALUE", help="set a param of the new one")
    specs.add_argument("--old-set", action="append", default=[], metavar="PARAM=VALUE", help="set one of the old one")
    specs.add_argument(
        "--map", action="append", default=[], metavar="FIELD=PATH", help="read a field from elsewhere in the row"
    )
    specs.add_argument("--limit", type=natural, metavar="N", help="the first N rows only")
    specs.add_argument("--input-format", choices=("jsonl", "json", "csv", "parquet"), help="default: by the suffix")
    add_models(parser)
    told = parser.add_argument_group("what is told")
    told.add_argument("--top", type=natural, default=10, metavar="N", help="moves and winners that are named")
    told.add_argument("--resamples", type=natural, default=1000, metavar="N", help="draws of the bootstrap; 0 for none")
    told.add_argument("--seed", type=int, default=0, metavar="N", help="the seed of the draws (default: 0)")
    told.add_argument("--plot", metavar="FILE", help="also draw it: `.svg` for the plot, `.html` for a page")
    told.add_argument("--format", choices=("text", "json"), default="text", help="what is printed (default: text)")


def run(args: argparse.Namespace) -> int:
    """Prints the difference; 3 where responses became unscored."""
    from rmcompose.calibration.bootstrap import Resampling
    from rmcompose.rescoring.comparing import Difference, check_kinds, is_results, of_lines
    from rmcompose.rescoring.lines import result_lines

    check_kinds(args.old, args.new, args.data)
    _check_plot(args)
    difference = Difference(args.old, args.new, resampling=Resampling(args.resamples, args.seed))
    if is_results(args.old):
        _no_specs(args)
        of_lines(difference, result_lines(args.old), result_lines(args.new), top=args.top)
    else:
        _specs(args, difference)
    if args.format == "json":
        out(json.dumps(difference.as_dict(), indent=2, ensure_ascii=False, allow_nan=False))
    else:
        print_difference(difference)
    if args.plot is not None:
        drawn = difference.page() if args.plot.endswith((".html", ".htm")) else difference.plot()
        Path(args.plot).write_text(drawn, encoding="utf-8")
        say(f"plot: {args.plot}")
    moved = difference.movement
    return UNSCORED if moved is not None and moved.became_unscored else FINE


def _check_plot(args: argparse.Namespace) -> None:
    if args.plot is None:
        return
    if not args.plot.endswith((".svg", ".html", ".htm")):
        raise UsageFault(f"`--plot {args.plot}`: give a name that ends with `.svg` or `.html`")
    if Path(args.plot).exists():
        for other in (args.old, args.new, args.data, args.replay, args.record):
            if other is not None and Path(other).exists() and Path(other).samefile(args.plot):
                raise UsageFault(f"the plot would overwrite `{other}`")


def _no_specs(args: argparse.Namespace) -> None:
    """Raises UsageFault for options that are of specs alone."""
    for name in ("set", "old_set", "map", "limit", "input_format", "concurrency", "budget", "record", "replay"):
        if getattr(args, name):
            raise UsageFault(f"`--{name.replace('_', '-')}` is for two specs, and these are results")


def _specs(args: argparse.Namespace, difference: Difference) -> None:
    from rmcompose.data import parse_mapping, read
    from rmcompose.rescoring.comparing import of_lines, of_specs
    from rmcompose.runtime.composition import RMComposition

    old, new = (_target(spec, settings) for spec, settings in ((args.old, args.old_set), (args.new, args.set)))
    mapping = parse_mapping(args.map)
    difference.changes = of_specs(old.compilation, old.name, old.params, new.compilation, new.name, new.params)
    if args.data is None:
        if args.plot is not None and not args.plot.endswith((".html", ".htm")):
            raise UsageFault("there are no scores to draw: give data that both specs score (`--data DATA`)")
        return
    plans = [one.compilation.plan(one.name, one.params) for one in (old, new)]
    with ExitStack() as stack:
        # one client for both: what both ask is asked once
        client = client_of(args, next((plan for plan in plans if plan.asking), plans[0]), stack)
        if client is not None:
            for plan in plans:
                begin(client, plan)
        lines = [
            RMComposition(plan, client).stream(
                read(args.data, format=args.input_format, limit=args.limit),
                mapping=mapping,
                max_workers=under_way(args),
            )
            for plan in plans
        ]
        of_lines(difference, *lines, top=args.top)


def _target(spec: str, settings: list[str]) -> Target:
    target = target_of(argparse.Namespace(spec=spec, set=settings))
    tell_warnings(target)
    return target


def print_difference(difference: Difference) -> None:
    """The difference for people, on stdout."""
    from rich.console import Console

    from rmcompose.rescoring.wording import facts

    width = None if sys.stdout.isatty() else NARROWEST
    console = Console(no_color=not use_color(sys.stdout), width=width, highlight=False)
    _lines(console, facts(difference))
    if difference.changes is not None:
        _changes(console, difference)
    if difference.movement is not None:
        _moved(console, difference, difference.movement)


def _lines(console: Console, rows: list[tuple[str, str]]) -> None:
    from rmcompose.diagnostics.render.cells import one_line

    for name, text in rows:
        console.print(f"{name:<11}  {one_line(text)}", markup=False, soft_wrap=True)


def _changes(console: Console, difference: Difference) -> None:
    from rmcompose.rescoring.wording import MARKS

    console.print()
    if not difference.changes:
        console.print("the specs say the same")
    for change in difference.changes or ():
        why = "  (reads what changed)" if change.what == "reads" else ""
        console.print(f"{MARKS[change.what]} {change.name}{why}", markup=False, soft_wrap=True)
        if change.what == "reads":
            continue
        for mark, text in (("-", change.old), ("+", change.new)):
            for line in (text or "").splitlines():
                console.print(f"    {mark} {line}", markup=False, soft_wrap=True)


def _moved(console: Console, difference: Difference, moved: Movement) -> None:
    from rmcompose.rescoring.wording import number, overall, quantiles, rows

    console.print()
    _table(console, ["figure", "value", "95 % interval", "n", ""], rows(difference), words={0, 2, 4})
    console.print()
    _lines(console, [("shifts", quantiles(difference)), ("all scores", overall(difference))])
    if moved.moves:
        told = [
            (move.id, f"{move.index}", number(move.old), number(move.new), number(move.new - move.old))
            for move in moved.moves
        ]
        console.print()
        _table(console, ["largest moves", "response", "old", "new", "shift"], told, words={0})
    if moved.upsets:
        upsets = [(one.id, f"{one.old}", f"{one.new}", number(one.size)) for one in moved.upsets]
        console.print()
        _table(console, ["other winners", "old", "new", "swing"], upsets, words={0})
    if moved.nodes or moved.old_only or moved.new_only:
        console.print()
        _nodes(console, moved)


def _nodes(console: Console, moved: Movement) -> None:
    from rmcompose.rescoring.wording import number

    told = []
    for name, node in moved.nodes.items():
        found = node.as_dict()
        counts = [f"{found[key]:,}" for key in ("both", "changed", "became_scored", "became_unscored")]
        told.append((name, *counts, number(found["old"]), number(found["new"])))
    told += [(name, "only old", "", "", "", "", "") for name in moved.old_only]
    told += [(name, "only new", "", "", "", "", "") for name in moved.new_only]
    heads = ["node", "in both", "other value", "became scored", "unscored", "old mean", "new mean"]
    _table(console, heads, told, words={0})


def _table(console: Console, heads: list[str], rows: Sequence[Sequence[str]], *, words: set[int]) -> None:
    from rich.table import Table
    from rich.text import Text

    from rmcompose.diagnostics.render.cells import one_line

    table = Table(box=None, pad_edge=False)
    for place, head in enumerate(heads):
        table.add_column(head, justify="left" if place in words else "right", overflow="fold")
    for row in rows:
        table.add_row(*(Text(one_line(cell)) for cell in row))
    console.print(table)
