"""The law of ranges: whatever a formula gives lies in the range that was inferred for it."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from rmcompose.analysis.infer import infer
from rmcompose.analysis.report import Report
from rmcompose.analysis.result import RESPONSE, Inferred
from rmcompose.analysis.scope import Scope
from rmcompose.ir import Arm, Binary, Call, Constant, Expression, If, ListOf, Name, Route, Unary
from rmcompose.ir.arithmetic import NonFinite
from rmcompose.ir.constants import evaluate
from rmcompose.ir.interval import slack

INTS = [f"i{i}" for i in range(3)]
FLOATS = [f"f{i}" for i in range(3)]
BOOLS = ["b0", "b1"]

small = st.integers(-3, 3) | st.floats(-2, 2, allow_nan=False)
literals = small | st.integers(-(10**20), 10**20) | st.floats(-1e200, 1e200, allow_nan=False)


def _constant(value):
    return Constant(value=value)


def _call(name, *arguments):
    return Call(function=name, arguments=arguments)


def _extend(numbers, bools):
    """Strategies one level deeper."""
    pair = st.tuples(numbers, numbers)
    points = st.lists(st.tuples(small, small), min_size=1, max_size=4, unique_by=lambda p: p[0]).map(sorted)
    several = st.lists(numbers | bools, min_size=1, max_size=4)
    more_numbers = st.one_of(
        st.builds(lambda op, p: Binary(op=op, left=p[0], right=p[1]), st.sampled_from(["+", "-", "*", "/"]), pair),
        st.builds(lambda p: Binary(op="??", left=p[0], right=p[1]), pair),
        st.builds(lambda a: Unary(op="-", operand=a), numbers | bools),
        st.builds(_call, st.sampled_from(["abs", "sqrt", "exp", "log", "sigmoid", "tanh"]), numbers | bools),
        st.builds(lambda f, a: _call(f, *a), st.sampled_from(["min", "max", "mean", "sum"]), several),
        st.builds(
            lambda f, a: _call(f, ListOf(items=tuple(a))), st.sampled_from(["min", "max", "mean", "sum"]), several
        ),
        st.builds(_call, st.just("clamp"), numbers, numbers, numbers),
        st.builds(lambda a, d: _call("round", a, _constant(d)), numbers, st.integers(0, 4)),
        st.builds(_call, st.just("round"), numbers),
        st.builds(
            lambda a, ps: _call("piecewise", a, *(ListOf(items=(_constant(x), _constant(y))) for x, y in ps)),
            numbers,
            points,
        ),
        st.builds(lambda c, p: If(condition=c, then=p[0], otherwise=p[1]), bools, pair),
        st.builds(
            lambda c1, c2, p, e: Route(arms=(Arm(when=c1, then=p[0]), Arm(when=c2, then=p[1])), otherwise=e),
            bools,
            bools,
            pair,
            numbers,
        ),
    )
    more_bools = st.one_of(
        st.builds(
            lambda op, p: Binary(op=op, left=p[0], right=p[1]),
            st.sampled_from(["==", "!=", "<", "<=", ">", ">="]),
            st.tuples(numbers | bools, numbers | bools),
        ),
        st.builds(lambda op, a, b: Binary(op=op, left=a, right=b), st.sampled_from(["and", "or"]), bools, bools),
        st.builds(lambda a: Unary(op="not", operand=a), bools),
        st.builds(
            lambda a, items: Binary(op="in", left=a, right=ListOf(items=tuple(map(_constant, items)))),
            numbers,
            st.lists(small, max_size=3),
        ),
    )
    return more_numbers, more_bools


def _expressions():
    numbers = st.sampled_from(INTS + FLOATS).map(lambda n: Name(name=n)) | literals.map(_constant)
    bools = st.sampled_from(BOOLS).map(lambda n: Name(name=n)) | st.booleans().map(_constant)
    for _ in range(3):
        deeper_numbers, deeper_bools = _extend(numbers, bools)
        numbers, bools = numbers | deeper_numbers, bools | deeper_bools
    return numbers | bools


@st.composite
def worlds(draw):
    """Names with a range and a value in it."""
    known, values = {}, {}
    bounds = st.integers(-5, 5) | st.sampled_from([-math.inf, math.inf])
    for name in INTS:
        low, high = sorted((draw(bounds), draw(bounds)))
        low, high = (-math.inf if low == math.inf else low), (math.inf if high == -math.inf else high)
        floor = -(10**6) if math.isinf(low) else low
        values[name] = draw(st.integers(floor, max(floor, 10**6 if math.isinf(high) else high)))
        known[name] = Inferred("int", low, high, level=RESPONSE)
    for name in FLOATS:  # `+ 0.0` because there is no float from 0 to -0.0
        low, high = sorted((draw(small) + 0.0, draw(small) + 0.0))
        values[name] = draw(st.floats(low, high))
        known[name] = Inferred("float", low, high, level=RESPONSE)
    for name in BOOLS:
        values[name] = draw(st.booleans())
        known[name] = Inferred("bool", 0, 1, level=RESPONSE)
    return known, values


def _within(value, low, high):
    return low - slack(low) <= value <= high + slack(high)


@settings(max_examples=1500, deadline=None)
@given(_expressions(), worlds())
def test_a_value_lies_in_its_inferred_range(expression: Expression, world):
    known, values = world
    scope = Scope(Report(), declared=dict.fromkeys(known), values=known)
    inferred = infer(expression, scope)
    if inferred.kind == "error":
        assert scope.report.failed
        return
    assert inferred.low <= inferred.high
    try:
        value = evaluate(expression, values)
    except (NonFinite, OverflowError):
        return
    assert _within(value, inferred.low, inferred.high), (value, inferred)
    if inferred.kind == "bool":
        assert isinstance(value, bool)
    if inferred.kind == "int":
        assert isinstance(value, int)
