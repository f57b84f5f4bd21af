"""The report as text: plain lines and tables."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

from rmcompose.calibration.bootstrap import Figure

if TYPE_CHECKING:
    from rmcompose.learning.report import FitReport

WIDTH = 100
MOST_NODES = 60

SIDES = {
    "before": "before",
    "after": "after",
    "gain": "gain",
    "equal": "equal weights",
    "gain_on_equal": "gain on equal weights",
    "single": "best single node, chosen without the fold",
    "gain_on_single": "gain on the best single node",
    "best": "best single node, in hindsight",
}


def measures(report: FitReport) -> dict[str, str]:
    """The measures of this report with what they are called."""
    if report.method == "threshold":
        pairs = {"accuracy": "accuracy", "half": "ties as half"}
        return pairs if report.loss == "preference" else {"accuracy": "balanced accuracy"}
    if report.loss == "preference":
        return {"accuracy": "accuracy", "half": "ties as half", "loss": "log loss"}
    if report.loss == "squared":
        return {"loss": "squared error", "error": "absolute error"}
    return {"accuracy": "balanced accuracy", "loss": "log loss", "error": "Brier score"}


def text(report: FitReport) -> str:
    """All of the report that people need; the rest is in `as_dict`."""
    parts = [_head(report), _params(report), _held_out(report)]
    parts += [_nodes(report)] if report.looks is not None and report.looks.nodes else []
    parts.append(_foot(report))
    return "\n\n".join(part for part in parts if part)


def verdict(report: FitReport) -> str:
    """Whether the new spec is better, in one line."""
    gain = report.figures[report.main]
    name = measures(report)[report.main.removesuffix("_gain")]
    if gain.value is None:
        return f"whether the new spec is better cannot be told: {gain.reason}"
    if gain.low is None:
        return f"the gain in {name} ({gain.value:+.3f}) has no interval: {gain.reason}"
    told = f"{gain.value:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]"
    if gain.low > 0:
        return f"held out, the new spec is better in {name} by {told}"
    if gain.high is not None and gain.high < 0:
        return f"held out, the new spec is WORSE in {name}: {told}"
    return f"the gain in {name} is within noise: {told}"


def _head(report: FitReport) -> str:
    counts = report.counts
    lost = [
        f"{number:,} {what}"
        for number, what in (
            (counts.ties, "ties"),
            (counts.without_label, "rows without a label"),
            (counts.problems.total(), "rows with a label that is not understood"),
            (counts.unreadable, "rows that cannot be read"),
        )
        if number
    ]
    read = f"{counts.units:,} {report.unit} of {counts.groups:,} prompts in {counts.rows:,} rows"
    rows = [
        ("composition", report.composition),
        ("data", f"{report.data}: {read}" + (f"; left out: {', '.join(lost)}" if lost else "")),
        ("fitted", _how(report)),
    ]
    return _lines(rows)


def _how(report: FitReport) -> str:
    if report.method == "threshold":
        return "a threshold, by the share that is right"
    chosen = "chosen on the folds" if report.strength_chosen else "given"
    strength = f"strength {report.strength:g} ({chosen})" if report.strength or report.strength_chosen else "no penalty"
    loss = {"preference": "Bradley–Terry on pairs", "binary": "log loss", "squared": "squared error"}[report.loss]
    return f"{loss}, {strength}"


def _lines(rows: Sequence[tuple[str, str]]) -> str:
    found = []
    for name, told in rows:
        parts = wrap(told, WIDTH - 13, break_long_words=False, break_on_hyphens=False) or [""]
        found += [f"{name if place == 0 else '':<11}  {part}".rstrip() for place, part in enumerate(parts)]
    return "\n".join(found)


def _params(report: FitReport) -> str:
    head = ["param", "before", "after", "in the folds", "bounds"]
    rows = []
    for param in report.params:
        low = "-inf" if param.low is None else f"{param.low:g}"
        high = "inf" if param.high is None else f"{param.high:g}"
        spread = f"{min(param.folds):g} to {max(param.folds):g}"
        rows.append([param.name, f"{param.before:g}", f"{param.after:g}", spread, f"[{low}, {high}]"])
    return table(head, rows)


def _held_out(report: FitReport) -> str:
    title = f"held out ({len(report.assessment.folds)} folds)"
    rows = []
    for measure, name in measures(report).items():
        for side, called in SIDES.items():
            figure = report.figures.get(f"{measure}_{side}")
            if figure is None or (measure != "accuracy" and side in ("equal", "single", "best") and measure != "half"):
                continue
            of = f" ({report.assessment.single})" if side == "best" else ""
            rows.append([f"{name}: {called}{of}", *_figure(figure, signed=side.startswith("gain"))])
    return table([title, "value", "95 % interval"], rows) + f"\n\n{verdict(report)}"


def _figure(figure: Figure, *, signed: bool) -> list[str]:
    sign = "+" if signed else ""
    if figure.value is None:
        return ["–", figure.reason or ""]
    interval = figure.reason or "" if figure.low is None else f"{figure.low:{sign}.3f} to {figure.high:{sign}.3f}"
    return [f"{figure.value:{sign}.3f}", interval]


def _nodes(report: FitReport) -> str:
    assert report.looks is not None
    pairs = report.loss == "preference"
    main = "loss" if report.loss == "squared" or (not pairs and report.method != "threshold") else "accuracy"
    found = {} if report.contributions is None else {one.name: one for one in report.contributions.nodes}
    head = ["node"]
    if found:
        head += [
            f"Shapley {main}",
            "Shapley log loss" if main == "accuracy" and report.method != "threshold" else "",
            f"ablation {main}",
        ]
    head += (["alone", "agrees", "tied"] if pairs else ["agrees"]) + ["at low", "at high", "unscored", "nearest node"]
    rows = []
    for place, look in enumerate(report.looks.nodes[:MOST_NODES]):
        row = [look.name]
        if found:
            one = found[look.name]
            second = _signed(one.shapley.get("loss")) if main == "accuracy" else ""
            row += [_signed(one.shapley.get(main)), second, _signed(one.ablation.get(main))]
        row += [_share(look.alone), _share(look.agrees), _share(look.tied)] if pairs else [_signed(look.agrees)]
        row += [_share(look.at_low), _share(look.at_high), f"{look.unscored:,}", _nearest(report, place)]
        rows.append(row)
    keep = [place for place, name in enumerate(head) if name]
    shown = table([head[p] for p in keep], [[row[p] for p in keep] for row in rows])
    more = len(report.looks.nodes) - MOST_NODES
    lines = [shown] + ([f"and {more} more: see --format json"] if more > 0 else [])
    contributed = report.contributions
    if contributed is not None:
        how = (
            "exact"
            if contributed.orders == 0
            else f"means over {contributed.orders} random orders of the nodes, no exact sums"
        )
        lines.append(f"contributions on the held-out folds, a tie counting half; Shapley values: {how}")
    return "\n".join(lines)


def _nearest(report: FitReport, place: int) -> str:
    assert report.looks is not None
    row = [
        (abs(v), v, n.name)
        for n, v in zip(report.looks.nodes, report.looks.pearson[place], strict=True)
        if v is not None
    ]
    others = [one for one in row if one[2] != report.looks.nodes[place].name]
    return f"{max(others)[2]} {max(others)[1]:+.2f}" if others else ""


def _signed(value: float | None) -> str:
    return "–" if value is None else f"{value + 0.0:+.3f}".replace("-0.000", "+0.000")


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _foot(report: FitReport) -> str:
    rows = [("warning", one) for one in report.warnings]
    drawn = sorted({figure.resamples for figure in report.figures.values() if figure.low is not None})
    if drawn:
        rows.append(
            ("intervals", f"percentile bootstrap over prompts, {drawn[-1]:,} resamples, seed {report.resampling.seed}")
        )
    return _lines(rows)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns under their heads: the first to the left, numbers to the right, the last to the left."""
    widths = [max(len(row[place]) for row in [head, *rows]) for place in range(len(head))]
    last = len(head) - 1
    lines = []
    for row in [head, *rows]:
        cells = [
            cell.ljust(width) if place in (0, last) else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
