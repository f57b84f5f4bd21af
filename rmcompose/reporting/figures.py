"""The figures of a report as plain data: what the page shows and what `--summary json` prints."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from rmcompose.plan.plan import Plan
from rmcompose.plan.show import describe, level_text
from rmcompose.reporting.correlations import Correlations
from rmcompose.reporting.distribution import Distribution
from rmcompose.reporting.graph import rows_of
from rmcompose.reporting.statistics import SCORE, NodeFigures, Statistics, Tally
from rmcompose.reporting.ways import UNKNOWN

MOST_LISTED = 12
"""Texts of a node that are listed with their counts."""


def figures_of(found: Statistics, plan: Plan | None = None) -> dict[str, Any]:
    """The figures as JSON data: finite numbers, texts and nulls. `plan` is that of the spec, where there is one."""
    nodes = found.nodes.values()
    told: dict[str, Any] = {
        "composition": found.compositions.most()[0][0] if found.rows else None,
        "compositions": _counts(found.compositions),
        "specs": _counts(found.specs),
        "rows": found.rows,
        "responses": found.responses,
        "scored": found.scores.moments.count,
        "unscored": found.responses - found.scores.moments.count,
        "unscored_rows": found.unscored_rows,
        "score": {**_mean(found), **_values(found.scores, plan.returns.bounds if plan else None)},
        "calls": sum(node.calls for node in nodes),
        "tokens": sum(node.tokens for node in nodes),
        "cost": _finite(sum(node.cost for node in nodes)),
        "asked": sum(node.asked for node in nodes),
        "cached": sum(node.cached for node in nodes),
        "reasons": _reasons(found),
        "gates": list(_gates(found)),
        "decides": _decides(found),
        "correlations": _correlations(found),
        "nodes": {name: _node(node, *_about(plan, name)) for name, node in found.nodes.items()},
        "nodes_left_out": len(found.nodes_left_out),
    }
    if found.step_scores.moments.count:
        told["step_score"] = _values(found.step_scores, None)
    if plan is not None:
        told["edges"] = rows_of(plan, found)
    return told


def _about(plan: Plan | None, name: str) -> tuple[dict[str, Any], Sequence[float] | None]:
    if plan is None or name not in plan.nodes:
        return {}, None
    step = plan.steps[plan.nodes[name]]
    kind, does = describe(step)
    return {"kind": kind, "does": does, "level": level_text(step)}, step.range


def _node(node: NodeFigures, about: dict[str, Any], reach: Sequence[float] | None) -> dict[str, Any]:
    texts = node.texts.most()
    listed = [[text, count] for text, count in texts[:MOST_LISTED]]
    left = sum(count for _, count in texts[MOST_LISTED:]) + node.texts.other
    return {
        **about,
        "stepwise": node.stepwise,
        "scored": node.scored,
        "skipped": node.skipped,
        "unscored": dict(node.unscored.most()),
        **_values(node.values, reach),
        **({"texts": listed, "texts_left": left} if listed else {}),
        "calls": node.calls,
        "tokens": node.tokens,
        "cost": _finite(node.cost),
        "asked": node.asked,
        "cached": node.cached,
        "ms": _finite(round(node.ms, 3)),
    }


def _values(values: Distribution, reach: Sequence[float] | None) -> dict[str, Any]:
    moments = values.moments
    low, high = reach if reach is not None else (-math.inf, math.inf)
    spread = {name: _finite(value) for name, value in moments.as_dict().items()}
    return {
        "n": moments.count,
        **spread,
        "q25": values.quantile(0.25),
        "median": values.quantile(0.5),
        "q75": values.quantile(0.75),
        "within": values.width,
        "range": [_finite(low), _finite(high)] if reach is not None else None,
        "stepped": values.stepped(low, high),
        "bars": [[one, other, count] for one, other, count in values.bars(low, high)],
    }


def _mean(found: Statistics) -> dict[str, Any]:
    figure = found.mean.figure()
    return {
        "interval": None if figure.low is None or figure.high is None else [figure.low, figure.high],
        "interval_rows": figure.rows,
        "no_interval": figure.reason,
    }


def _reasons(found: Statistics) -> list[dict[str, Any]]:
    ordered = sorted(found.unscored.items(), key=lambda one: (-one[1], one[0]))
    told = [
        {"kind": kind, "node": node, "responses": count, "message": found.messages.get((kind, node), "")}
        for (kind, node), count in ordered
    ]
    if found.unscored_other:
        told.append({"kind": "other", "node": "", "responses": found.unscored_other, "message": "reasons not listed"})
    return told


def _gates(found: Statistics) -> Iterator[dict[str, Any]]:
    """With a spec every gate; without one those that skipped nodes tell of, which is no more than they do."""
    if found.ways is None:
        for because, count in found.gates.most():
            yield {"because": because, "stopped": count}
        return
    for gate, counts in zip(found.ways.gates, found.stopped, strict=True):
        yield {
            "of": gate.of,
            "require": gate.require,
            "else": gate.otherwise,
            "because": gate.because,
            "reached": counts.total(),
            "stopped": counts[False],
            "unknown": counts[None],
        }


def _decides(found: Statistics) -> dict[str, Any] | None:
    """The parts of the variance of scores, and the ways that results took; None without a spec."""
    if found.ways is None or found.contributions is None:
        return None
    return {
        "formula": found.ways.formula,
        "parts": [
            {
                "kind": part.kind,
                "name": part.name,
                "share": _finite(part.share),
                "responses": part.responses,
                "factor": part.factor,
            }
            for part in found.contributions.parts()
        ],
        "ways": [
            {
                "name": way.name,
                "known": way is not UNKNOWN,
                "responses": count,
                "mean": _finite(mean),
                "sum": dict(way.terms),
                "rest": list(way.rest),
            }
            for way, count, mean in found.contributions.taken()
        ],
    }


def _correlations(found: Statistics) -> dict[str, Any]:
    table: Correlations = found.correlations
    columns = [SCORE, *(name for name in table.columns if name != SCORE)] if table.columns else []
    pairs = []
    for place, one in enumerate(columns):
        for other in columns[place + 1 :]:
            pair = table.of(one, other)
            pairs.append({"a": one, "b": other, "r": pair.correlation, "n": pair.count})
    return {"columns": columns, "pairs": pairs, "left_out": len(table.left_out)}


def _counts(tally: Tally) -> list[list[Any]]:
    return [[text, count] for text, count in tally.most()] + ([["other", tally.other]] if tally.other else [])


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
