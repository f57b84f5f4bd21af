"""The report on judges as text: tables that fit 80 columns, without colours."""

from __future__ import annotations

import sys
from textwrap import wrap
from typing import TYPE_CHECKING

from rmcompose.cli.console import use_color
from rmcompose.diagnostics.render.cells import one_line

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from rmcompose.calibration.bootstrap import Figure
    from rmcompose.calibration.cases import Labels
    from rmcompose.calibration.report import Report, Section

NARROWEST = 80


def print_report(report: Report) -> None:
    """Prints the report on stdout."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else NARROWEST
    console = Console(no_color=not use_color(sys.stdout), width=width, highlight=False)
    _lines(console, _head(report))
    for section in report.sections:
        _section(console, section)
    if any(figure.value is not None and figure.low is not None for figure in _all(report)):
        console.print()
        for line in _about_intervals(report):
            console.print(line, markup=False)


def _head(report: Report) -> list[tuple[str, str]]:
    head = [
        ("composition", report.composition),
        ("data", f"{report.data}, {len(report.labels.cases):,} rows"),
    ]
    if report.results is not None:
        head.append(("results", report.results))
    return [*head, *_labels(report.labels, report.label)]


def _labels(labels: Labels, path: str | None) -> list[tuple[str, str]]:
    kinds = [
        text
        for count, text in (
            (labels.values, f"{labels.values:,} rows with values"),
            (labels.best, f"{labels.best:,} rows with the best response or a tie"),
            (labels.without, f"{labels.without:,} without"),
            (labels.unreadable, f"{labels.unreadable:,} rows that cannot be read"),
        )
        if count
    ]
    told = f"{path or 'chosen over rejected'}: {', '.join(kinds)}"
    return [("labels", told), *(("", line) for line in labels.told())]


def _lines(console: Console, rows: list[tuple[str, str]]) -> None:
    for name, text in rows:
        # a path that is longer than a line stays whole, so that it can be copied
        lines = wrap(one_line(text), NARROWEST - 13, break_long_words=False, break_on_hyphens=False) or [""]
        for place, line in enumerate(lines):
            console.print(f"{'' if place else name:<11}  {line}", markup=False, soft_wrap=True)


def _section(console: Console, section: Section) -> None:
    from rmcompose.calibration.meanings import FAMILIES

    target, states = section.target, section.states
    console.print()
    title = "result" if target.name is None else f"node {target.name}"
    console.rule(f"{title}, {target.mode}" if target.mode else title, align="left", characters="─", style="none")
    rows = [("responses", f"{states.total():,}: {states['scored']:,} scored{_rest(section)}")]
    if target.judges:
        costs = f"{section.calls:,}, {section.tokens:,} tokens, {section.cached:,} answers from the cache"
        rows.append(("model calls", costs))
    rows += [("note", note) for note in section.notes]
    _lines(console, rows)
    for family in FAMILIES:
        figures = section.figures.get(family)
        if figures and (family != "unscored" or section.unscored):
            console.print()
            console.print(_table(family, FAMILIES[family], figures))


def _rest(section: Section) -> str:
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in section.unscored.items())
    unscored = sum(section.unscored.values())
    skipped = section.states["skipped"]
    return (f", {unscored:,} unscored ({kinds})" if unscored else "") + (f", {skipped:,} not asked" if skipped else "")


def _table(family: str, title: str, figures: dict[str, Figure]) -> Table:
    from rich.table import Table
    from rich.text import Text

    from rmcompose.calibration.meanings import interval, meaning_of, number

    table = Table(box=None, pad_edge=False)
    table.add_column(title, min_width=22, no_wrap=True)
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("95 % interval", no_wrap=True)
    table.add_column("n", justify="right", no_wrap=True)
    table.add_column("", overflow="fold")
    for name, figure in figures.items():
        meaning = meaning_of(family, name)
        value = "–" if figure.value is None else number(figure.value, meaning.scale)
        table.add_row(
            Text(meaning.name),
            value,
            Text(interval(figure, meaning.scale)),
            f"{figure.n:,}",
            Text(figure.reason or ""),
        )
    return table


def _all(report: Report) -> list[Figure]:
    return [figure for one in report.sections for family in one.figures.values() for figure in family.values()]


def _about_intervals(report: Report) -> list[str]:
    drawn = sorted({figure.resamples for figure in _all(report) if figure.low is not None})
    text = f"intervals: percentile bootstrap over rows, seed {report.resampling.seed}, {drawn[-1]:,} resamples"
    if drawn[0] < drawn[-1]:
        text += f"\n           ({drawn[0]:,} at least, where more would take long: see --format json)"
    return text.split("\n")
