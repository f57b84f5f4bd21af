"""Short-circuits that ranges prove: what cannot change a result is left out of it.

    words >= 0                    →   true, because a count is never below 0
    min(judge01, score25)         →   judge01, where the other never goes below 1
    weighted_sum { a weight 0 }   →   without `a`

Each holds for unscored values too, since those stand for their whole range.
"""

from __future__ import annotations

from dataclasses import replace

from rmcompose.ir import Binary, Call, Constant, Expression, ListOf
from rmcompose.ir.aggregates import STRICT
from rmcompose.ir.interval import Interval
from rmcompose.ir.ranges import COMPARISONS, range_of
from rmcompose.ir.walk import transform
from rmcompose.plan.passes.fold import fold_one
from rmcompose.plan.plan import Plan
from rmcompose.plan.steps import AggregateStep, Step

Ranges = dict[str, Interval | None]


def bounds(plan: Plan) -> Plan:
    """The plan without comparisons, members and arms that ranges decide."""
    ranges: Ranges = {}
    steps: list[Step] = []
    for step in plan.steps.values():
        expressions = step.expressions()
        bounded = step
        if expressions:
            bounded = step.with_expressions(
                tuple(transform(one, lambda part: fold_one(_decided(part, ranges))) for one in expressions)
            )
        if isinstance(bounded, AggregateStep):
            bounded = _members(bounded, ranges)
        ranges[step.id] = step.range
        steps.append(bounded)
    return plan.with_steps(steps)


def _decided(expression: Expression, ranges: Ranges) -> Expression:
    if isinstance(expression, Binary) and expression.op in COMPARISONS:
        reach = range_of(expression, ranges)
        if reach is not None and reach[0] == reach[1]:
            return Constant(value=bool(reach[0]), span=expression.span)
    if isinstance(expression, Call) and expression.function in ("min", "max"):
        return _extreme(expression, ranges)
    return expression


def _extreme(expression: Call, ranges: Ranges) -> Expression:
    operands = expression.arguments
    listed = len(operands) == 1 and isinstance(operands[0], ListOf)
    if listed or len(operands) < 2:
        return expression
    known = [range_of(one, ranges) for one in operands]
    if any(one is None for one in known):
        return expression
    kept = _that_matter(expression.function, [one for one in known if one is not None])
    if len(kept) == 1:
        return operands[kept[0]]
    return expression.model_copy(update={"arguments": tuple(operands[i] for i in kept)})


def _that_matter(function: str, known: list[Interval]) -> list[int]:
    """Places of the operands of `min` or `max` that can be the result: not those another one always undercuts."""
    if function == "min":
        winner = min(range(len(known)), key=lambda i: known[i][1])
        return [i for i, (low, _) in enumerate(known) if i == winner or low < known[winner][1]]
    winner = max(range(len(known)), key=lambda i: known[i][0])
    return [i for i, (_, high) in enumerate(known) if i == winner or high > known[winner][0]]


def _members(step: AggregateStep, ranges: Ranges) -> AggregateStep:
    if step.drop:
        # which members are there decides what is averaged: none may go
        return step
    keep = list(range(len(step.members)))
    if step.function in STRICT and step.weights:
        keep = [i for i in keep if step.weights[i] != 0]
    elif step.function in ("min", "max"):
        known = [range_of(member, ranges) for member in step.members]
        if all(one is not None for one in known):
            keep = _that_matter(step.function, [one for one in known if one is not None])
    if len(keep) in (0, len(step.members)):
        return step
    weights = tuple(step.weights[i] for i in keep) if step.weights else ()
    return replace(step, members=tuple(step.members[i] for i in keep), weights=weights)
