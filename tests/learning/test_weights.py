"""Weights fitted to preferences: known ones come back, within bounds, the same each time, no better than told."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

import rmcompose as rm
from tests.learning.conftest import preferences, weighing

TRUE = {"a": 1.0, "b": -0.5, "c": 0.25}


def ratios(values):
    size = math.sqrt(sum(value**2 for value in values.values()))
    return np.array([value / size for value in values.values()])


@pytest.mark.parametrize("seed", range(4))
def test_known_weights_come_back(vote, seed):
    report = rm.fit(vote(weighing("abc")), preferences(TRUE, 1500, seed), strength=0.0, folds=2, resamples=50)
    assert list(report.values) == ["w_a", "w_b", "w_c"]
    assert ratios(report.values) == pytest.approx(ratios(TRUE), abs=0.1)
    # κ times the weights are the strengths that the pairs were drawn with
    assert np.array(list(report.values.values())) * report.scale == pytest.approx(
        6.0 * np.array(list(TRUE.values())), rel=0.2, abs=0.4
    )


def test_known_shares_of_a_mean_come_back(vote):
    true = {"a": 0.6, "b": 0.3, "c": 0.1}
    text = weighing("abc", "weighted_mean", "[0.0, 1.0]", "0.5")
    report = rm.fit(vote(text), preferences(true, 1500, 3, scale=8.0), strength=0.0, folds=2, resamples=50)
    values = np.array(list(report.values.values()))
    assert values / values.sum() == pytest.approx(np.array(list(true.values())), abs=0.06)


def logistic(rows, names, strength):
    """Ridge logistic regression on standardised differences, by Newton's method: what a weighted sum comes to."""
    apart = np.array([[row["chosen"][n] - row["rejected"][n] for n in names] for row in rows])
    sizes = np.sqrt((apart**2).mean(axis=0))
    beta = np.zeros(len(names))
    for _ in range(100):
        chance = 1 / (1 + np.exp(apart @ beta))
        gradient = -(apart * chance[:, None]).mean(axis=0) + strength * sizes**2 * beta
        curvature = (apart.T * (chance * (1 - chance))) @ apart / len(rows) + strength * np.diag(sizes**2)
        beta -= np.linalg.solve(curvature, gradient)
    return beta


@pytest.mark.parametrize("strength", [0.0, 0.01, 0.3])
def test_a_sum_is_ridge_logistic_regression(vote, strength):
    rows = preferences(TRUE, 200, 5)
    report = rm.fit(vote(weighing("abc")), rows, strength=strength, folds=2, resamples=0)
    expected = logistic(rows, "abc", strength)
    found = np.array(list(report.values.values()))
    assert found / np.linalg.norm(found) == pytest.approx(expected / np.linalg.norm(expected), abs=1e-3)
    assert found * report.scale == pytest.approx(expected, rel=5e-3, abs=5e-3)


def test_weights_stay_as_large_as_they_were_together(vote):
    report = rm.fit(vote(weighing("abc")), preferences(TRUE, 300), folds=2, resamples=0)
    assert sum(map(abs, report.values.values())) == pytest.approx(3.0, abs=0.01)


@pytest.mark.parametrize(("function", "bounds"), [("weighted_sum", "[0.5, 1.0]"), ("weighted_mean", "[0.2, 0.9]")])
def test_bounds_of_the_types_hold(vote, function, bounds):
    report = rm.fit(vote(weighing("abc", function, bounds, "0.7")), preferences(TRUE, 300), folds=3, resamples=0)
    low, high = json.loads(bounds)
    assert all(low <= value <= high for value in report.values.values())
    assert report.values["w_b"] == low  # what should be below 0 is as low as it may be
    assert all(low <= one <= high for param in report.params for one in param.folds)
    assert rm.loads(report.spec_text).scores([preferences(TRUE, 1)[0]])


def test_a_bound_does_not_bend_the_other_weights(vote):
    """With at most 1 for each and 8 to 1 between them, the smaller one gives way, not the ratio."""
    rows = preferences({"a": 0.8, "b": 0.1}, 2000, 1, scale=10.0)
    wide, narrow = (
        rm.fit(vote(weighing("ab", bounds=bounds)), rows, strength=0.0, folds=2, resamples=0).values
        for bounds in ("[-9.0, 9.0]", "[-1.0, 1.0]")
    )
    assert narrow["w_a"] == 1.0
    assert narrow["w_b"] / narrow["w_a"] == pytest.approx(wide["w_b"] / wide["w_a"], abs=2e-3)


def test_a_simplex_is_one(vote):
    text = weighing("abc", bounds="[-2.0, 2.0]")
    report = rm.fit(vote(text), preferences({"a": 0.6, "b": 0.4, "c": -0.3}, 400), simplex=True, folds=2, resamples=0)
    values = report.values
    assert math.fsum(values.values()) == pytest.approx(1.0, abs=1e-12)
    assert min(values.values()) >= 0.0
    assert values["w_c"] == 0.0
    assert values["w_a"] > values["w_b"] > 0.1
    for fold in report.assessment.folds:
        assert math.fsum(fold.learned.values.values()) == pytest.approx(1.0, abs=1e-12)


def test_a_simplex_that_bounds_forbid_is_told(vote):
    with pytest.raises(rm.FitError, match="never to 1"):
        rm.fit(
            vote(weighing("ab", bounds="[0.0, 0.4]", default="0.2")), preferences({"a": 1, "b": 0}, 40), simplex=True
        )


def test_the_same_seed_gives_the_same_report(vote):
    path, rows = vote(weighing("abc")), preferences(TRUE, 120)
    one, other = (rm.fit(path, rows, seed=3, resamples=100).as_dict() for _ in range(2))
    assert json.dumps(one) == json.dumps(other)
    another = rm.fit(path, rows, seed=4, resamples=100)
    assert [list(fold.held_out) for fold in another.assessment.folds] != one["folds"]


def test_the_order_of_rows_is_nothing_to_the_params(vote):
    path, rows = vote(weighing("abc")), preferences(TRUE, 150)
    one = rm.fit(path, rows, strength=0.01, resamples=0)
    other = rm.fit(path, rows[::-1], strength=0.01, resamples=0)
    assert one.values == pytest.approx(other.values, abs=2e-4)


def test_pairs_that_can_be_separated_do_not_run_away(vote):
    rows = preferences({"a": 1.0, "b": 0.3}, 120, scale=500.0)
    report = rm.fit(vote(weighing("ab")), rows, folds=4)
    assert report.figures["accuracy_after"].value > 0.95
    assert all(math.isfinite(value) for value in report.values.values())
    without = rm.fit(vote(weighing("ab")), rows, folds=4, strength=0.0)
    assert all(math.isfinite(value) for value in [*without.values.values(), without.scale])


def test_noise_is_told_to_be_noise(vote):
    rows = preferences({"a": 0.0, "b": 0.0, "c": 0.0}, 150, 7)
    report = rm.fit(vote(weighing("abc")), rows)
    assert report.within_noise
    assert any("within noise" in one for one in report.warnings)
    assert "within noise" in str(report)


def test_a_gain_is_told_to_be_one(vote):
    report = rm.fit(vote(weighing("abc")), preferences({"a": 1.0, "b": -1.0, "c": 0.0}, 400))
    gain = report.figures["accuracy_gain"]
    assert not report.within_noise
    assert 0 < gain.low < gain.value < gain.high
    assert "held out, the new spec is better in accuracy" in str(report)


def test_whole_weights_are_whole(vote):
    text = weighing("abc", default="1").replace("float[-2.0, 2.0]", "int[-10, 10]")
    report = rm.fit(vote(text), preferences(TRUE, 800), folds=2, resamples=0)
    assert all(type(value) is int for value in report.values.values())
    assert ratios(report.values) == pytest.approx(ratios(TRUE), abs=0.12)
    assert rm.loads(report.spec_text, path="x.rm")


def test_more_of_one_prompt_stays_on_one_side(vote):
    rows = preferences(TRUE, 90, prompts=9)
    report = rm.fit(vote(weighing("abc")), rows, folds=3, resamples=50)
    sides = [{rows[place]["prompt"] for place in fold.held_out} for fold in report.assessment.folds]
    assert all(not one & other for i, one in enumerate(sides) for other in sides[:i])
    assert report.counts.groups == 9
    assert report.figures["accuracy_after"].rows == 9


def test_a_group_may_be_named(vote):
    rows = [{**row, "metadata": {"source": f"s{n % 4}"}} for n, row in enumerate(preferences(TRUE, 80))]
    report = rm.fit(vote(weighing("abc")), rows, folds=2, group="metadata.source", resamples=0)
    assert report.counts.groups == 4


def test_weights_made_of_params(vote):
    """`weight 2 * w` and `weight w / 2` are the same fit as `weight w`, in other units."""
    rows = preferences({"a": 1.0, "b": 0.5}, 500, 2)
    plain = rm.fit(vote(weighing("ab", bounds="[-9.0, 9.0]")), rows, strength=0.0, folds=2, resamples=0).values
    text = weighing("ab", bounds="[-9.0, 9.0]").replace("weight w_a", "weight 2 * w_a").replace("t w_b", "t w_b / 2")
    made = rm.fit(vote(text), rows, strength=0.0, folds=2, resamples=0).values
    assert made["w_b"] / made["w_a"] == pytest.approx(4 * plain["w_b"] / plain["w_a"], rel=2e-3)


def test_weights_that_are_passed_on(vote):
    text = """\
rmcompose 1
composition inner -> float {
  input a: float[0, 1]
  input b: float[0, 1]
  param x: float[-2, 2] = 1.0
  param y: float[-2, 2] = 1.0
  aggregate t = weighted_sum { member a weight x  member b weight y }
  return t
}
composition vote -> float {
  param first:  float[-2, 2] = 1.0
  param second: float[-2, 2] = 1.0
  compose c = inner(x = first, y = second)
  return c
}
"""
    rows = preferences({"a": 1.0, "b": -0.5}, 400)
    report = rm.fit(f"{vote(text)}::vote", rows, strength=0.0, folds=2, resamples=0)
    assert report.values["second"] / report.values["first"] == pytest.approx(-0.5, abs=0.1)
    direct = rm.fit(f"{vote(text)}::inner", rows, strength=0.0, folds=2, resamples=0)
    assert list(direct.values.values()) == pytest.approx(list(report.values.values()))
    assert "param x: float[-2, 2] = 1.0" in report.spec_text
    with pytest.raises(rm.FitError, match="is a param of `inner`"):
        rm.fit(f"{vote(text)}::vote", rows, fitted=["c.x"])


def test_params_of_any_formula(vote):
    """A reward a·x - b·y written as a formula, with a length budget that bends it."""
    text = """\
rmcompose 1
composition vote -> float {
  input a: float[0, 1]
  input b: float[0, 1]
  param up: float[0, 5] = 1.0
  param knee: float[0.1, 0.9] = 0.2
  return up * a - clamp(b - knee, 0.0, 1.0)
}
"""
    import random

    draw = random.Random(1)
    rows = []
    for number in range(1500):
        pair = [{"a": draw.random(), "b": draw.random()} for _ in range(2)]
        strength = [0.8 * one["a"] - max(one["b"] - 0.6, 0.0) for one in pair]
        if draw.random() > 1 / (1 + math.exp(-20 * (strength[0] - strength[1]))):
            pair.reverse()
        rows.append({"prompt": str(number), "chosen": {"text": "c", **pair[0]}, "rejected": {"text": "r", **pair[1]}})
    report = rm.fit(vote(text), rows, fitted=["up", "knee"], strength=0.0, folds=2, resamples=50)
    assert report.values["knee"] == pytest.approx(0.6, abs=0.08)
    assert report.values["up"] == pytest.approx(0.8, abs=0.15)
    assert not report.within_noise
