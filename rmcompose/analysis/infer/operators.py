"""Ranges of the operators."""

from __future__ import annotations

import math
from collections.abc import Callable

from rmcompose.analysis import wording
from rmcompose.analysis.infer.demands import as_condition, as_number, as_text
from rmcompose.analysis.report import Report
from rmcompose.analysis.result import Inferred, InferredKind
from rmcompose.analysis.values import ERROR, boolean, highest_level, join, numeric
from rmcompose.ir import Binary, Constant, Expression, ListOf, Unary, interval
from rmcompose.ir.interval import BOOLEAN, Interval, safely

_ARITHMETIC: dict[str, Callable[[Interval, Interval], Interval]] = {
    "+": interval.add,
    "-": interval.subtract,
    "*": interval.multiply,
}
_NUMBERS = ("bool", "int", "float", "any")
_TEXTS = ("text", "enum", "any")


def unary(expression: Unary, operand: Inferred, report: Report) -> Inferred:
    """`-x`, `not x`."""
    if expression.op == "not":
        value = as_condition(expression.operand, operand, report, "`not`")
        return boolean(_not(value), value.level) if value.kind != "error" else boolean(level=value.level)
    value = as_number(expression.operand, operand, report, "`-`")
    return value if value.kind == "error" else numeric(value.kind, interval.negate(value.range), value.level)


def binary(expression: Binary, left: Inferred, right: Inferred, report: Report) -> Inferred:
    """Every operator with two sides."""
    match expression.op:
        case "and" | "or":
            return _logic(expression, left, right, report)
        case "??":
            return _fallback(expression, left, right, report)
        case "in":
            return _member(expression, left, right, report)
        case "+" | "-" | "*" | "/":
            return _arithmetic(expression, left, right, report)
        case _:
            return _comparison(expression, left, right, report)


def _not(value: Inferred) -> Interval:
    return 1 - value.high, 1 - value.low


def _logic(expression: Binary, left: Inferred, right: Inferred, report: Report) -> Inferred:
    user = f"`{expression.op}`"
    a = as_condition(expression.left, left, report, user)
    b = as_condition(expression.right, right, report, user)
    level = max(a.level, b.level)
    ranges = [BOOLEAN if one.kind == "error" else one.range for one in (a, b)]
    return boolean(interval.minimum(ranges) if expression.op == "and" else interval.maximum(ranges), level)


def _fallback(expression: Binary, left: Inferred, right: Inferred, report: Report) -> Inferred:
    joined = join(left, right)
    if joined is not None:
        return joined
    report.error(
        "RM301",
        f"`??` would give {wording.kind_of(right)} for a missing {wording.kind_of(left).removeprefix('a ')}",
        expression.right.span,
        label=wording.kind_of(right),
        labels=((expression.left.span, wording.kind_of(left)),),
    )
    return ERROR


def _arithmetic(expression: Binary, left: Inferred, right: Inferred, report: Report) -> Inferred:
    user = f"`{expression.op}`"
    a = as_number(expression.left, left, report, user)
    # `text + text` is one fault
    b = as_number(expression.right, right, report, user) if a.kind != "error" or left.kind == "error" else ERROR
    if expression.op == "/" and b.kind != "error" and b.low <= 0 <= b.high:
        _divisor(expression.right, b, report)
        return ERROR
    if "error" in (a.kind, b.kind):
        return ERROR
    level = max(a.level, b.level)
    if expression.op == "/":
        return numeric("float", safely(interval.divide, a.range, b.range), level)
    kind: InferredKind = "int" if a.kind == b.kind == "int" else "float"
    return numeric(kind, safely(_ARITHMETIC[expression.op], a.range, b.range), level)


def _divisor(divisor: Expression, value: Inferred, report: Report) -> None:
    always = value.low == value.high == 0
    written = wording.formula(divisor, "x")
    help_: tuple[str, ...] = ()
    if not always and value.kind == "int" and value.low == 0:
        help_ = (f"write `max({written}, 1)`, or ask first: `if {written} > 0 then … else …`",)
    elif not always:
        help_ = (f"ask first: `if {written} != 0 then … else …`, or move it off 0 with `max` or `clamp`",)
    report.error(
        "RM305",
        "the divisor is 0" if always else "the divisor can be 0",
        divisor.span,
        label=f"lies in {wording.interval(value.range)}",
        help=help_,
    )


def _comparison(expression: Binary, left: Inferred, right: Inferred, report: Report) -> Inferred:
    level = highest_level((left, right))
    if "error" in (left.kind, right.kind):
        return boolean(level=level)
    if left.kind == right.kind == "any":
        return boolean(level=level)
    if left.kind in _NUMBERS and right.kind in _NUMBERS:
        a = as_number(expression.left, left, report, "a comparison")
        b = as_number(expression.right, right, report, "a comparison")
        return boolean(interval.compare(expression.op, a.range, b.range), level)
    if left.kind in _TEXTS and right.kind in _TEXTS:
        return boolean(_compare_texts(expression, left, right, report), level)
    report.error(
        "RM301",
        f"{wording.kind_of(left)} cannot be compared with {wording.kind_of(right)}",
        expression.span,
        labels=(
            (expression.left.span, wording.kind_of(left)),
            (expression.right.span, wording.kind_of(right)),
        ),
    )
    return boolean(level=level)


def _compare_texts(expression: Binary, left: Inferred, right: Inferred, report: Report) -> Interval:
    if expression.op not in ("==", "!="):
        return BOOLEAN
    for literal, other in ((expression.right, left), (expression.left, right)):
        if not _is_choice(literal, other, report):
            return BOOLEAN
    if not left.choices or not right.choices:
        return BOOLEAN
    if not set(left.choices) & set(right.choices):
        equal: Interval = (0, 0)
    elif len(left.choices) == len(right.choices) == 1:
        equal = (1, 1)
    else:
        equal = BOOLEAN
    return equal if expression.op == "==" else (1 - equal[1], 1 - equal[0])


def _is_choice(literal: Expression, other: Inferred, report: Report) -> bool:
    """Whether a text literal is among the choices of the enum it meets; RM301 where it is not."""
    if other.kind != "enum" or not isinstance(literal, Constant) or literal.value in other.choices:
        return True
    report.error(
        "RM301",
        f'"{literal.value}" is not among the choices',
        literal.span,
        label=f"the choices are {wording.listed(other.choices)}" if other.choices else "",
        help=wording.did_you_mean(str(literal.value), other.choices),
    )
    return False


def _member(expression: Binary, left: Inferred, right: Inferred, report: Report) -> Inferred:
    level = highest_level((left, right))
    if "error" in (left.kind, right.kind):
        return boolean(level=level)
    if right.kind in ("text", "enum"):
        as_text(expression.left, left, report, "`in` a text")
        return boolean(level=level)
    if right.kind not in ("list", "any"):
        report.error(
            "RM301",
            f"`in` looks into a list or a text, not {wording.kind_of(right)}",
            expression.right.span,
            label=wording.kind_of(right),
        )
        return boolean(level=level)
    if left.kind == "list":
        report.error("RM301", "`in` looks for a number or a text, not a list", expression.left.span, label="a list")
        return boolean(level=level)
    if isinstance(expression.right, ListOf):
        return boolean(_in_literals(expression.right, left, report), level)
    return boolean(level=level)


def _in_literals(items: ListOf, left: Inferred, report: Report) -> Interval:
    """`x in [a, b]`: items of the wrong kind are RM301; decided where the choices of x are."""
    wanted = _TEXTS if left.kind in ("text", "enum") else _NUMBERS
    for item in items.items:
        if not isinstance(item, Constant) or left.kind == "any":
            continue
        if ("text" if isinstance(item.value, str) else "float") not in wanted:
            report.error(
                "RM301",
                f"{wording.kind_of(left)} is never equal to {wording.formula(item)}",
                item.span,
                label=f"not {wording.kind_of(left)}",
            )
            return BOOLEAN
        if not _is_choice(item, left, report):
            return BOOLEAN
    if not all(isinstance(item, Constant) for item in items.items):
        return BOOLEAN
    listed = {item.value for item in items.items if isinstance(item, Constant)}
    if left.choices:
        found = [choice in listed for choice in left.choices]
        return (1 if all(found) else 0), (1 if any(found) else 0)
    numbers = [value for value in listed if not isinstance(value, str) and math.isfinite(value)]
    if left.kind in ("int", "float") and numbers and len(numbers) == len(listed):
        inside = any(left.low <= value <= left.high for value in numbers)
        return (0, 1) if inside else (0, 0)
    return BOOLEAN
