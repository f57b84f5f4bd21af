"""Ranges of the functions of the language."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from rmcompose.analysis import wording
from rmcompose.analysis.fixed import fixed
from rmcompose.analysis.infer.demands import as_number, as_text
from rmcompose.analysis.result import Inferred, InferredKind
from rmcompose.analysis.scope import Scope
from rmcompose.analysis.values import ERROR, boolean, highest_level, normalized_range, numeric, texts
from rmcompose.ir import FUNCTIONS, GROUP_FUNCTIONS, REDUCE, Call, Expression, ListOf, interval
from rmcompose.ir.arithmetic import SEQUENCE_FUNCTIONS
from rmcompose.ir.interval import Interval, safely

_RISING: dict[str, Callable[[Interval], Interval]] = {
    "sqrt": interval.square_root,
    "exp": interval.exponential,
    "log": interval.logarithm,
    "sigmoid": interval.sigmoid,
    "tanh": interval.tangent_hyperbolic,
}
_SEQUENCES: dict[str, Callable[[Sequence[Interval]], Interval]] = {
    "min": interval.minimum,
    "max": interval.maximum,
    "mean": interval.mean,
    "sum": interval.total,
}
MOST_DIGITS = 15
"""A float has no more decimals than these to round to."""


def operands(call: Call) -> tuple[Expression, ...]:
    """The arguments; those of `min([a, b])` are the items of its one list."""
    if call.function in SEQUENCE_FUNCTIONS and len(call.arguments) == 1 and isinstance(call.arguments[0], ListOf):
        return call.arguments[0].items or call.arguments
    return call.arguments


def function(call: Call, arguments: Sequence[Inferred], scope: Scope) -> Inferred:
    """The value of a call; `arguments` is what is known of its `operands`."""
    if call.function not in FUNCTIONS:
        _unknown(call, scope)
        return ERROR
    if not _counted(call, scope):
        return ERROR
    if call.function in SEQUENCE_FUNCTIONS:
        return _sequence(call, arguments, scope)
    if call.function in GROUP_FUNCTIONS:
        from rmcompose.analysis.infer.groups import group

        scope.looks.add("responses")
        return group(call, arguments[0], scope.report)
    if call.function == REDUCE:
        from rmcompose.analysis.infer.steps import reduce

        return reduce(call, arguments, scope)
    return _HANDLERS[call.function](call, arguments, scope)


def _unknown(call: Call, scope: Scope) -> None:
    from rmcompose.analysis.infer.foreign import proposal

    scope.report.error(
        "RM201",
        f"unknown function `{call.function}`",
        call.name_span or call.span,
        label="not a function",
        help=proposal(call.function),
    )


def _counted(call: Call, scope: Scope) -> bool:
    fewest, most = FUNCTIONS[call.function]
    count = len(call.arguments)
    if count >= fewest and (most is None or count <= most):
        return True
    wanted = str(fewest) if most == fewest else f"at least {fewest}" if most is None else f"{fewest} or {most}"
    noun = "argument" if wanted == "1" or (most is None and fewest == 1) else "arguments"
    scope.report.error("RM301", f"`{call.function}` takes {wanted} {noun}, not {count}", call.name_span or call.span)
    return False


def _numbers(call: Call, arguments: Sequence[Inferred], scope: Scope) -> list[Inferred] | None:
    """All arguments as numbers, or None where one is not."""
    user = f"`{call.function}`"
    parts = zip(operands(call), arguments, strict=True)
    checked = [as_number(expression, value, scope.report, user) for expression, value in parts]
    return None if any(one.kind == "error" for one in checked) else checked


def _common(values: Sequence[Inferred]) -> InferredKind:
    return "int" if all(one.kind == "int" for one in values) else "float"


def _sequence(call: Call, arguments: Sequence[Inferred], scope: Scope) -> Inferred:
    if len(call.arguments) == 1 and arguments[0].kind == "list":
        if isinstance(call.arguments[0], ListOf):
            scope.report.error("RM301", f"`{call.function}` of an empty list", call.arguments[0].span)
            return ERROR
        # the items are known when the sample is read
        return numeric("float", interval.EVERYTHING, arguments[0].level)
    values = _numbers(call, arguments, scope)
    if values is None:
        return ERROR
    kind = "float" if call.function == "mean" else _common(values)
    bounds = safely(_SEQUENCES[call.function], [one.range for one in values])
    return numeric(kind, bounds, highest_level(values))


def _absolute(call: Call, arguments: Sequence[Inferred], scope: Scope) -> Inferred:
    values = _numbers(call, arguments, scope)
    if values is None:
        return ERROR
    return numeric(values[0].kind, interval.absolute(values[0].range), values[0].level)


def _rising(call: Call, arguments: Sequence[Inferred], scope: Scope) -> Inferred:
    values = _numbers(call, arguments, scope)
    if values is None:
        return ERROR
    value = values[0]
    outside = {"sqrt": value.high < 0, "log": value.high <= 0}
    if outside.get(call.function, False):
        scope.report.error(
            "RM302",
            f"`{call.function}` of a number that is never {'at least' if call.function == 'sqrt' else 'above'} 0",
            call.arguments[0].span,
            label=f"lies in {wording.interval(value.range)}",
        )
        return ERROR
    return numeric("float", safely(_RISING[call.function], value.range), value.level)


def _clamp(call: Call, arguments: Sequence[Inferred], scope: Scope) -> Inferred:
    values = _numbers(call, arguments, scope)
    if values is None:
        return ERROR
    value, low, high = values
    if low.low > high.high:
        scope.report.error(
            "RM302",
            "the bounds of `clamp` are the wrong way round",
            call.arguments[1].span,
            label=f"always above {wording.formula(call.arguments[2], 'the upper bound')}",
        )
        return ERROR
    return numeric(_common(values), interval.clamp(value.range, low.range, high.range), highest_level(values))


def _round(call: Call, arguments: Sequence[Inferred], scope: Scope) -> Inferred:
    value = as_number(call.arguments[0], arguments[0], scope.report, "`round`")
    digits = 0
    if len(call.arguments) > 1:
        told = _digits(call.arguments[1], arguments[1], scope)
        if told is None:
            return ERROR
        digits = told
    if value.kind == "error":
        return ERROR
    kind: InferredKind = "int" if digits == 0 or value.kind == "int" else "float"
    return numeric(kind, safely(interval.rounded, value.range, digits), value.level)


def _digits(expression: Expression, inferred: Inferred, scope: Scope) -> int | None:
    told = fixed(expression, inferred, scope)
    if told.state == "silent":
        return None
    if told.literal and isinstance(told.value, int) and not isinstance(told.value, bool):
        if 0 <= told.value <= MOST_DIGITS:
            return told.value
        code = "RM302"
    else:
        code = "RM301"
    scope.report.error(code, f"`round` takes a whole number of digits from 0 to {MOST_DIGITS}", expression.span)
    return None


def _normalize(call: Call, arguments: Sequence[Inferred], scope: Scope) -> Inferred:
    values = _numbers(call, arguments, scope)
    if values is None:
        return ERROR
    value = values[0]
    low, high = normalized_range(arguments[0])
    if math.isinf(low) or math.isinf(high) or low >= high:
        written = wording.formula(call.arguments[0])
        empty = low >= high
        scope.report.error(
            "RM302",
            "`normalize` needs a range that is wider than one value" if empty else "`normalize` needs a finite range",
            call.arguments[0].span,
            label=f"lies in {wording.interval((low, high))}",
            help=() if empty else (f"give it one: `normalize(clamp({written}, low, high))`",),
        )
        return ERROR
    return numeric("float", safely(interval.normalize, value.range, low, high), value.level)


def _piecewise(call: Call, arguments: Sequence[Inferred], scope: Scope) -> Inferred:
    from rmcompose.ir.constants import piecewise_points

    value = as_number(call.arguments[0], arguments[0], scope.report, "`piecewise`")
    points: list[Any] = []
    literal = True
    for expression, inferred in zip(call.arguments[1:], arguments[1:], strict=True):
        told = fixed(expression, inferred, scope)
        if told.state == "silent":
            return ERROR
        if told.state != "known":
            scope.report.error(
                "RM306",
                "the points of `piecewise` are constants",
                expression.span,
                label="known only when the sample is read" if told.state == "varies" else "not a finite number",
            )
            return ERROR
        points.append(told.value)
        literal = literal and told.literal
    try:
        pairs = piecewise_points(points)
    except ValueError as fault:
        scope.report.error("RM301", f"`piecewise`: {fault}", call.arguments[1].span)
        return ERROR
    if value.kind == "error":
        return ERROR
    if not literal:
        # the params may move the points; their own ranges are checked where they are set
        return numeric("float", interval.EVERYTHING, value.level)
    return numeric("float", safely(interval.piecewise, value.range, pairs), value.level)


def _length(call: Call, arguments: Sequence[Inferred], scope: Scope) -> Inferred:
    value = arguments[0]
    if value.kind in ("text", "enum", "list", "any", "error"):
        return numeric("int", (0, math.inf), value.level)
    scope.report.error(
        "RM301",
        f"`len` needs a text or a list, not {wording.kind_of(value)}",
        call.arguments[0].span,
        label=wording.kind_of(value),
    )
    return ERROR


def _lower(call: Call, arguments: Sequence[Inferred], scope: Scope) -> Inferred:
    value = as_text(call.arguments[0], arguments[0], scope.report, "`lower`")
    return ERROR if value.kind == "error" else texts(value.level, tuple(one.lower() for one in value.choices))


def _contains(call: Call, arguments: Sequence[Inferred], scope: Scope) -> Inferred:
    for expression, value in zip(call.arguments, arguments, strict=True):
        as_text(expression, value, scope.report, "`contains`")
    return boolean(level=highest_level(arguments))


def _matches(call: Call, arguments: Sequence[Inferred], scope: Scope) -> Inferred:
    as_text(call.arguments[0], arguments[0], scope.report, "`matches`")
    pattern = as_text(call.arguments[1], arguments[1], scope.report, "`matches`")
    told = fixed(call.arguments[1], pattern, scope)
    if told.state == "varies":
        scope.report.error(
            "RM306",
            "the pattern of `matches` is a constant",
            call.arguments[1].span,
            label="known only when the sample is read",
        )
    elif told.state == "known":
        from rmcompose.analysis.patterns import pattern_fault

        wrong = pattern_fault(told.value)
        if wrong is not None:
            scope.report.error("RM301", wrong, call.arguments[1].span, label="not a pattern")
    return boolean(level=arguments[0].level)


_HANDLERS: dict[str, Callable[[Call, Sequence[Inferred], Scope], Inferred]] = {
    "abs": _absolute,
    "clamp": _clamp,
    "round": _round,
    "sqrt": _rising,
    "exp": _rising,
    "log": _rising,
    "sigmoid": _rising,
    "tanh": _rising,
    "len": _length,
    "lower": _lower,
    "contains": _contains,
    "matches": _matches,
    "normalize": _normalize,
    "piecewise": _piecewise,
}
