"""The graph of a plan with the numbers of a run: boxes shaded by the mean of their node, lines with what went along."""

from __future__ import annotations

import math
from collections.abc import Mapping

from rmcompose.pages.markup import clipped, esc, tag
from rmcompose.pages.svg import drawing, text
from rmcompose.plan.layout import layout
from rmcompose.plan.plan import Plan
from rmcompose.plan.show import describe, shown
from rmcompose.plan.steps import InputStep, Step
from rmcompose.reporting.drawings import number
from rmcompose.reporting.statistics import Statistics

_WIDE, _HIGH, _GAP, _DROP, _EDGE = 186.0, 58.0, 14.0, 44.0, 10.0
_LONGEST = 29
SHADE = 0.4
"""How opaque the colour of a mean at the top of its range is: texts on it keep their contrast."""


def edges_of(plan: Plan) -> list[tuple[str, str]]:
    """(node, node) for each line between two named nodes whose values are counted; the result is the empty name."""
    names = {step_id: name for name, step_id in reversed(plan.nodes.items())}
    names[plan.result] = ""
    return [
        (names[needed], names[step.id])
        for step in plan.steps.values()
        for needed in step.depends
        if needed in names and step.id in names
    ]


def draw(plan: Plan, figures: Statistics) -> str:
    """The drawing as SVG; colours are those of the page, so it is light or dark with it."""
    steps = list(plan.steps.values())
    edges = [(needed, step.id) for step in steps for needed in step.depends]
    found = layout([step.id for step in steps], edges, wide=_WIDE, gap=_GAP)
    names = {step_id: name for name, step_id in reversed(plan.nodes.items())}
    names[plan.result] = ""
    places = {key: (x + _EDGE, _EDGE + row * (_HIGH + _DROP)) for key, (x, row) in found.places.items()}
    parts = []
    labels = []
    for (start, end), xs in found.lines.items():
        first = found.places[start][1]
        parts.append(tag("path", d=_path([x + _EDGE for x in xs], first), class_="edge"))
        count = figures.edges.get((names.get(start, "?"), names.get(end, "?")))
        if count is not None:
            labels.append(_label(xs, first, count))
    parts += labels
    parts += [_box(plan, step, places[step.id], names.get(step.id), figures) for step in steps]
    told = f"The graph of {plan.name}: " + "; ".join(
        f"{shown(step.id)} reads {', '.join(map(shown, step.depends))}" for step in steps if step.depends
    )
    width = found.width + 2 * _EDGE
    height = 2 * _EDGE + found.rows * _HIGH + max(0, found.rows - 1) * _DROP
    return drawing(height, told, parts, width=width, class_="graph").replace("<svg", f'<svg width="{width:g}"', 1)


def _path(xs: list[float], first: int) -> str:
    """From the foot of one box to the head of another, straight through the rows between."""
    y = _EDGE + first * (_HIGH + _DROP) + _HIGH
    steps = [f"M{xs[0]:.1f} {y:.1f}"]
    for place, x in enumerate(xs[1:], start=1):
        before = xs[place - 1]
        below = y + _DROP
        steps.append(f"C{before:.1f} {y + _DROP / 2:.1f} {x:.1f} {below - _DROP / 2:.1f} {x:.1f} {below:.1f}")
        y = below
        if place < len(xs) - 1:
            y += _HIGH
            steps.append(f"L{x:.1f} {y:.1f}")
    return "".join(steps)


def _label(xs: list[float], first: int, count: int) -> str:
    """The count beside the last bend of a line, near what it ends at."""
    row = first + len(xs) - 1
    x = xs[-1] * 0.3 + xs[-2] * 0.7 + _EDGE
    y = _EDGE + row * (_HIGH + _DROP) - _DROP * 0.64 + 4
    words = short(count)
    wide = 6.2 * len(words) + 8
    back = tag("rect", x=x - wide / 2, y=y - 11, width=wide, height=15.0, rx=3.0, class_="under")
    return back + text(x, y, words, "mid soft")


def _box(plan: Plan, step: Step, place: tuple[float, float], name: str | None, figures: Statistics) -> str:
    x, y = place[0] - _WIDE / 2, place[1]
    kind, does = describe(step)
    title = name or (plan.name if step.id == plan.result else shown(step.id))
    lines, mean = _numbers(step, name, figures)
    whole = f"{kind} {title}: {does}. {'; '.join(lines)}"
    parts = [tag("title", esc(whole)), tag("rect", x=x, y=y, width=_WIDE, height=_HIGH, rx=6.0, class_=f"box {kind}")]
    part = _part(mean, step.range)
    if part is not None:
        shade = round(SHADE * part, 3)
        parts.append(
            tag("rect", x=x, y=y, width=_WIDE, height=_HIGH, rx=6.0, class_="shade", fill_opacity=f"{shade:g}")
        )
        parts.append(tag("rect", x=x + 8, y=y + _HIGH - 7, width=_WIDE - 16, height=3.0, rx=1.5, class_="track"))
        parts.append(
            tag("rect", x=x + 8, y=y + _HIGH - 7, width=max(1.5, (_WIDE - 16) * part), height=3.0, rx=1.5, class_="bar")
        )
    head = clipped(title, int((_WIDE - 24 - 6 * len(kind)) / 6.7))
    parts.append(text(x + 8, y + 16, head, "strong"))
    parts.append(text(x + _WIDE - 8, y + 16, "result" if step.id == plan.result else kind, "end"))
    for row, one in enumerate(lines or [does]):
        parts.append(text(x + 8, y + 31 + 14 * row, clipped(one, _LONGEST)))
    return tag("g", "".join(parts))


def _numbers(step: Step, name: str | None, figures: Statistics) -> tuple[list[str], float | None]:
    """At most two lines about a step, and its mean."""
    if name is None or isinstance(step, InputStep):
        return [], None
    if name == "":
        moments = figures.scores.moments
        other = figures.responses - moments.count
        counts = f"{short(moments.count)} scored" + (f", {short(other)} unscored" if other else "")
    else:
        node = figures.nodes.get(name)
        if node is None:
            return ["not in the results"], None
        moments = node.values.moments
        unscored = node.unscored.counts.total() + node.unscored.other
        counts = f"{short(node.scored)} scored"
        counts += f", {short(unscored)} unscored" if unscored else ""
        counts += f", {short(node.skipped)} skipped" if node.skipped else ""
    if not moments.count:
        return [counts], None
    ends = f" in [{_end(step.range[0])}, {_end(step.range[1])}]" if step.range is not None else ""
    return [f"mean {number(moments.mean)}{ends}", counts], moments.mean


def _end(value: float) -> str:
    return f"{value:g}".replace("inf", "∞").replace("-", "−")


def _part(mean: float | None, reach: tuple[float, float] | None) -> float | None:
    if mean is None or reach is None or not all(map(math.isfinite, reach)) or reach[1] <= reach[0]:
        return None
    return min(1.0, max(0.0, (mean - reach[0]) / (reach[1] - reach[0])))


def short(count: int) -> str:
    """A count that fits into a drawing."""
    for unit, size in (("M", 1_000_000), ("k", 10_000)):
        if count >= size:
            return f"{count / (size if unit == 'M' else 1000):.3g}{unit}"
    return f"{count:,}"


def rows_of(plan: Plan, figures: Statistics) -> list[Mapping[str, object]]:
    """The lines between nodes with their counts, for a table."""
    return [
        {"from": one, "to": other or plan.name, "values": figures.edges[one, other]} for one, other in edges_of(plan)
    ]
