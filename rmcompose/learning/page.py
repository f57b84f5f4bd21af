"""The report as one self-contained page: figures with whiskers, params, nodes, and their correlations."""

from __future__ import annotations

from rmcompose.calibration import plots
from rmcompose.calibration.bootstrap import Figure
from rmcompose.learning.report import FitReport
from rmcompose.learning.telling import SIDES, measures, verdict
from rmcompose.pages.document import document
from rmcompose.pages.markup import esc, table, tag


def page(report: FitReport) -> str:
    """The whole page as text. What comes from data is escaped."""
    title = f"Fit: {report.composition}"
    parts = [
        tag("h1", esc(title)),
        _facts(report),
        _held_out(report),
        _params(report),
        _nodes(report),
        _correlations(report),
    ]
    return document(title, tag("main", "".join(parts)))


def _facts(report: FitReport) -> str:
    counts = report.counts
    lines = [
        verdict(report),
        f"{report.data}: {counts.units:,} {report.unit} of {counts.groups:,} prompts in {counts.rows:,} rows",
        f"strength of the penalty {report.strength:g}, κ {report.scale:.4g}, seed {report.resampling.seed}",
        *(f"warning: {one}" for one in report.warnings),
    ]
    return tag("ul", "".join(tag("li", esc(line)) for line in lines))


def _held_out(report: FitReport) -> str:
    parts = [tag("h2", f"Held out, {len(report.assessment.folds)} folds")]
    for measure, name in measures(report).items():
        found = [
            (called, report.figures[f"{measure}_{side}"])
            for side, called in SIDES.items()
            if f"{measure}_{side}" in report.figures
        ]
        levels = [(called, figure) for called, figure in found if not called.startswith("gain")]
        parts.append(tag("h3", esc(name)))
        if measure in ("accuracy", "half"):
            parts.append(
                plots.whiskers(
                    [plots.Row(called, figure, called not in ("before", "after")) for called, figure in levels],
                    low=0.0,
                    high=1.0,
                    ticks=(0.0, 0.25, 0.5, 0.75, 1.0),
                    write=lambda value: f"{value:.0%}",
                    words=f"{name} on held-out folds",
                    neutral=0.5,
                )
            )
        rows = [[esc(called), *map(esc, _figure(figure, signed=called.startswith("gain")))] for called, figure in found]
        parts.append(table(["", "value", "95 % interval"], rows, numbers=frozenset({1})))
    return "".join(parts)


def _figure(figure: Figure, *, signed: bool) -> tuple[str, str]:
    sign = "+" if signed else ""
    if figure.value is None:
        return "–", figure.reason or ""
    interval = figure.reason or "" if figure.low is None else f"{figure.low:{sign}.3f} to {figure.high:{sign}.3f}"
    return f"{figure.value:{sign}.4f}", interval


def _params(report: FitReport) -> str:
    rows = [
        [esc(one.name), f"{one.before:g}", f"{one.after:g}", f"{min(one.folds):g} to {max(one.folds):g}"]
        for one in report.params
    ]
    shown = table(["param", "before", "after", "in the folds"], rows, numbers=frozenset({1, 2, 3}))
    return tag("h2", "Params") + shown


def _nodes(report: FitReport) -> str:
    if report.looks is None or not report.looks.nodes:
        return ""
    added = {} if report.contributions is None else {one.name: one for one in report.contributions.nodes}
    keys = list(next(iter(added.values())).shapley) if added else []
    heads = ["node", *(f"Shapley {key}" for key in keys), *(f"ablation {key}" for key in keys)]
    heads += ["alone", "agrees", "tied", "at low", "at high", "unscored"]
    rows = []
    for look in report.looks.nodes:
        one = added.get(look.name)
        cells = (
            []
            if one is None
            else [f"{one.shapley[key]:+.4f}" for key in keys] + [f"{one.ablation[key]:+.4f}" for key in keys]
        )
        shares = [look.alone, look.agrees, look.tied, look.at_low, look.at_high]
        rows.append([esc(look.name), *cells, *("–" if v is None else f"{v:.3f}" for v in shares), f"{look.unscored:,}"])
    return tag("h2", "Nodes") + table(heads, rows, numbers=frozenset(range(1, len(heads))))


def _correlations(report: FitReport) -> str:
    if report.looks is None or len(report.looks.nodes) < 2:
        return ""
    names = [look.name for look in report.looks.nodes]
    parts = [tag("h2", "Correlations")]
    for called, matrix in (("Pearson", report.looks.pearson), ("Spearman", report.looks.spearman)):
        rows = [
            [esc(f"{place + 1} {name}"), *("–" if value is None else f"{value:+.2f}" for value in row)]
            for place, (name, row) in enumerate(zip(names, matrix, strict=True))
        ]
        heads = [called, *(str(place + 1) for place in range(len(names)))]
        parts.append(table(heads, rows, numbers=frozenset(range(1, len(heads)))))
    return "".join(parts)
