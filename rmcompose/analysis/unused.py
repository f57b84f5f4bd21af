"""Nodes that nothing uses: RM206."""

from __future__ import annotations

from rmcompose.analysis.report import Report
from rmcompose.analysis.uses import head, used_names
from rmcompose.ir import Composition
from rmcompose.ir.walk import names


def warn_unused(composition: Composition, report: Report) -> None:
    """Warns of each node that no node, gate or result uses. What only an unused node uses goes without a word."""
    used = {head(name.name) for node in composition.nodes for name in used_names(node)}
    for gate in composition.gates:
        used.update(head(name.name) for part in (gate.condition, gate.otherwise) for name in names(part))
    if composition.result is not None:
        used.update(head(name.name) for name in names(composition.result))
    for node in composition.nodes:
        if node.name not in used:
            report.warn(
                "RM206",
                f"the {node.kind} `{node.name}` is never used",
                node.name_span,
                label="nothing depends on it",
            )
