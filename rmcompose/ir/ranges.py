"""The range of a formula when only the ranges of its names are known.

Used where a checked formula is planned and run; the analysis infers types together with ranges and tells the faults.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rmcompose.ir import interval
from rmcompose.ir.arithmetic import GROUP, NonFinite
from rmcompose.ir.constants import NotConstant, evaluate, piecewise_points
from rmcompose.ir.expressions import Binary, Call, Constant, Expression, If, ListOf, Name, Route, Unary
from rmcompose.ir.interval import BOOLEAN, EVERYTHING, Interval
from rmcompose.ir.walk import transform

ARITHMETIC: dict[str, Callable[[Interval, Interval], Interval]] = {
    "+": interval.add,
    "-": interval.subtract,
    "*": interval.multiply,
    "/": interval.divide,
}
COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
SEQUENCES: dict[str, Callable[[Sequence[Interval]], Interval]] = {
    "min": interval.minimum,
    "max": interval.maximum,
    "mean": interval.mean,
    "sum": interval.total,
}
STRICT_FUNCTIONS: dict[str, Callable[[Interval], Interval]] = {
    "abs": interval.absolute,
    "sqrt": interval.square_root,
    "exp": interval.exponential,
    "log": interval.logarithm,
    "sigmoid": interval.sigmoid,
    "tanh": interval.tangent_hyperbolic,
}
"""Functions of one number whose value is unknown wherever the number is."""

GROUP_RANGES: dict[str, Interval] = {
    "minmax": (0.0, 1.0),
    "best": BOOLEAN,
    "rank": (1, EVERYTHING[1]),
    "zscore": EVERYTHING,
}
assert GROUP_RANGES.keys() == GROUP.keys()

NORMALIZED = "normalized"
"""`normalize(x)` of a checked formula is planned as the call `normalized(x, low, high)`."""


def range_of(expression: Expression, names: Mapping[str, Interval | None]) -> Interval | None:
    """The closed range of the values, or None where they are not numbers."""
    try:
        reach = _range_of(expression, names)
    except OverflowError:
        return EVERYTHING
    return reach if reach is None else interval.bounded(reach)


def _range_of(expression: Expression, names: Mapping[str, Interval | None]) -> Interval | None:
    match expression:
        case Constant():
            value = expression.value
            return None if isinstance(value, str) else (value, value)
        case Name():
            return names.get(expression.name)
        case Unary():
            inner = range_of(expression.operand, names)
            if inner is None:
                return None
            return interval.negate(inner) if expression.op == "-" else (1 - inner[1], 1 - inner[0])
        case Binary():
            return _binary(expression, names)
        case If():
            return _either(_reachable([(expression.condition, expression.then)], expression.otherwise, names), names)
        case Route():
            arms = [(arm.when, arm.then) for arm in expression.arms]
            if isinstance(expression.subject, Constant):
                arms = [(Binary(op="==", left=expression.subject, right=when), then) for when, then in arms]
            elif expression.subject is not None:
                ends = [expression.otherwise] if expression.otherwise is not None else []
                return _either([*(then for _, then in arms), *ends], names)
            return _either(_reachable(arms, expression.otherwise, names), names)
        case Call():
            return _call(expression, names)
        case _:
            return None


def _reachable(
    arms: Sequence[tuple[Expression, Expression]],
    otherwise: Expression | None,
    names: Mapping[str, Interval | None],
) -> list[Expression]:
    """The values that conditions in turn can lead to: up to the first that surely holds, without those that cannot."""
    found: list[Expression] = []
    for when, then in arms:
        decided = _condition(when, names)
        if decided[1] >= 1:
            found.append(then)
        if decided[0] >= 1:
            return found
    return found if otherwise is None else [*found, otherwise]


def _condition(when: Expression, names: Mapping[str, Interval | None]) -> Interval:
    try:
        value = evaluate(when, {})
    except (NotConstant, NonFinite):
        return range_of(when, names) or BOOLEAN
    return int(bool(value)), int(bool(value))


def _either(expressions: Sequence[Expression], names: Mapping[str, Interval | None]) -> Interval | None:
    ranges = [range_of(one, names) for one in expressions]
    known = [one for one in ranges if one is not None]
    return interval.hull_of(known) if known and len(known) == len(ranges) else None


def _binary(expression: Binary, names: Mapping[str, Interval | None]) -> Interval | None:
    op = expression.op
    if op == "in":
        return BOOLEAN
    left, right = range_of(expression.left, names), range_of(expression.right, names)
    if left is None or right is None:
        return BOOLEAN if op in COMPARISONS else None
    if op in ARITHMETIC:
        return ARITHMETIC[op](left, right)
    if op in COMPARISONS:
        return interval.compare(op, left, right)
    if op == "??":
        return interval.hull(left, right)
    return interval.minimum([left, right]) if op == "and" else interval.maximum([left, right])


def _call(expression: Call, names: Mapping[str, Interval | None]) -> Interval | None:
    function, arguments = expression.function, expression.arguments
    if function in GROUP_RANGES:
        return GROUP_RANGES[function]
    if function in ("contains", "matches"):
        return BOOLEAN
    if function == "len":
        return 0, EVERYTHING[1]
    items = arguments
    if function in SEQUENCES and len(arguments) == 1 and isinstance(arguments[0], ListOf):
        items = arguments[0].items
    ranges = [range_of(one, names) for one in items]
    first = ranges[0] if ranges else None
    if function == "piecewise":
        try:
            points = piecewise_points([evaluate(one, {}) for one in arguments[1:]])
        except (NotConstant, ValueError):
            return EVERYTHING
        return interval.piecewise(first or EVERYTHING, points)
    known = [one for one in ranges if one is not None]
    if not known or len(known) != len(ranges):
        return None if function == "lower" else EVERYTHING
    if function in SEQUENCES:
        return SEQUENCES[function](known)
    if function in STRICT_FUNCTIONS:
        return STRICT_FUNCTIONS[function](known[0])
    if function == "clamp":
        return interval.clamp(known[0], known[1], known[2])
    if function == "round":
        return interval.rounded(known[0], int(known[1][0]) if len(known) > 1 else 0)
    if function == NORMALIZED:
        return interval.normalize(known[0], known[1][0], known[2][0])
    return EVERYTHING


def rename(expression: Expression, names: Mapping[str, Expression]) -> Expression:
    """The expression with names replaced; names that are not in `names` stay."""
    return transform(expression, lambda one: names.get(one.name, one) if isinstance(one, Name) else one)
