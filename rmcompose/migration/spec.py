"""What both converters make: literals, combinations of members, judges' models, and in the end a checked document."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rmcompose import ir
from rmcompose.compiler import Compilation, dumps
from rmcompose.migration.findings import ConversionError, Findings
from rmcompose.syntax.layout import NotGrammatical

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Converted:
    """A spec as a document, and what a user must know of it, a line each."""

    document: ir.Document
    notes: tuple[str, ...]

    def text(self, to: str = "rm") -> str:
        """The canonical text, `to` "rm" or "yaml"."""
        return dumps(self.document, to)


@dataclass(frozen=True, slots=True)
class Member:
    """A node that counts: its name, weight, and the range of its values."""

    name: str
    weight: float
    range: Range


def literal(value: Any) -> ir.Expression:
    """A bool, number, text or list of these as an expression."""
    if isinstance(value, list | tuple):
        return ir.ListOf(items=tuple(literal(item) for item in value))
    if isinstance(value, int | float) and not isinstance(value, bool) and value < 0:
        return ir.Unary(op="-", operand=ir.Constant(value=-value))
    return ir.Constant(value=value)


def arguments(values: dict[str, Any]) -> tuple[ir.Argument, ...]:
    """The arguments of a call; what is an expression already stays as it is."""
    return tuple(
        ir.Argument(name=name, value=value if isinstance(value, ir.Node) else literal(value))
        for name, value in values.items()
    )


def combine(members: Sequence[Member], name: str) -> tuple[ir.Aggregate | None, ir.Expression, Range]:
    """Σ w·x / Σ w as the language says it: an aggregate (None where none is needed), the result and its range.

    One range and no negative weight is a `weighted_mean`; else it is a `weighted_sum` over the sum of the weights,
    because a mean of different ranges is refused. Weights that sum to 0 are left out: the mean of all members.
    """
    weights = [one.weight for one in members]
    total = sum(weights)
    if len(members) == 1:
        return None, ir.Name(name=members[0].name), members[0].range
    if not math.isfinite(total):
        raise ConversionError(["the sum of the weights is not a finite number"])
    if total == 0:
        weights, total = [1.0] * len(members), float(len(members))
    if len({one.range for one in members}) == 1 and min(weights) >= 0:
        return _aggregate("weighted_mean", members, weights, name), ir.Name(name=name), members[0].range
    ends = [
        (weight * one.range[0], weight * one.range[1]) for weight, one in zip(weights, members, strict=True) if weight
    ]
    low = sum(min(pair) for pair in ends) / total
    high = sum(max(pair) for pair in ends) / total
    result: ir.Expression = ir.Name(name=name)
    if total != 1:
        result = ir.Binary(op="/", left=result, right=literal(total))
    return _aggregate("weighted_sum", members, weights, name), result, (min(low, high), max(low, high))


def _aggregate(function: str, members: Sequence[Member], weights: Sequence[float], name: str) -> ir.Aggregate:
    return ir.Aggregate(
        name=name,
        function=function,
        members=tuple(
            ir.Member(value=ir.Name(name=one.name), weight=literal(weight))
            for one, weight in zip(members, weights, strict=True)
        ),
    )


def number_type(values: Range) -> ir.Type:
    """The type of a result: a score where both ends are finite."""
    low, high = values
    if math.isfinite(low) and math.isfinite(high) and low < high:
        return ir.Type(kind="score", low=_short(low), high=_short(high))
    return ir.Type(kind="float")


def _short(end: float) -> float | int:
    end = round(end, 12)
    return int(end) if end == int(end) and abs(end) < 1e15 else end


def finish(document: ir.Document, found: Findings) -> Converted:
    """The document once it has passed every check, in both syntaxes. Raises ConversionError."""
    found.settle()
    diagnostics = _check(document)
    if any(one.code == "RM302" for one in diagnostics):
        # rounding can lift a bound of a sum past the one that is declared
        loose = ir.Type(kind="float")
        document = document.model_copy(
            update={
                "compositions": tuple(
                    one.model_copy(update={"returns": loose}) if one.returns.kind == "score" else one
                    for one in document.compositions
                )
            }
        )
        diagnostics = _check(document)
    for one in diagnostics:
        if one.is_error:
            found.error(f"the spec would have an error: {one.message} ({one.code})")
    found.settle()
    return Converted(document, found.notes)


def _check(document: ir.Document) -> list[Any]:
    checks = []
    for path, to in (("spec.rm", "rm"), ("spec.rm.yaml", "yaml")):
        try:
            text = dumps(document, to)
        except NotGrammatical:
            raise ConversionError(["a text holds characters that a spec cannot hold"]) from None
        compilation = Compilation(path, text)
        checks += compilation.diagnostics
        if not checks and compilation.document != document:
            raise ConversionError(["a text holds characters that a spec cannot hold"])
    return checks


def note_drops(total: ir.Aggregate, who: str, system: str, found: Findings) -> None:
    """Notes what becomes of a result where a member has no value, and how to have it as in the other system."""
    how = " (to have that, put `on_unscored = drop` into the aggregate)" if total.function == "weighted_mean" else ""
    found.note(f"a {who} that gives no value leaves the result unscored; {system} goes on without it{how}")
