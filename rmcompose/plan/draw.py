"""A plan as a picture: Mermaid, DOT, or SVG laid out by ourselves, so that no other program is needed."""

from __future__ import annotations

import html
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from rmcompose.plan.layout import layout
from rmcompose.plan.plan import Plan
from rmcompose.plan.show import describe, level_text, shown
from rmcompose.plan.steps import InputStep, Step

Format = Literal["mermaid", "dot", "svg"]
FORMATS: tuple[Format, ...] = ("mermaid", "dot", "svg")

_COLORS = {
    "input": "#e8eef7",
    "rule": "#e3f3e6",
    "judge": "#fde9d9",
    "let": "#f3f0fa",
    "group": "#f3f0fa",
    "reduce": "#fff6d6",
    "aggregate": "#fff6d6",
    "compose": "#dfe3ea",
    "return": "#c9d3e6",
}
_LONGEST = 44


@dataclass(frozen=True, slots=True)
class _Box:
    """A step as it is drawn."""

    key: str
    kind: str
    title: str
    text: str


def draw(plan: Plan, to: str) -> str:
    """The picture as text in one of `FORMATS`; raises ValueError for another."""
    boxes = [_box(number, step) for number, step in enumerate(plan.steps.values())]
    keys = {step_id: box.key for step_id, box in zip(plan.steps, boxes, strict=True)}
    edges = [(keys[needed], keys[step.id]) for step in plan.steps.values() for needed in step.depends]
    if to == "mermaid":
        return _mermaid(boxes, edges)
    if to == "dot":
        return _dot(plan, boxes, edges)
    if to == "svg":
        return _svg(plan, boxes, edges)
    raise ValueError(f"`{to}` is not one of {', '.join(FORMATS)}")


def _box(number: int, step: Step) -> _Box:
    kind, text = describe(step)
    name = shown(step.id)
    title = f"{kind} {name}" if name != kind else name
    if step.range is not None and not isinstance(step, InputStep):
        title += f" [{step.range[0]:g}, {step.range[1]:g}]"
    if level_text(step) != "response":
        title += f" · once per {level_text(step)}"
    short = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return _Box(f"s{number}", kind, title, short)


def _mermaid(boxes: list[_Box], edges: list[tuple[str, str]]) -> str:
    lines = ["flowchart TD"]
    for box in boxes:
        label = f"{_entities(box.title)}<br/>{_entities(box.text)}"
        opening, closing = {"input": ('(["', '"])'), "judge": ('{{"', '"}}')}.get(box.kind, ('["', '"]'))
        lines.append(f"  {box.key}{opening}{label}{closing}:::{_class(box.kind)}")
    lines += [f"  {start} --> {end}" for start, end in edges]
    lines += [f"  classDef {_class(kind)} fill:{color},stroke:#667,color:#111" for kind, color in _COLORS.items()]
    return "\n".join(lines) + "\n"


def _class(kind: str) -> str:
    # `return` and some others are words of Mermaid
    return f"kind_{kind}"


def _entities(text: str) -> str:
    # Mermaid reads #…; as an entity and needs quotes, brackets and hashes written so
    return "".join(char if char.isalnum() or char in " .,_-+*/=[]()" else f"#{ord(char)};" for char in text)


def _dot(plan: Plan, boxes: list[_Box], edges: list[tuple[str, str]]) -> str:
    lines = [
        f"digraph {_quoted(plan.name)} {{",
        '  rankdir=TB; node [shape=box, style="rounded,filled", fontname="Helvetica", fontsize=11];',
    ]
    for box in boxes:
        label = _quoted(f"{box.title}\n{box.text}")
        lines.append(f'  {box.key} [label={label}, fillcolor="{_COLORS[box.kind]}"];')
    lines += [f"  {start} -> {end};" for start, end in edges]
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


_WIDTH, _HEIGHT, _GAP_X, _GAP_Y, _MARGIN = 300, 48, 28, 56, 24


def _svg(plan: Plan, boxes: list[_Box], edges: list[tuple[str, str]]) -> str:
    found = layout([box.key for box in boxes], edges, wide=_WIDTH, gap=_GAP_X)
    width = 2 * _MARGIN + found.width
    height = 2 * _MARGIN + found.rows * _HEIGHT + (found.rows - 1) * _GAP_Y
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}"',
        f' viewBox="0 0 {width:g} {height:g}" font-family="Helvetica, Arial, sans-serif" font-size="12">',
        f"<title>{html.escape(plan.name)}</title>",
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">',
        '<path d="M0 0 L8 4 L0 8 z" fill="#667"/></marker></defs>',
        f'<rect width="{width:g}" height="{height:g}" fill="white"/>',
    ]
    for (start, _), xs in found.lines.items():
        lines.append(
            f'<path d="{_line(xs, found.places[start][1])}" fill="none" stroke="#667" marker-end="url(#arrow)"/>'
        )
    for box in boxes:
        middle, row = found.places[box.key]
        x, y = round(_MARGIN + middle - _WIDTH / 2, 1), _MARGIN + row * (_HEIGHT + _GAP_Y)
        lines += [
            f"<g><title>{html.escape(box.title)}: {html.escape(box.text)}</title>",
            f'<rect x="{x:g}" y="{y:g}" width="{_WIDTH}" height="{_HEIGHT}" rx="6"',
            f' fill="{_COLORS[box.kind]}" stroke="#667"/>',
            f'<text x="{x + 10:g}" y="{y + 20:g}" font-weight="bold">{html.escape(_fit(box.title))}</text>',
            f'<text x="{x + 10:g}" y="{y + 37:g}" fill="#333">{html.escape(_fit(box.text))}</text></g>',
        ]
    return "\n".join([*lines, "</svg>"]) + "\n"


def _fit(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _line(xs: list[float], row: int) -> str:
    """From the foot of one box to the head of another, straight through the rows between."""
    y = _MARGIN + row * (_HEIGHT + _GAP_Y) + _HEIGHT
    path = [f"M{_MARGIN + xs[0]:.1f} {y}"]
    for place, (before, x) in enumerate(pairwise(xs), start=2):
        bend, end = y + _GAP_Y // 2, y + _GAP_Y
        path.append(f"C{_MARGIN + before:.1f} {bend} {_MARGIN + x:.1f} {bend} {_MARGIN + x:.1f} {end}")
        y = end
        if place < len(xs):
            y += _HEIGHT
            path.append(f"L{_MARGIN + x:.1f} {y}")
    return "".join(path)
