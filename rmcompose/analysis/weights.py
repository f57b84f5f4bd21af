"""Weights of members and criteria: constants that a mean can divide by (RM503, RM504)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rmcompose.analysis import wording
from rmcompose.analysis.fixed import fixed
from rmcompose.analysis.infer import infer
from rmcompose.analysis.infer.demands import as_number
from rmcompose.analysis.scope import Scope
from rmcompose.diagnostics.source import Span
from rmcompose.ir import Expression
from rmcompose.ir.arithmetic import total
from rmcompose.ir.interval import Interval


class Weight(NamedTuple):
    """A sound weight: the range it can take as params are set, and its value with their defaults."""

    range: Interval
    at_defaults: float
    literal: bool


ONE = Weight((1, 1), 1, literal=True)
"""A weight that is left out."""


def check_weight(expression: Expression | None, scope: Scope, *, negative: bool) -> Weight | None:
    """One weight, or None after a diagnostic. `negative` allows those below 0."""
    if expression is None:
        return ONE
    inferred = as_number(expression, infer(expression, scope), scope.report, "a weight")
    told = fixed(expression, inferred, scope)
    match told.state:
        case "silent":
            return None
        case "varies":
            scope.report.error(
                "RM504",
                "a weight must be a constant",
                expression.span,
                label="known only when the sample is read",
                help=("use literals and params; to weigh by a value, multiply in a `let`",),
            )
            return None
        case "not_finite":
            scope.report.error("RM504", "the weight is not a finite number", expression.span)
            return None
    if not negative and inferred.low < 0:
        sure = inferred.low == inferred.high
        scope.report.error(
            "RM504",
            f"a mean cannot take the weight {wording.number(inferred.low)}"
            if sure
            else "a mean cannot take a weight that may be negative",
            expression.span,
            label="negative" if sure else f"lies in {wording.interval(inferred.range)}",
            help=() if sure else ("give its params a range from 0 up, as in `float[0, 1]`",),
        )
        return None
    return Weight(inferred.range, told.value, told.literal)


def check_total(weights: Sequence[Weight | None], at: Span | None, scope: Scope, owner: str) -> None:
    """RM503 where the weights that a mean divides by surely sum to 0, or do with the defaults of the params."""
    known = [weight for weight in weights if weight is not None]
    if not known or len(known) < len(weights):
        return
    if all(weight.range[1] <= 0 for weight in known):
        scope.report.error("RM503", f"the weights of `{owner}` sum to 0", at, label="nothing to divide by")
    elif total([weight.at_defaults for weight in known]) == 0:
        scope.report.error(
            "RM503",
            f"the weights of `{owner}` sum to 0 with the defaults of the params",
            at,
            label="nothing to divide by",
        )
