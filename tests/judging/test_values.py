"""The formulas: criteria, votes and comparisons."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmcompose.runtime.judging import CriterionSpec, JudgeSpec
from rmcompose.runtime.judging.grading import (
    BadCriteria,
    checklist_bounds,
    checklist_value,
    criteria_of,
    weighted_score,
)
from rmcompose.runtime.judging.voting import agreement, tally

weights = st.floats(-10, 10).filter(lambda weight: abs(weight) > 1e-6)


def items(*given):
    return tuple(CriterionSpec(str(number), "T.", weight) for number, weight in enumerate(given))


def test_scores_are_averaged_by_weight():
    assert weighted_score(items(2, 1), [5, 2]) == 4.0


@given(st.lists(st.tuples(st.floats(1e-3, 1e3), st.floats(-5, 5)), min_size=1, max_size=8))
def test_a_weighted_score_lies_between_its_scores(pairs):
    scores = [score for _, score in pairs]
    assert min(scores) <= weighted_score(items(*(weight for weight, _ in pairs)), scores) <= max(scores)


@pytest.mark.parametrize(
    ("given_weights", "met", "value"),
    [
        ((3, 1, -2), (True, True, True), 0.5),
        ((3, 1, -2), (False, False, True), 0.0),
        ((-1, -3), (False, False), 1.0),
        ((-1, -3), (True, False), 0.75),
        ((-1, -3), (True, True), 0.0),
        ((0, 2), (True, False), 0.0),
    ],
)
def test_checklists(given_weights, met, value):
    assert checklist_value(items(*given_weights), met) == value


@given(st.lists(st.tuples(weights, st.sampled_from([True, False, None])), min_size=1, max_size=6))
def test_the_bounds_of_a_checklist_are_reached_and_not_passed(pairs):
    criteria = items(*(weight for weight, _ in pairs))
    met = [yes for _, yes in pairs]
    choices = [[True, False] if yes is None else [yes] for yes in met]
    values = [checklist_value(criteria, one) for one in itertools.product(*choices)]
    low, high = checklist_bounds(criteria, met)
    assert (low, high) == (min(values), max(values))
    assert 0 <= low <= high <= 1


def test_criteria_of_a_sample():
    found = criteria_of([{"text": "One."}, {"text": "Two.", "weight": -3, "id": "two"}, "Three."], negative=True)
    assert found == (CriterionSpec("1", "One."), CriterionSpec("two", "Two.", -3.0), CriterionSpec("3", "Three."))


def test_criteria_with_the_names_of_published_data_sets():
    health_bench = [{"criterion": "One.", "points": -3, "tags": ["level:example"]}, {"criterion": "Two.", "points": 7}]
    assert criteria_of(health_bench, negative=True) == (
        CriterionSpec("1", "One.", -3.0),
        CriterionSpec("2", "Two.", 7.0),
    )
    rubrics_as_rewards = [{"title": "First", "description": "One.", "weight": 5}]
    assert criteria_of(rubrics_as_rewards, negative=True) == (CriterionSpec("1", "One.", 5.0),)
    both = [{"text": "One.", "criterion": "Two.", "weight": 2, "points": 3}]
    assert criteria_of(both, negative=True) == (CriterionSpec("1", "One.", 2.0),)


@pytest.mark.parametrize(
    ("given_items", "says"),
    [
        ([{"criterion": "One.", "points": "7"}], "weight of criterion 1 is not a finite number"),
        ([{"criterion": 1, "points": 7}], "criterion 1 has no `text`"),
        ([], "no criteria"),
        (None, "no criteria"),
        ("One.", "no criteria"),
        ([3], "criterion 1 is neither text nor a mapping"),
        ([{"weight": 1}], "criterion 1 has no `text`"),
        ([{"text": " "}], "criterion 1 has no `text`"),
        ([{"text": "One.", "weight": "2"}], "weight of criterion 1 is not a finite number"),
        ([{"text": "One.", "weight": True}], "weight of criterion 1 is not a finite number"),
        ([{"text": "One.", "weight": float("nan")}], "weight of criterion 1 is not a finite number"),
        ([{"text": "One.", "weight": -1}], "weight of criterion 1 is negative"),
        ([{"text": "One.", "weight": 0}], "all 0"),
        ([{"text": "One.", "id": 1.5}], "id of criterion 1"),
        ([{"text": "One.", "id": "2"}, {"text": "Two."}], "criteria 1 and 2 have the same id `2`"),
    ],
)
def test_criteria_of_a_sample_that_cannot_be_used(given_items, says):
    with pytest.raises(BadCriteria, match=says):
        criteria_of(given_items, negative=False)


def test_weights_that_weigh_nothing_are_refused():
    for style, weight in (("scale", 0.0), ("checklist", 0.0), ("scale", -1.0)):
        with pytest.raises(ValueError, match="weight"):
            JudgeSpec("j", 0, 1, "m", ("response",), criteria=(CriterionSpec("a", "A.", weight),), style=style)


@pytest.mark.parametrize(
    ("votes", "by", "value"),
    [
        ([2, 5, 4], "median", 4),
        ([2, 5, 4, 3], "median", 3.5),
        ([2, 5, 5], "mean", 4),
        ([2, 5, 5], "majority", 5),
        ([2, 5, 5, 2], "majority", None),
        ([2, 3, 4], "majority", None),
        ([4], "majority", 4),
        ([4, 4, None], "median", 4),
        ([4, 3, None], "median", None),
        ([5, 5, None, None], "median", None),
        ([4, 4, None], "mean", None),
        ([4, 4, None], "majority", 4),
        ([4, None, None], "majority", None),
        ([4, 4, 4, 3, None], "majority", 4),
        ([4, 4, 3, None], "majority", None),
        ([None], "median", None),
        ([1, 1, None], "median", 1),
    ],
)
def test_votes(votes, by, value):
    assert tally(votes, by, 1, 5) == value


marks = st.sampled_from([1.0, 2.0, 3.0, None])


@given(st.lists(marks, min_size=1, max_size=5), st.sampled_from(["median", "mean", "majority"]))
def test_a_missing_vote_stands_for_its_whole_range(votes, by):
    """Decided exactly where every way to fill in the missing votes gives one value."""
    fills = [[1.0, 1.5, 2.0, 2.5, 3.0] if vote is None else [vote] for vote in votes]
    outcomes = {tally(list(filled), by, 1.0, 3.0) for filled in itertools.product(*fills)}
    assert tally(votes, by, 1.0, 3.0) == (outcomes.pop() if len(outcomes) == 1 else None)


@given(st.permutations([1.0, 2.0, 2.0, 3.0, 0.1]), st.sampled_from(["median", "majority"]))
def test_the_order_of_votes_does_not_matter(votes, by):
    assert tally(votes, by, 0.0, 3.0) == tally(sorted(votes), by, 0.0, 3.0)


def test_agreement_is_the_share_of_the_most_frequent_vote():
    assert agreement([1.0, 1.0, 2.0, None]) == 0.5
    assert agreement([None]) == 0.0


@given(st.floats(0, 1), st.floats(-9, 9), st.floats(0, 9))
def test_a_share_stays_on_the_scale(share, low, width):
    scale = JudgeSpec("j", low, low + width, "m", ("response",))
    assert scale.low <= scale.on_scale(share) <= scale.high
    assert (scale.on_scale(0.0), scale.on_scale(1.0)) == (scale.low, scale.high)
