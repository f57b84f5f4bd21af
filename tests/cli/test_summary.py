"""The streaming summary against exact arithmetic in two passes."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmcompose.cli.summary import Moments, Summary

numbers = st.floats(-1e6, 1e6, allow_nan=False)


@given(st.lists(numbers, min_size=1, max_size=60))
def test_moments_equal_two_exact_passes(values):
    moments = Moments()
    for value in values:
        moments.add(value)
    exact = [Fraction(value) for value in values]
    mean = sum(exact) / len(exact)
    variance = sum((value - mean) ** 2 for value in exact) / len(exact)
    assert moments.count == len(values)
    assert moments.mean == pytest.approx(float(mean), rel=1e-9, abs=1e-6)
    assert moments.std == pytest.approx(math.sqrt(variance), rel=1e-7, abs=1e-6)
    assert (moments.low, moments.high) == (min(values), max(values))


def test_moments_keep_their_digits_far_from_zero():
    moments = Moments()
    for value in (1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16):
        moments.add(value)
    assert moments.std == pytest.approx(math.sqrt(22.5))


def test_nothing_has_no_mean():
    assert Moments().as_dict() == {"mean": None, "std": None, "min": None, "max": None}
    assert Summary().as_dict()["score"]["mean"] is None


def node(value, status="scored", reason=None, **more):
    return {"value": value, "status": status, "reason": reason, "ms": 0.1, "calls": 0, "tokens": 0, **more}


def test_rows_are_counted():
    lost = {"kind": "missing_input", "node": "same", "message": "the sample has no `reference`"}
    summary = Summary()
    summary.add(
        {
            "responses": [
                {"score": 0.5, "reason": None, "nodes": {"same": node(1.0), "j": node(3, calls=2, tokens=9)}},
                {"score": None, "reason": lost, "nodes": {"same": node(None, "unscored", lost)}},
            ]
        }
    )
    summary.add({"responses": [{"score": 1.0, "reason": None, "nodes": {"j": node(None, "skipped", "a gate")}}]})
    found = summary.as_dict()
    assert (found["samples"], found["responses"], found["scored"]) == (2, 3, 2)
    assert (found["unscored"], found["unscored_samples"]) == ({"missing_input": 1}, 1)
    assert found["score"] == {"mean": 0.75, "std": 0.25, "min": 0.5, "max": 1.0}
    assert found["nodes"]["same"]["unscored"] == {"missing_input": 1}
    assert [found["nodes"]["j"][key] for key in ("scored", "skipped", "mean", "calls", "tokens")] == [1, 1, 3, 2, 9]


@given(st.lists(st.lists(st.one_of(st.none(), numbers), max_size=4), max_size=20))
def test_every_response_is_scored_or_unscored(samples):
    summary = Summary()
    for scores in samples:
        summary.add({"responses": [{"score": s, "reason": {"kind": "timeout"}, "nodes": {}} for s in scores]})
    found = summary.as_dict()
    assert found["samples"] == len(samples)
    assert found["scored"] + sum(found["unscored"].values()) == found["responses"] == sum(map(len, samples))
    assert found["unscored_samples"] == sum(None in scores for scores in samples)
