"""A plan as a picture: Mermaid, DOT, or SVG laid out by ourselves, so that no other program is needed."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Literal

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
    rows = _rows(boxes, edges)
    widest = max(len(row) for row in rows)
    width = 2 * _MARGIN + widest * _WIDTH + (widest - 1) * _GAP_X
    height = 2 * _MARGIN + len(rows) * _HEIGHT + (len(rows) - 1) * _GAP_Y
    places: dict[str, tuple[float, float]] = {}
    for depth, row in enumerate(rows):
        used = len(row) * _WIDTH + (len(row) - 1) * _GAP_X
        for column, box in enumerate(row):
            x = (width - used) / 2 + column * (_WIDTH + _GAP_X)
            places[box.key] = (x, _MARGIN + depth * (_HEIGHT + _GAP_Y))
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"',
        ' font-family="Helvetica, Arial, sans-serif" font-size="12">',
        f"<title>{html.escape(plan.name)}</title>",
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">',
        '<path d="M0 0 L8 4 L0 8 z" fill="#667"/></marker></defs>',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for start, end in edges:
        (x0, y0), (x1, y1) = places[start], places[end]
        from_x, from_y, to_x = x0 + _WIDTH / 2, y0 + _HEIGHT, x1 + _WIDTH / 2
        bend = (y1 - from_y) / 2
        lines.append(
            f'<path d="M{from_x:g} {from_y:g} C{from_x:g} {from_y + bend:g} {to_x:g} {y1 - bend:g} {to_x:g} {y1:g}"'
            ' fill="none" stroke="#667" marker-end="url(#arrow)"/>'
        )
    for box in (box for row in rows for box in row):
        x, y = places[box.key]
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


def _rows(boxes: list[_Box], edges: list[tuple[str, str]]) -> list[list[_Box]]:
    """The boxes in rows: each below everything it needs, and near the middle of it."""
    depth = {box.key: 0 for box in boxes}
    needs: dict[str, list[str]] = {box.key: [] for box in boxes}
    for start, end in edges:
        needs[end].append(start)
    for box in boxes:  # in plan order: what a box needs stands before it
        depth[box.key] = max((depth[one] + 1 for one in needs[box.key]), default=0)
    rows: list[list[_Box]] = [[] for _ in range(max(depth.values(), default=0) + 1)]
    for box in boxes:
        rows[depth[box.key]].append(box)
    place: dict[str, float] = {}
    for row in rows:
        row.sort(key=lambda box: sum(place[n] for n in needs[box.key]) / len(needs[box.key]) if needs[box.key] else 0.0)
        for column, box in enumerate(row):
            place[box.key] = column - (len(row) - 1) / 2
    return rows
