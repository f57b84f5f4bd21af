"""What the report says, computed again by other means: accuracies, contributions, looks and intervals."""

from __future__ import annotations

import json
import math
from itertools import permutations

import numpy as np
import pytest

import rmcompose as rm
from rmcompose.learning import contribution
from tests.learning.conftest import preferences, weighing

TRUE = {"a": 1.0, "b": -0.5, "c": 0.25}


@pytest.fixture
def fitted(vote):
    """A fit with its rows; some pairs tie and some have no score."""
    rows = preferences(TRUE, 140, 3, prompts=70)
    for number, row in enumerate(rows):
        if number % 20 == 0:
            row["rejected"] = {**row["rejected"], **{name: row["chosen"][name] for name in TRUE}}
        if number % 35 == 1:
            del row["chosen"]["c"]
    path = vote(weighing("abc"))
    return path, rows, rm.fit(path, rows, folds=4, resamples=200)


def scored(path, rows, values):
    return rm.load(path, params=values).scores(rows)


def test_held_out_accuracy_is_that_of_the_runtime(fitted):
    path, rows, report = fitted
    after: dict[int, float] = {}
    half: dict[int, float] = {}
    losses: dict[int, float] = {}
    for fold in report.assessment.folds:
        part = [rows[place] for place in fold.held_out]
        for place, (one, other) in zip(fold.held_out, scored(path, part, fold.learned.values), strict=True):
            known = one is not None and other is not None
            after[place] = float(known and one > other)
            half[place] = 0.0 if not known else 0.5 if one == other else after[place]
            losses[place] = math.log(2) if not known else math.log1p(math.exp(-fold.learned.scale * (one - other)))
    assert sorted(after) == list(range(140))
    before = [float(None not in pair and pair[0] > pair[1]) for pair in scored(path, rows, {})]
    figures = report.figures
    assert figures["accuracy_after"].value == pytest.approx(np.mean(list(after.values())))
    assert figures["half_after"].value == pytest.approx(np.mean(list(half.values())))
    assert figures["loss_after"].value == pytest.approx(np.mean(list(losses.values())))
    assert figures["accuracy_before"].value == pytest.approx(np.mean(before))
    assert figures["accuracy_gain"].value == pytest.approx(np.mean([after[n] - before[n] for n in range(140)]))
    assert figures["accuracy_equal"].value == figures["accuracy_before"].value  # all weights were 1
    assert report.counts.unscored == 4
    assert figures["accuracy_after"].n == 140
    assert figures["accuracy_after"].rows == 70


def test_the_new_spec_scores_as_the_report_says(fitted):
    path, rows, report = fitted
    scores = rm.loads(report.spec_text).scores(rows)
    right = [None not in pair and pair[0] > pair[1] for pair in scores]
    assert report.training["accuracy"] == pytest.approx(np.mean(right))
    assert rm.loads(report.spec_text, path=path).spec_hash == report.new_spec
    assert rm.load(path).spec_hash == report.spec


def test_the_best_single_node_is_chosen_without_the_fold(fitted):
    _, rows, report = fitted

    def alone(name, which):
        found = []
        for place in which:
            one, other = rows[place]["chosen"].get(name), rows[place]["rejected"].get(name)
            found.append(0.0 if one is None or other is None else 0.5 if one == other else float(one > other))
        return found

    right = []
    for fold in report.assessment.folds:
        rest = [place for place in range(140) if place not in set(fold.held_out.tolist())]
        best = max("abc", key=lambda name: np.mean(alone(name, rest)))
        assert fold.single == best
        right += alone(best, fold.held_out)
    assert report.figures["half_single"].value == pytest.approx(np.mean(right))
    assert report.assessment.single == max("abc", key=lambda name: np.mean(alone(name, range(140))))


def test_a_prompt_is_drawn_as_a_whole(fitted):
    """The interval of a mean over 70 prompts of two pairs is about that of the means of prompts."""
    _, _, report = fitted
    column = report.assessment.columns["accuracy_after"]
    means = column.reshape(2, 70).mean(axis=0)
    figure = report.figures["accuracy_after"]
    spread = 1.96 * means.std() / math.sqrt(70)
    assert (figure.high - figure.low) / 2 == pytest.approx(spread, rel=0.25)


def test_ablation_is_a_weight_of_nothing(fitted):
    """In a sum, a node that is the same everywhere is a weight of 0."""
    path, rows, report = fitted
    found = {one.name: one.ablation["accuracy"] for one in report.contributions.nodes}
    for name in "abc":
        with_it, without = [], []
        for fold in report.assessment.folds:
            part = [rows[place] for place in fold.held_out]
            for kept, values in ((with_it, fold.learned.values), (without, {**fold.learned.values, f"w_{name}": 0.0})):
                for row, (one, other) in zip(part, scored(path, part, values), strict=True):
                    lost = one is None or other is None or "c" not in row["chosen"]
                    kept.append(0.5 if lost or abs(one - other) < 1e-9 else float(one > other))
        # a node that is left out is known everywhere: pairs that lack it are compared by hand below
        if name != "c":
            assert found[name] == pytest.approx(np.mean(with_it) - np.mean(without))


def test_shapley_values_sum_to_what_all_nodes_add(fitted):
    _, _, report = fitted
    found = report.contributions
    assert found.orders == 0
    assert found.nothing == {"accuracy": 0.5, "loss": pytest.approx(-math.log(2))}
    for measure in ("accuracy", "loss"):
        total = sum(one.shapley[measure] for one in found.nodes)
        assert total == pytest.approx(found.everything[measure] - found.nothing[measure])


def test_exact_shapley_values_are_the_mean_over_all_orders():
    values = {frozenset(): 0.0, frozenset({0}): 1.0, frozenset({1}): 2.0, frozenset({2}): 0.5}
    values |= {frozenset({0, 1}): 2.5, frozenset({0, 2}): 4.0, frozenset({1, 2}): 2.0, frozenset({0, 1, 2}): 6.0}
    worth = lambda there: {"x": values[there]}  # noqa: E731
    for place in range(3):
        added = []
        for order in permutations(range(3)):
            before = frozenset(order[: order.index(place)])
            added.append(values[before | {place}] - values[before])
        assert contribution._exact(worth, place, 3)["x"] == pytest.approx(np.mean(added))
    sampled = contribution._sampled(worth, 3, 400, 0)
    assert sum(one["x"] for one in sampled) == pytest.approx(6.0)
    assert [one["x"] for one in sampled] == pytest.approx(
        [contribution._exact(worth, place, 3)["x"] for place in range(3)], abs=0.15
    )


def test_many_nodes_are_sampled_and_that_is_told(vote):
    names = [f"n{number}" for number in range(12)]
    report = rm.fit(
        vote(weighing(names)), preferences(dict.fromkeys(names, 0.3), 60), folds=2, strength=0.1, resamples=0
    )
    found = report.contributions
    assert found.orders > 0
    assert f"means over {found.orders} random orders" in str(report)
    total = sum(one.shapley["loss"] for one in found.nodes)
    assert total == pytest.approx(found.everything["loss"] - found.nothing["loss"])


def test_looks_are_counted(fitted):
    _, rows, report = fitted
    look = {one.name: one for one in report.looks.nodes}
    assert look["c"].unscored == 4
    assert look["a"].unscored == 0
    apart = np.array([row["chosen"]["a"] - row["rejected"]["a"] for row in rows])
    assert look["a"].tied == pytest.approx((apart == 0).mean())
    assert look["a"].agrees == pytest.approx((apart[apart != 0] > 0).mean())
    assert look["a"].alone == pytest.approx(np.where(apart == 0, 0.5, apart > 0).mean())
    other = np.array([row["chosen"]["b"] - row["rejected"]["b"] for row in rows])
    assert report.looks.pearson[0][1] == pytest.approx(np.corrcoef(apart, other)[0, 1])


def test_saturation_is_the_share_at_the_ends(vote):
    rows = preferences({"a": 1.0, "b": 1.0}, 50)
    for row in rows[:10]:
        row["chosen"]["a"] = 1.0
    for row in rows[10:15]:
        row["rejected"]["a"] = 0.0
    report = rm.fit(vote(weighing("ab")), rows, folds=2, resamples=0)
    low, high = report.looks.nodes[0].at_low, report.looks.nodes[0].at_high
    assert (low, high) == (pytest.approx(0.05), pytest.approx(0.1))


def test_the_report_is_plain_data(fitted):
    _, _, report = fitted
    data = json.loads(json.dumps(report.as_dict(), allow_nan=False))
    assert data["held_out"]["accuracy_gain"]["value"] == report.figures["accuracy_gain"].value
    assert [len(param["folds"]) for param in data["params"]] == [4, 4, 4]
    assert data["contributions"]["exact"] is True


def test_a_gain_that_is_only_broken_ties_is_told(vote):
    """Weights that merely break ties gain half of them, by strict accuracy."""
    import random

    draw = random.Random(4)
    rows = []
    for number in range(300):
        first, second = draw.sample([0.0, 1.0], 2) if draw.random() < 0.5 else (0.5, 0.5)
        noise = draw.random(), draw.random()
        rows.append(
            {
                "prompt": str(number),
                "chosen": {"text": "c", "a": first, "b": noise[0]},
                "rejected": {"text": "r", "a": second, "b": noise[1]},
            }
        )
    text = weighing("ab").replace("w_b: float[-2.0, 2.0] = 1.0", "w_b: float[-2.0, 2.0] = 0.0")
    report = rm.fit(vote(text), rows)
    assert report.figures["accuracy_gain"].low > 0
    assert report.figures["half_gain"].low <= 0
    assert any("comes of pairs that were tied" in one for one in report.warnings)
