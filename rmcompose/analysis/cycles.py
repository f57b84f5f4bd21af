"""The order of what uses each other, and cycles in it: RM401, each told once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rmcompose.analysis.graph import components, cycle
from rmcompose.analysis.report import Report
from rmcompose.analysis.uses import head, used_names
from rmcompose.diagnostics.source import Span
from rmcompose.ir import Compose, Composition, Statement

Uses = Mapping[str, Mapping[str, Span | None]]
"""For each name what it uses, with the place of the first use."""


def order_nodes(nodes: Sequence[Statement], report: Report) -> tuple[list[str], list[str]]:
    """The names of nodes so that each comes after those it uses, and the names that are part of a cycle."""
    uses: dict[str, dict[str, Span | None]] = {}
    for node in nodes:
        mine = uses[node.name] = {}
        for name in used_names(node):
            mine.setdefault(head(name.name), name.span)
    return _ordered(list(uses), uses, report, "node")


def order_compositions(compositions: Sequence[Composition], report: Report) -> tuple[list[str], list[str]]:
    """The same for the compositions of one file, which use each other through compose nodes."""
    uses: dict[str, dict[str, Span | None]] = {}
    for composition in compositions:
        mine = uses[composition.name] = {}
        for node in composition.nodes:
            if isinstance(node, Compose) and "." not in node.target.name:
                mine.setdefault(node.target.name, node.target.span)
    return _ordered(list(uses), uses, report, "composition")


def _ordered(names: Sequence[str], uses: Uses, report: Report, what: str) -> tuple[list[str], list[str]]:
    edges = {name: list(targets) for name, targets in uses.items()}
    ordered: list[str] = []
    cyclic: list[str] = []
    for component in components(names, edges):
        ordered += component
        way = cycle(component, edges)
        if way:
            cyclic += component
            _report(way, uses, report, what)
    return ordered, cyclic


def _report(way: Sequence[str], uses: Uses, report: Report, what: str) -> None:
    after = [*way[1:], way[0]]
    if len(way) == 1:
        report.error(
            "RM401", f"the {what} `{way[0]}` depends on itself", uses[way[0]][way[0]], label="used in its own value"
        )
        return
    shown = [*way, way[0]] if len(way) <= 8 else [*way[:4], "…", *way[-3:], way[0]]
    report.error(
        "RM401",
        "dependency cycle: " + " -> ".join("…" if name == "…" else f"`{name}`" for name in shown),
        uses[way[0]][after[0]],
        label=f"`{way[0]}` uses `{after[0]}`",
        labels=[
            (uses[name][used], f"`{name}` uses `{used}`") for name, used in list(zip(way, after, strict=True))[1:9]
        ],
    )
