"""Range arithmetic: what values an operator can give when all that is known of its operands is a closed range.

Used by the analysis (ranges declared in the spec) and by the runtime (a value that is unscored stands for its whole
range). A range is a pair (low, high) with low ≤ high; bounds may be infinite. The endpoints are computed with the same
operations as values are, so for operations that rise or fall steadily a range of one point gives the value itself.
Source of the rules: R. E. Moore, Methods and Applications of Interval Analysis, 1979; 0 times anything finite is 0.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from typing import Any

from rmcompose.ir import arithmetic
from rmcompose.ir.arithmetic import Number

Interval = tuple[Number, Number]

EVERYTHING: Interval = (-math.inf, math.inf)
BOOLEAN: Interval = (0, 1)


LARGEST = sys.float_info.max
"""The largest finite number. Ints can be larger, and are then no more finite than a float that overflows."""


def bounded(reach: Interval) -> Interval:
    """The range with bounds that fit a float: whole numbers too large for one are infinite, NaN is unknown.

    What cannot be finite at all is no value, and nothing follows from it: its range is everything.
    """
    low, high = _bound(reach[0], -math.inf), _bound(reach[1], math.inf)
    return EVERYTHING if low > LARGEST or high < -LARGEST else (low, high)


def _bound(value: Number, unknown: float) -> Number:
    if -LARGEST <= value <= LARGEST:
        return value
    if value > 0:
        return math.inf
    return -math.inf if value < 0 else unknown


def safely(operation: Callable[..., Interval], *operands: Any) -> Interval:
    """The range an operation gives, everything where its bounds do not fit a float."""
    try:
        return bounded(operation(*operands))
    except OverflowError:
        return EVERYTHING


def hull(a: Interval, b: Interval) -> Interval:
    """The smallest range that holds both."""
    return min(a[0], b[0]), max(a[1], b[1])


def hull_of(ranges: Sequence[Interval]) -> Interval:
    """The smallest range that holds all of them (at least one)."""
    return min(r[0] for r in ranges), max(r[1] for r in ranges)


def is_point(a: Interval) -> bool:
    """Whether the range is one value."""
    return a[0] == a[1]


def _open(reach: Interval, *operands: Interval) -> Interval:
    """The range of an operation that needs all of its operands: a point only where each of them is.

    Rounding can swallow what is not known, as in 1e308 + x. The range is then kept wider than a point, so that what is
    unscored stays so, however much else is known when it is asked.
    """
    if reach[0] != reach[1] or all(map(is_point, operands)) or math.isinf(reach[0]):
        return reach
    return math.nextafter(reach[0], -math.inf), math.nextafter(reach[1], math.inf)


def add(a: Interval, b: Interval) -> Interval:
    """a + b."""
    return _open(_sound(a[0] + b[0], a[1] + b[1]), a, b)


def subtract(a: Interval, b: Interval) -> Interval:
    """a - b."""
    return _open(_sound(a[0] - b[1], a[1] - b[0]), a, b)


def negate(a: Interval) -> Interval:
    """-a."""
    return -a[1], -a[0]


def _times(x: Number, y: Number) -> Number:
    # an infinite bound stands for large finite values, and 0 times those is 0
    return 0 if x == 0 or y == 0 else x * y


def multiply(a: Interval, b: Interval) -> Interval:
    """a * b."""
    corners = (_times(a[0], b[0]), _times(a[0], b[1]), _times(a[1], b[0]), _times(a[1], b[1]))
    return min(corners), max(corners)


def divide(a: Interval, b: Interval) -> Interval:
    """a / b; everything where b can be 0."""
    if b[0] <= 0 <= b[1]:
        return EVERYTHING
    corners = [_quotient(x, y) for x in a for y in b]
    return min(corners), max(corners)


def _quotient(x: Number, y: Number) -> Number:
    if math.isinf(y):
        return 0.0 if not math.isinf(x) else math.copysign(math.inf, x) * math.copysign(1, y)
    return x / y


def _sound(low: Number, high: Number) -> Interval:
    # inf - inf: nothing is known on that side
    return (-math.inf if low != low else low), (math.inf if high != high else high)  # noqa: PLR0124  # NaN test


def absolute(a: Interval) -> Interval:
    """|a|."""
    if a[0] >= 0:
        return a
    if a[1] <= 0:
        return negate(a)
    return 0, max(-a[0], a[1])


def minimum(ranges: Sequence[Interval]) -> Interval:
    """min of several."""
    return min(r[0] for r in ranges), min(r[1] for r in ranges)


def maximum(ranges: Sequence[Interval]) -> Interval:
    """max of several."""
    return max(r[0] for r in ranges), max(r[1] for r in ranges)


def clamp(a: Interval, low: Interval, high: Interval) -> Interval:
    """The range of `clamp` of a value between two bounds."""
    if low[1] > high[0]:
        # where the bounds may be the wrong way round the result no longer rises with a; it still is one of the two,
        # or lies between them
        return min(low[0], high[0]), max(low[1], high[1])
    return arithmetic.clamp(a[0], low[0], high[0]), arithmetic.clamp(a[1], low[1], high[1])


def rounded(a: Interval, digits: int = 0) -> Interval:
    """round(a, digits)."""
    low, high = (x if math.isinf(x) else arithmetic.rounded(x, digits) for x in a)
    return low, high


def total(ranges: Sequence[Interval]) -> Interval:
    """The sum in the order given."""
    reach = _sound(arithmetic.total([r[0] for r in ranges]), arithmetic.total([r[1] for r in ranges]))
    return _open(reach, *ranges)


def mean(ranges: Sequence[Interval]) -> Interval:
    """The mean in the order given."""
    low, high = total(ranges)
    return _open((low / len(ranges), high / len(ranges)), *ranges)


def weighted_sum(ranges: Sequence[Interval], weights: Sequence[Number]) -> Interval:
    """Σ w·x with known weights, in the order given."""
    terms = [multiply((w, w), r) for r, w in zip(ranges, weights, strict=True)]
    return total(terms)


def weighted_mean(ranges: Sequence[Interval], weights: Sequence[Number]) -> Interval:
    """Σ w·x / Σ w with known weights."""
    reach = weighted_sum(ranges, weights)
    share = arithmetic.total(weights)
    return _open(divide(reach, (share, share)), reach)


def median(ranges: Sequence[Interval]) -> Interval:
    """The median: it rises with every operand."""
    return arithmetic.median([r[0] for r in ranges]), arithmetic.median([r[1] for r in ranges])


def product(ranges: Sequence[Interval]) -> Interval:
    """The product in the order given."""
    result: Interval = (1, 1)
    for one in ranges:
        result = multiply(result, one)
    return result


def _mean_of_positive(ranges: Sequence[Interval], name: str) -> Interval:
    # both means rise with every operand and lie between the least and the greatest operand
    function = arithmetic.geometric_mean if name == "geometric" else arithmetic.harmonic_mean
    low = function([max(r[0], 0) for r in ranges])
    if all(math.isfinite(r[1]) for r in ranges):
        return low, function([max(r[1], 0) for r in ranges])
    if any(r[1] <= 0 for r in ranges):
        return low, 0.0
    return low, math.inf


def geometric_mean(ranges: Sequence[Interval]) -> Interval:
    """The geometric mean of operands of at least 0."""
    return _mean_of_positive(ranges, "geometric")


def harmonic_mean(ranges: Sequence[Interval]) -> Interval:
    """The harmonic mean of operands of at least 0."""
    return _mean_of_positive(ranges, "harmonic")


def square_root(a: Interval) -> Interval:
    """√a for what of a is at least 0."""
    return _open((math.sqrt(max(a[0], 0)), math.inf if math.isinf(a[1]) else math.sqrt(max(a[1], 0))), a)


def exponential(a: Interval) -> Interval:
    """e^a."""
    return _open((_exp(a[0]), _exp(a[1])), a)


def _exp(x: Number) -> float:
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


def logarithm(a: Interval) -> Interval:
    """ln a for what of a is above 0."""
    low = -math.inf if a[0] <= 0 else math.log(a[0])
    high = math.inf if math.isinf(a[1]) else (-math.inf if a[1] <= 0 else math.log(a[1]))
    return _open((low, high), a)


def sigmoid(a: Interval) -> Interval:
    """The logistic function."""
    return _open((arithmetic.sigmoid(a[0]), arithmetic.sigmoid(a[1])), a)


def tangent_hyperbolic(a: Interval) -> Interval:
    """tanh."""
    return _open((math.tanh(a[0]), math.tanh(a[1])), a)


def normalize(a: Interval, low: Number, high: Number) -> Interval:
    """(a - low) / (high - low)."""
    return _open((arithmetic.normalize(a[0], low, high), arithmetic.normalize(a[1], low, high)), a)


def piecewise(a: Interval, points: Sequence[tuple[Number, Number]]) -> Interval:
    """The piecewise linear function: its ends and every corner within."""
    ends = [arithmetic.piecewise(max(min(x, points[-1][0]), points[0][0]), points) for x in a]
    inside = [y for x, y in points if a[0] < x < a[1]]
    values = [*ends, *inside]
    return min(values), max(values)


def compare(op: str, a: Interval, b: Interval) -> Interval:
    """A comparison as a range of a bool: (1, 1) surely true, (0, 0) surely false, (0, 1) open."""
    if op in (">", ">="):
        return compare("<" if op == ">" else "<=", b, a)
    if op in ("==", "!="):
        if a[1] < b[0] or b[1] < a[0]:
            equal: Interval = (0, 0)
        elif a[0] == a[1] == b[0] == b[1]:
            equal = (1, 1)
        else:
            equal = BOOLEAN
        return equal if op == "==" else (1 - equal[1], 1 - equal[0])
    if op == "<":
        return (1, 1) if a[1] < b[0] else (0, 0) if a[0] >= b[1] else BOOLEAN
    return (1, 1) if a[1] <= b[0] else (0, 0) if a[0] > b[1] else BOOLEAN


def at_least(ranges: Sequence[Interval], k: Number) -> Interval:
    """Whether at least k of several bools are true."""
    sure = sum(r[0] >= 1 for r in ranges)
    possible = sum(r[1] >= 1 for r in ranges)
    return (1 if sure >= k else 0), (1 if possible >= k else 0)


def contains_range(outer: Interval, inner: Interval, tolerance: float = 1e-9) -> bool:
    """Whether `inner` lies within `outer`, but for rounding: a bound may be off by `tolerance` of its size."""
    return inner[0] >= outer[0] - slack(outer[0], tolerance) and inner[1] <= outer[1] + slack(outer[1], tolerance)


def slack(bound: Number, tolerance: float = 1e-9) -> float:
    """How far past a bound rounding may carry a value."""
    return 0.0 if math.isinf(bound) else tolerance * max(1.0, abs(bound))
