"""Names that are taken or cannot be names: RM202, RM208."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from rmcompose.analysis.report import Report
from rmcompose.diagnostics.source import Span
from rmcompose.ir import Composition, Input, Param, Statement
from rmcompose.ir.base import Node
from rmcompose.ir.reserved import RESERVED

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")

Declared = tuple[str, Span | None]


def declarations(composition: Composition) -> Iterator[Input | Param | Statement]:
    """What shares the namespace of a composition, in source order where there are positions."""
    yield from sorted((*composition.inputs, *composition.params, *composition.nodes), key=_position)


def _position(node: Node) -> int:
    span = node.name_span or node.span
    return span.start if span is not None else 0


def unique(found: Iterable[Declared], report: Report) -> dict[str, Span | None]:
    """The names with the place of the first declaration of each; a second is RM202, one that cannot be RM208."""
    result: dict[str, Span | None] = {}
    for name, span in found:
        if name in result:
            report.error(
                "RM202",
                f"`{name}` is declared twice",
                span,
                label="declared again",
                labels=((result[name], "first declared here"),),
            )
            continue
        result[name] = span
        if name in RESERVED:
            report.error("RM208", f"`{name}` is a reserved word", span, label="cannot be a name")
        elif not _NAME.match(name):
            report.error(
                "RM208",
                f"`{name}` cannot be a name" if name else "a name is empty",
                span,
                help=("a name is letters, digits and `_`, and does not begin with a digit",),
            )
    return result
