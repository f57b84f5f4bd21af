"""Thresholds and scales fitted to labels, held against plain ways of computing the same."""

from __future__ import annotations

import math
import random
from itertools import pairwise

import numpy as np
import pytest

import rmcompose as rm
from tests.learning.conftest import preferences, weighing

GATE = """\
rmcompose 1
composition ok -> bool {
  input x: float[0, 1]
  param cut: float[0, 1] = 0.1
  return x >= cut
}
"""
PLATT = """\
rmcompose 1
composition chance -> score[0, 1] {
  input x: float[0, 1]
  param a: float[-50, 50] = 1.0
  param b: float[-50, 50] = 0.0
  return sigmoid(a * x + b)
}
"""


def labelled(count, seed=0, steep=12.0, middle=0.62, digits=6):
    draw = random.Random(seed)
    rows = []
    for number in range(count):
        x = round(draw.random(), digits)
        good = draw.random() < 1 / (1 + math.exp(-steep * (x - middle)))
        rows.append({"prompt": f"p{number}", "response": "r", "x": x, "label": {"good": good}})
    return rows


def balanced(rows, cut):
    sides = [[(row["x"] >= cut) == good for row in rows if row["label"]["good"] is good] for good in (True, False)]
    return sum(sum(side) / len(side) for side in sides) / 2


@pytest.mark.parametrize("seed", range(3))
def test_a_threshold_is_the_best_there_is(vote, seed):
    rows = labelled(150, seed)
    report = rm.fit(vote(GATE), rows, calibrate="threshold=cut", label="label.good", resamples=50)
    values = sorted(row["x"] for row in rows)
    best = max(balanced(rows, cut) for cut in [0.0, *((a + b) / 2 for a, b in pairwise(values)), 1.0])
    assert balanced(rows, report.values["cut"]) == pytest.approx(best)
    assert report.training["accuracy"] == pytest.approx(best)
    assert len(str(report.values["cut"])) <= 8
    new = rm.loads(report.spec_text)
    assert [score for [score] in new.scores(rows)] == [float(row["x"] >= report.values["cut"]) for row in rows]


def test_a_threshold_is_judged_on_folds_it_was_not_chosen_on(vote):
    rows = labelled(120, 4)
    report = rm.fit(vote(GATE), rows, calibrate="threshold=cut", label="label.good", folds=4, resamples=100)
    right = {}
    for fold in report.assessment.folds:
        for place in fold.held_out:
            right[int(place)] = (rows[place]["x"] >= fold.learned.values["cut"]) == rows[place]["label"]["good"]
    sides = [[right[n] for n, row in enumerate(rows) if row["label"]["good"] is good] for good in (True, False)]
    assert report.figures["accuracy_after"].value == pytest.approx(sum(sum(s) / len(s) for s in sides) / 2)
    assert report.figures["accuracy_before"].value == pytest.approx(balanced(rows, 0.1))
    assert not report.within_noise


def test_a_threshold_of_pairs(vote):
    """The gate's threshold that gets most pairs right, of a whole number in a rule's argument or a comparison alike."""
    text = """\
rmcompose 1
composition x -> float {
  input response: text
  param most: int[1, 20] = 20
  rule words = word_count(text = response)
  return if words <= most then 1.0 else 0.0
}
"""
    rows = [{"prompt": str(n), "chosen": "w " * (1 + n % 7), "rejected": "w " * (8 + n % 9)} for n in range(60)]
    report = rm.fit(vote(text), rows, calibrate="threshold=most", resamples=50)
    assert report.values == {"most": 7}
    assert type(report.values["most"]) is int
    assert report.figures["accuracy_after"].value == 1.0


def newton(xs, targets):
    """Platt's two parameters by Newton's method."""
    a = b = 0.0
    for _ in range(100):
        chance = 1 / (1 + np.exp(-(a * xs + b)))
        gradient = np.array([((chance - targets) * xs).sum(), (chance - targets).sum()])
        weight = chance * (1 - chance)
        curvature = np.array([[(weight * xs * xs).sum(), (weight * xs).sum()], [(weight * xs).sum(), weight.sum()]])
        a, b = np.array([a, b]) - np.linalg.solve(curvature, gradient)
    return a, b


def test_platt_is_platt(vote):
    rows = labelled(250, 3)
    report = rm.fit(vote(PLATT), rows, calibrate="platt=a,b", label="label.good", resamples=50)
    xs = np.array([row["x"] for row in rows])
    good = np.array([row["label"]["good"] for row in rows])
    up, down = (good.sum() + 1) / (good.sum() + 2), 1 / ((~good).sum() + 2)
    a, b = newton(xs, np.where(good, up, down))
    assert report.values["a"] == pytest.approx(a, rel=1e-3)
    assert report.values["b"] == pytest.approx(b, rel=1e-3)
    assert report.main == "loss_gain"
    assert not report.within_noise
    assert report.figures["error_after"].value < report.figures["error_before"].value


def pava(xs, ys):
    """Isotonic regression: pool adjacent violators (Barlow et al. 1972), equal xs together."""
    means = {x: [y for one, y in zip(xs, ys, strict=True) if one == x] for x in sorted(set(xs))}
    blocks = [[sum(some) / len(some), len(some), [x]] for x, some in means.items()]
    at = 0
    while at < len(blocks) - 1:
        if blocks[at][0] >= blocks[at + 1][0]:
            one, other = blocks[at], blocks.pop(at + 1)
            total = one[1] + other[1]
            blocks[at] = [(one[0] * one[1] + other[0] * other[1]) / total, total, one[2] + other[2]]
            at = max(at - 1, 0)
        else:
            at += 1
    return {x: value for value, _, members in blocks for x in members}


def test_isotonic_is_isotonic_regression_at_its_points(vote):
    text = """\
rmcompose 1
composition chance -> score[0, 1] {
  input x: float[0, 1]
  param y0: float[0, 1] = 0.0
  param y1: float[0, 1] = 0.25
  param y2: float[0, 1] = 0.5
  param y3: float[0, 1] = 0.75
  return clamp(piecewise(x, 0.0, y0, 0.2, y1, 0.6, y2, 1.0, y3), 0.0, 1.0)
}
"""
    draw = random.Random(5)
    chance = {0.0: 0.2, 0.2: 0.7, 0.6: 0.4, 1.0: 0.9}
    rows = [
        {
            "prompt": str(n),
            "response": "r",
            "x": (x := draw.choice(list(chance))),
            "label": {"y": float(draw.random() < chance[x])},
        }
        for n in range(300)
    ]
    report = rm.fit(vote(text), rows, calibrate="isotonic=y0,y1,y2,y3", label="label.y", loss="squared", resamples=50)
    expected = pava([row["x"] for row in rows], [row["label"]["y"] for row in rows])
    assert list(report.values.values()) == pytest.approx([expected[x] for x in chance], abs=2e-4)
    assert report.values["y1"] == report.values["y2"]  # 0.7 and 0.4 are pooled


def test_squared_error_is_least_squares(vote):
    draw = random.Random(2)
    text = """\
rmcompose 1
composition y -> float {
  input x: float[0, 1]
  param a: float = 0.0
  param b: float = 0.0
  return a * x + b
}
"""
    rows = [
        {"prompt": str(n), "response": "r", "x": (x := draw.random()), "label": {"y": 3 * x - 1 + draw.gauss(0, 0.1)}}
        for n in range(100)
    ]
    report = rm.fit(vote(text), rows, fitted=["a", "b"], label="label.y", strength=0.0, resamples=50)
    a, b = np.polyfit([row["x"] for row in rows], [row["label"]["y"] for row in rows], 1)
    assert report.loss == "squared"
    assert list(report.values.values()) == pytest.approx([a, b], abs=1e-4)


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        (
            PLATT.replace("score[0, 1]", "float").replace("sigmoid(a * x + b)", "a * x + b"),
            {"fitted": ["a"]},
            "as a chance",
        ),
        (GATE, {"calibrate": "isotonic=cut,cut"}, "twice"),
        (GATE, {"calibrate": "threshold=cut", "fitted": ["cut"]}, "leave out `fitted`"),
        (GATE.replace("x >= cut", "x >= 0.5 and cut <= 1.0"), {"calibrate": "threshold=cut"}, "changes no score"),
    ],
)
def test_what_does_not_fit_together_is_told(vote, text, options, said):
    with pytest.raises(rm.FitError, match=said):
        rm.fit(vote(text), labelled(40), label="label.good", **options)


def test_labels_that_are_all_the_same_are_told(vote):
    rows = [{**row, "label": {"good": True}} for row in labelled(40)]
    with pytest.raises(rm.FitError, match="all labels are the same"):
        rm.fit(vote(GATE), rows, calibrate="threshold=cut", label="label.good")


def test_weights_may_be_fitted_to_labels(vote):
    text = weighing("ab", "weighted_mean", "[0.0, 1.0]", "0.5", returns="score[0, 1]")
    rows = []
    for number, row in enumerate(preferences({"a": 1.0, "b": 0.0}, 200)):
        a, b = row["chosen"]["a"], row["chosen"]["b"]
        rows.append({"prompt": str(number), "response": "r", "a": a, "b": b, "label": {"y": a > 0.5}})
    report = rm.fit(vote(text), rows, label="label.y", resamples=50)
    assert report.loss == "binary"
    assert report.values["w_a"] > 3 * report.values["w_b"]
