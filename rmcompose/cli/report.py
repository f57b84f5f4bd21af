"""What people see of a run: progress while it goes, and a summary at its end, both on stderr."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rmcompose.cli.console import use_color
from rmcompose.cli.summary import Summary

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from rmcompose.runtime.client import Budget, Usage


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What is known of a run beside its rows: `usage` of models, where there are any, and the `budget` it had.

    `output` is None where the rows went to stdout.
    """

    composition: str
    spec: str
    usage: Usage | None
    budget: Budget | None
    seconds: float
    output: str | None

    def as_dict(self) -> dict[str, Any]:
        """The facts as plain data, for `--summary json`."""
        used = self.usage
        told: dict[str, Any] = {
            "composition": self.composition,
            "spec": self.spec,
            "calls": used.calls if used else 0,
            "tokens": used.tokens if used else 0,
            "tokens_in": used.tokens_in if used else 0,
            "tokens_out": used.tokens_out if used else 0,
            "cost": used.cost if used else 0.0,
            "cached": used.cached if used else 0,
            "retries": used.retries if used else 0,
            "seconds": round(self.seconds, 3),
            "output": self.output,
        }
        if self.budget is not None:
            spent = self.budget.used
            told["budget"] = {kind: {"limit": limit, "used": spent[kind]} for kind, limit in self.budget.limits.items()}
        return told


@contextmanager
def progress(total: int | None) -> Iterator[Callable[[Summary], None]]:
    """A function that shows how far the run is: a bar on a terminal, nothing in a pipe. `total` samples if known."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("scoring"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[mean]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=_console(), transient=True) as bar:
        task = bar.add_task("", total=total, mean="")

        def show(summary: Summary) -> None:
            mean = f"mean {summary.scores.mean:.4g}" if summary.scores.count else ""
            bar.update(task, completed=summary.samples, mean=mean)

        yield show


def print_summary(summary: Summary, facts: RunFacts) -> None:
    """The summary for people."""
    head = [
        ("composition", facts.composition),
        ("samples", f"{summary.samples:,} with {summary.responses:,} responses"),
        ("scored", f"{summary.scores.count:,}{_unscored(summary.unscored)}"),
    ]
    if summary.scores.count:
        named = summary.scores.as_dict()
        head.append(("score", "  ".join(f"{name} {value:.4g}" for name, value in named.items())))
    head.append(("model calls", _usage(facts.usage)))
    if facts.budget is not None:
        head.append(("budget", _budget(facts.budget, summary.unscored["budget_exceeded"], resumes=bool(facts.output))))
    head.append(("time", f"{facts.seconds:.1f} s"))
    tail = []
    if facts.output is not None:
        tail.append(("results", facts.output))
        only = " --unscored" if summary.unscored else ""
        if not facts.output.endswith((".parquet", ".pq")):  # those are for other tools
            tail.append(("look next", f"rmcompose explain {facts.output}{only}"))
    console = _console()
    _print_rows(console, head)
    if summary.nodes:
        console.print(_nodes(summary))
    _print_rows(console, tail)


def _usage(used: Usage | None) -> str:
    if used is None:
        return "0, 0 tokens, 0 from the cache"
    parts = [f"{used.calls:,}", f"{used.tokens:,} tokens ({used.tokens_in:,} read and {used.tokens_out:,} written)"]
    if used.cost:
        parts.append(f"cost {used.cost:,.4g}")
    if used.retries:
        parts.append(f"{used.retries:,} sent again")
    return ", ".join([*parts, f"{used.cached:,} from the cache"])


def _budget(budget: Budget, undone: int, *, resumes: bool) -> str:
    spent = budget.used
    line = ", ".join(f"{kind} {spent[kind]:,.6g} of {limit:,.10g}" for kind, limit in budget.limits.items())
    if not undone:
        return line
    plural = "" if undone == 1 else "s"
    later = "; go on with --resume" if resumes else ""
    return f"{line}; {undone:,} response{plural} left undone{later}"


def _print_rows(console: Console, rows: list[tuple[str, str]]) -> None:
    for name, text in rows:
        console.print(f"{name:<11}  {text}", markup=False, highlight=False, soft_wrap=True)


def _unscored(kinds: Counter[str]) -> str:
    if not kinds:
        return ""
    listed = ", ".join(f"{count:,} {kind}" for kind, count in sorted(kinds.items()))
    return f", {kinds.total():,} unscored ({listed})"


def _nodes(summary: Summary) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    table.add_column("node")
    priced = any(node.cost for node in summary.nodes.values())
    for heading in ("scored", "skipped", "unscored", "mean", "calls", "tokens", *(["cost"] if priced else [])):
        table.add_column(heading, justify="right")
    for name, node in summary.nodes.items():
        mean = f"{node.values.mean:.4g}" if node.values.count else ""
        counts = (node.scored, node.skipped, node.unscored.total())
        costs = [f"{n:,}" if n else "" for n in (node.calls, node.tokens)]
        if priced:
            costs.append(f"{node.cost:,.4g}" if node.cost else "")
        table.add_row(Text(name), *(f"{n:,}" for n in counts), mean, *costs)
    return table


def _console() -> Console:
    from rich.console import Console

    return Console(stderr=True, no_color=not use_color(sys.stderr), soft_wrap=False)
