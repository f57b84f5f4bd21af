"""Aggregate nodes: their members, weights and ranges."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

from rmcompose.analysis import wording
from rmcompose.analysis.fixed import fixed
from rmcompose.analysis.infer import infer
from rmcompose.analysis.infer.demands import as_condition, as_number
from rmcompose.analysis.result import CONSTANT, Inferred
from rmcompose.analysis.scope import Scope
from rmcompose.analysis.substitutes import check_substitute
from rmcompose.analysis.values import ERROR, boolean, highest_level, normalized_range, numeric
from rmcompose.analysis.weights import Weight, check_total, check_weight
from rmcompose.ir import (
    AGGREGATES,
    BOOL_AGGREGATES,
    MEAN_AGGREGATES,
    WEIGHTED_AGGREGATES,
    Aggregate,
    Expression,
    Member,
    Name,
    interval,
)
from rmcompose.ir.aggregates import aggregate_range, dropped_range
from rmcompose.ir.interval import Interval, contains_range, safely

_POSITIVE = frozenset({"geometric_mean", "harmonic_mean"})
_KEEPS_WHOLE = frozenset({"min", "max", "product", "weighted_sum"})


def check_aggregate(node: Aggregate, scope: Scope) -> Inferred:
    """What is known of an aggregate's value; its members, weights, k and `on_unscored` are checked."""
    drops = node.on_unscored == Name(name="drop")
    if node.function not in AGGREGATES:
        _unknown(node, scope)
        for member in node.members:
            infer(member.value, scope)
        return ERROR
    if not node.members:
        scope.report.error(
            "RM505", f"the aggregate `{node.name}` has no members", node.name_span, label="nothing to aggregate"
        )
        return ERROR
    values = [infer(member.value, scope) for member in node.members]
    weights = [_weight(node, member, scope) for member in node.members]
    k = _at_least(node, scope)
    value = (
        _of_bools(node, values, k, scope, drops=drops)
        if node.function in BOOL_AGGREGATES
        else _of_numbers(node, values, weights, scope, drops=drops)
    )
    if node.function == "weighted_mean":
        check_total(weights, node.name_span, scope, node.name)
    if not drops:
        check_substitute(node.on_unscored, value, scope)
    return value


def _unknown(node: Aggregate, scope: Scope) -> None:
    span = node.span
    if span is not None:
        # the function's own name, which the IR does not hold: the first time it stands after the node's name
        after = node.name_span.end if node.name_span is not None else span.start
        at = span.source.text.find(node.function, after, span.end)
        span = span.source.span(at, at + len(node.function)) if at >= 0 else span
    scope.report.error(
        "RM201",
        f"unknown aggregate `{node.function}`",
        span,
        label="not an aggregate",
        help=wording.did_you_mean(node.function, AGGREGATES) or (f"there are {', '.join(AGGREGATES)}",),
    )


def _weight(node: Aggregate, member: Member, scope: Scope) -> Weight | None:
    if node.function in WEIGHTED_AGGREGATES:
        return check_weight(member.weight, scope, negative=node.function == "weighted_sum")
    if member.weight is not None:
        scope.report.error(
            "RM504",
            f"`{node.function}` takes no weights",
            member.weight.span,
            label="has no effect",
            help=("use `weighted_mean`",) if node.function in MEAN_AGGREGATES else (),
        )
    return None


def _at_least(node: Aggregate, scope: Scope) -> Interval | None:
    """The range of the k of `at_least(k)`, None where there is none or it is faulty."""
    if node.function != "at_least":
        if node.parameter is not None:
            scope.report.error("RM301", f"`{node.function}` takes no number", node.parameter.span)
        return None
    if node.parameter is None:
        scope.report.error(
            "RM205",
            "`at_least` needs the number of members that must be true",
            node.name_span,
            help=("write `at_least(2)`",),
        )
        return None
    expression = node.parameter
    inferred = as_number(expression, infer(expression, scope), scope.report, "`at_least`")
    told = fixed(expression, inferred, scope)
    if told.state == "silent":
        return None
    if told.state != "known" or inferred.kind != "int":
        scope.report.error(
            "RM306" if told.state == "varies" else "RM301",
            "`at_least` takes a whole number that is a constant",
            expression.span,
        )
        return None
    allowed = (0, len(node.members))
    if not contains_range(allowed, inferred.range):
        scope.report.error(
            "RM302",
            f"`at_least` counts {len(node.members)} members",
            expression.span,
            label=f"not within {wording.interval(allowed)}",
        )
        return None
    return inferred.range


def _of_bools(
    node: Aggregate, values: Sequence[Inferred], k: Interval | None, scope: Scope, *, drops: bool
) -> Inferred:
    user = f"`{node.function}`"
    members = zip(node.members, values, strict=True)
    bools = [as_condition(member.value, value, scope.report, user) for member, value in members]
    level = highest_level(bools)
    if any(one.kind == "error" for one in bools):
        return boolean(level=level)
    ranges = [one.range for one in bools]
    match node.function:
        case "all":
            k = (len(ranges), len(ranges))
        case "any":
            k = (1, 1)
    if k is None:
        return boolean(level=level)
    low, high = interval.at_least(ranges, k[1])[0], interval.at_least(ranges, k[0])[1]
    if drops and node.function == "all":
        high = max(r[1] for r in ranges)
    elif drops and k[1] > 0:
        low = min(r[0] for r in ranges) if node.function == "any" else 0
    return boolean((low, high), level)


def _of_numbers(
    node: Aggregate, values: Sequence[Inferred], weights: Sequence[Weight | None], scope: Scope, *, drops: bool
) -> Inferred:
    user = f"`{node.function}`"
    members = zip(node.members, values, strict=True)
    numbers = [as_number(member.value, value, scope.report, user) for member, value in members]
    if node.function in MEAN_AGGREGATES:
        _same_range(node, values, scope)
    sound = [number for number in numbers if number.kind != "error"]
    if len(sound) < len(numbers):
        return ERROR
    if node.function in _POSITIVE and not _not_negative(node, numbers, scope):
        return ERROR
    level = highest_level(numbers)
    ranges = [number.range for number in numbers]
    if node.function in WEIGHTED_AGGREGATES:
        known = [weight for weight in weights if weight is not None]
        if len(known) < len(weights):
            return ERROR
        bounds = _weighted(node.function, ranges, known, drops=drops)
    else:
        bounds = _unweighted(node.function, ranges, drops=drops)
        known = []
    whole = node.function in _KEEPS_WHOLE and all(number.kind == "int" for number in numbers)
    whole = whole and all(isinstance(weight.at_defaults, int) for weight in known)
    return numeric("int" if whole else "float", bounds, level)


def _unweighted(function: str, ranges: Sequence[Interval], *, drops: bool) -> Interval:
    of_members = partial(dropped_range if drops else aggregate_range, function)
    return safely(of_members, ranges)


def _weighted(function: str, ranges: Sequence[Interval], weights: Sequence[Weight], *, drops: bool) -> Interval:
    """A weighted mean or sum; weights that params set take all of their range."""
    literal = all(weight.literal for weight in weights)
    if function == "weighted_mean":
        values = [weight.at_defaults for weight in weights]
        if literal and not drops and math.fsum(values) > 0:
            return safely(interval.weighted_mean, ranges, values)
        return interval.hull_of(ranges)
    terms = [safely(interval.multiply, weight.range, one) for weight, one in zip(weights, ranges, strict=True)]
    if drops:
        terms = [interval.hull(term, (0, 0)) for term in terms]
    return safely(interval.total, terms)


def _same_range(node: Aggregate, values: Sequence[Inferred], scope: Scope) -> None:
    """RM303 at the first member whose range is not that of the first one. A constant has no scale of its own."""
    first: tuple[Expression, Interval] | None = None
    for member, value in zip(node.members, values, strict=True):
        if value.kind not in ("bool", "int", "float") or value.level == CONSTANT:
            continue
        bounds = (0, 1) if value.kind == "bool" else normalized_range(value)
        if first is None:
            first = member.value, bounds
        elif not (contains_range(first[1], bounds) and contains_range(bounds, first[1])):
            scope.report.error(
                "RM303",
                f"the members of `{node.name}` have different ranges: {wording.interval(first[1])} and"
                f" {wording.interval(bounds)}",
                member.value.span,
                label=f"lies in {wording.interval(bounds)}",
                labels=((first[0].span, f"lies in {wording.interval(first[1])}"),),
                help=("bring both to [0, 1] with `normalize(…)`, or use `weighted_sum`",),
            )
            return


def _not_negative(node: Aggregate, numbers: Sequence[Inferred], scope: Scope) -> bool:
    for member, number in zip(node.members, numbers, strict=True):
        if number.low < 0:
            scope.report.error(
                "RM302",
                f"`{node.function}` needs members of at least 0",
                member.value.span,
                label=f"lies in {wording.interval(number.range)}",
                help=(f"write `max({wording.formula(member.value)}, 0)`, or normalize it",),
            )
            return False
    return True
