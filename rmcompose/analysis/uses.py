"""Which names a statement uses."""

from __future__ import annotations

from collections.abc import Iterator

from rmcompose.ir import Aggregate, Compose, Expression, Judge, Let, Name, Rule, Statement
from rmcompose.ir.walk import names


def expressions(node: Statement) -> Iterator[Expression]:
    """The formulas of a node, in the order they are written. Bare words (`style = checklist`, `drop`) are left out."""
    match node:
        case Let():
            yield node.value
        case Rule() | Compose():
            for argument in node.arguments:
                yield argument.value
            if node.on_unscored is not None:
                yield node.on_unscored
        case Aggregate():
            if node.parameter is not None:
                yield node.parameter
            if node.on_unscored is not None and node.on_unscored != Name(name="drop"):
                yield node.on_unscored
            for member in node.members:
                yield member.value
                if member.weight is not None:
                    yield member.weight
        case Judge():
            from rmcompose.ir.judging import SETTINGS

            yield from (s.value for s in node.settings if s.name not in SETTINGS or SETTINGS[s.name].shape != "word")
            yield from (c.weight for c in node.criteria if c.weight is not None)
            yield from (v.value for v in node.verdicts if v.value != Name(name="abstain"))


def used_names(node: Statement) -> Iterator[Name]:
    """Every use of a name in a node."""
    return (name for expression in expressions(node) for name in names(expression))


def head(name: str) -> str:
    """The declared name that a dotted name begins with."""
    return name.partition(".")[0]
