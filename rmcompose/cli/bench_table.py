"""A benchmark's figures as lines of text: each with its interval and the longer-wins baseline beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

COUNTS = ("n", "ties", "unscored")
NOT_FIGURES = {
    *COUNTS,
    "benchmark",
    "composition",
    "spec",
    "data",
    "unit",
    "ci95",
    "length_baseline",
    "intervals",
    "baselines",
    "verdicts",
    "above_length",
    "bootstrap",
    "notes",
    "compare",
    "usage",
}
PLAIN = frozenset({"cycles", "severity", "density", "per_comparison"})
"""Figures that are not shares."""


def lines_of(told: Mapping[str, Any]) -> Iterator[str]:
    """The lines of a table, for stdout."""
    yield f"benchmark    {told['benchmark']}, {told['n']:,} {told['unit']} of {told['data']}"
    yield f"composition  {told['composition']}"
    counted = ", ".join(f"{count:,} {kind}" for kind, count in told["verdicts"].items())
    yield f"cases        {counted}"
    yield f"counted as lost: {told['ties']:,} ties, {told['unscored']:,} unscored"
    yield ""
    rows = list(_rows(told, ""))
    width = max((len(name) for name, *_ in rows), default=0)
    yield f"{'':<{width}}  {'n':>6}  {'figure':>8}  {'95 % interval':<18}  longer wins"
    for name, n, value, interval, baseline in rows:
        yield f"{name:<{width}}  {n:>6}  {value:>8}  {interval:<18}  {baseline}".rstrip()
    above = told["above_length"]
    if above is not None and above["value"] is not None:
        yield ""
        name = above["figure"]
        yield f"{name} above longer wins: {_signed(name, above['value'])} {_ends(name, above['ci95'])}".rstrip()
    if "compare" in told:
        yield from _compared(told["compare"])


def _rows(told: Mapping[str, Any], group: str) -> Iterator[tuple[str, str, str, str, str]]:
    """A row for each figure of an object, then those of the groups within it."""
    n = f"{told['n']:,}" if "n" in told else ""
    figures = [name for name, value in told.items() if name not in NOT_FIGURES and not isinstance(value, Mapping)]
    for name in figures:
        interval = told.get("intervals", {name: told.get("ci95")}).get(name)
        baseline = told.get("baselines", {name: told.get("length_baseline")}).get(name)
        shown = "–" if baseline is None else _shown(name, baseline)
        yield f"{group}{name}", n, _shown(name, told[name]), _ends(name, interval), shown
    for name, value in told.items():
        if name not in NOT_FIGURES and isinstance(value, Mapping):
            for inner, found in value.items():
                yield from _rows(found, f"{inner}: ")


def _compared(told: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield f"{told['first']} less {told['second']}, paired"
    names = list(told["differences"])
    width = max(map(len, names), default=0)
    for name, found in told["differences"].items():
        leaf = name.rpartition("/")[2]
        shown = "–" if found["value"] is None else _signed(leaf, found["value"])
        yield f"{name:<{width}}  {shown:>8}  {_ends(leaf, found['ci95'])}".rstrip()
    test = told["mcnemar"]
    if test is not None:
        yield (
            f"McNemar, exact: {test['only_first']:,} cases right in the first alone, {test['only_second']:,} in the "
            f"second alone, p = {test['p']:.4g}"
        )


def _shown(name: str, value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if name in PLAIN else f"{100 * value:.1f} %"


def _signed(name: str, value: float) -> str:
    return f"{value:+.3f}" if name in PLAIN else f"{100 * value:+.1f} %"


def _ends(name: str, interval: list[float] | None) -> str:
    if interval is None:
        return ""
    low, high = interval
    return f"[{low:.3f}, {high:.3f}]" if name in PLAIN else f"[{100 * low:.1f}, {100 * high:.1f}]"
