"""Figures of what moved, worked out by hand, and how lines are paired."""

from __future__ import annotations

import pytest

from rmcompose.calibration.bootstrap import Resampling
from rmcompose.rescoring.errors import ResultsError
from rmcompose.rescoring.movement import Movement
from rmcompose.rescoring.pairing import Pairing

NONE = Resampling(0, 0)


def line(id_, *scores, **nodes):
    each = [
        {
            "index": i,
            "score": score,
            "status": "unscored" if score is None else "scored",
            "reason": {"kind": "refused", "node": "x", "message": ""} if score is None else None,
            "nodes": {name: {"value": values[i], "status": "scored"} for name, values in nodes.items()},
        }
        for i, score in enumerate(scores)
    ]
    scored = [(-score, i) for i, score in enumerate(scores) if score is not None]
    return {"id": id_, "best": min(scored)[1] if scored else None, "responses": each}


def moved(*pairs):
    movement = Movement(top=2)
    for old, new in pairs:
        movement.add(old, new)
    return movement


def values(movement, family):
    return {name: figure.value for name, figure in movement.figures(NONE)[family].items()}


def test_shifts():
    movement = moved((line("a", 0.0, 1.0), line("a", 0.5, 1.0)), (line("b", 1.0), line("b", 0.0)))
    assert values(movement, "shift") == {"mean": pytest.approx(-0.5 / 3), "mean_absolute": 0.5, "moved": 2 / 3}
    assert movement.quantiles()["0.5"] == 0.0
    assert [(move.id, move.index, move.new - move.old) for move in movement.moves] == [("b", 0, -1.0), ("a", 0, 0.5)]


def test_orders():
    # 1-2 swapped, 1-3 kept, 2-3 tied then, apart now; another sample: apart then, tied now
    movement = moved((line("a", 3, 2, 2), line("a", 2, 3, 1)), (line("b", 1, 2), line("b", 5, 5)))
    assert values(movement, "order") == {"kept": 0.25, "swapped": 0.25, "untied": 0.25, "tied": 0.25}


def test_ranks():
    # tau-b of (1 2 3) and (1 3 2): (2 - 1) / 3; rho: 1 - 6 * 2 / (3 * 8)
    movement = moved((line("a", 1, 2, 3), line("a", 1, 3, 2)), (line("b", 1, 1), line("b", 1, 2)))
    assert values(movement, "ranks") == {"kendall": pytest.approx(1 / 3), "spearman": pytest.approx(0.5)}


def test_winners():
    movement = moved(
        (line("a", 0.9, 0.1), line("a", 0.2, 0.7)),
        (line("b", 0.9, 0.1), line("b", 0.8, 0.7)),
        (line("c", 0.9), line("c", 0.1)),  # one response has no winner among several
        (line("d", None, None), line("d", 0.5, None)),
        (line("e", 0.5, None), line("e", None, None)),
    )
    assert values(movement, "winner") == {"changed": 0.5}
    assert (movement.winners_found, movement.winners_lost) == (1, 1)
    (upset,) = movement.upsets
    assert (upset.id, upset.old, upset.new) == ("a", 0, 1)
    assert upset.size == pytest.approx(0.8 + 0.5)


def test_what_became_of_scores():
    movement = moved((line("a", 1.0, None, None, 1.0), line("a", None, 1.0, None, 1.0)))
    counted = (movement.scored, movement.became_unscored, movement.became_scored, movement.unscored)
    assert counted == (1, 1, 1, 1)
    assert movement.reasons == {"refused": 1}


def test_nodes():
    movement = moved(
        (
            line("a", 1, 2, x=[1.0, None], y=["s", "t"], gone=[1, 1]),
            line("a", 1, 2, x=[2.0, 3.0], y=["s", "u"], new=[1, 1]),
        )
    )
    counts = {"both": 1, "changed": 1, "became_scored": 1, "became_unscored": 0}
    assert movement.nodes["x"].as_dict() == {**counts, "old": 1.0, "new": 2.0}
    assert (movement.nodes["y"].changed, movement.nodes["y"].as_dict()["old"]) == (1, None)
    assert (list(movement.old_only), list(movement.new_only)) == (["gone"], ["new"])


def test_nothing_to_compare_is_said():
    figures = moved().figures(NONE)
    assert figures["shift"]["mean"].value is None
    assert figures["shift"]["mean"].reason == "no response is scored in both"
    assert moved().quantiles()["0.5"] is None
    assert moved().overall()["kendall"] == "nothing to compare"


def test_the_interval_of_the_shift_covers_it():
    movement = moved(*((line(str(i), 0.0), line(str(i), (i % 10) / 10)) for i in range(200)))
    figure = movement.figures(Resampling(500, 1))["shift"]["mean"]
    assert figure.low < 0.45 < figure.high
    # the standard error of the mean is 0.2872 / sqrt(200) = 0.0203
    assert figure.high - figure.low == pytest.approx(2 * 1.96 * 0.0203, rel=0.15)


@pytest.mark.parametrize(
    ("old", "new", "pairs", "alone"),
    [
        ("abc", "abc", ["aa", "bb", "cc"], (0, 0)),
        ("abc", "cab", ["aa", "bb", "cc"], (0, 0)),
        ("abc", "bd", ["bb"], (2, 1)),
        ("aab", "aba", ["aa", "aa", "bb"], (0, 0)),
        ("", "a", [], (0, 1)),
    ],
)
def test_pairs(old, new, pairs, alone):
    pairing = Pairing([line(one, 1) for one in old], [line(one, 1) for one in new])
    assert sorted(one["id"] + other["id"] for one, other in pairing) == pairs
    assert (pairing.only_old, pairing.only_new) == alone


def test_samples_of_one_id_are_paired_as_they_stand():
    old = [line("a", 1.0), line("a", 2.0), line("b", 3.0)]
    new = [line("b", 30.0), line("a", 10.0), line("a", 20.0)]
    found = [(one["responses"][0]["score"], other["responses"][0]["score"]) for one, other in Pairing(old, new)]
    assert sorted(found) == [(1.0, 10.0), (2.0, 20.0), (3.0, 30.0)]


def test_other_responses_are_another_sample():
    with pytest.raises(ResultsError, match="`a` has 1 responses in the old results and 2 in the new ones"):
        list(Pairing([line("a", 1)], [line("a", 1, 2)]))
