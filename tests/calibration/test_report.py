"""From result lines to figures: what is counted, what is left out, and what is told of it."""

import json
import math

import pytest

from rmcompose.calibration.bootstrap import Resampling
from rmcompose.calibration.cases import read_labels
from rmcompose.calibration.labels import LabelRule
from rmcompose.calibration.observed import Compared, Target, see
from rmcompose.calibration.report import section_of
from rmcompose.data import Record
from tests.calibration.conftest import line_of, node, unscored

LABEL = LabelRule(("label",))
JUDGE = Target("quality", 0.0, 1.0, "pointwise", judges=("quality",))
PAIRWISE = Target("quality", 0.0, 1.0, "pairwise", judges=("quality",))
LISTWISE = Target("quality", 0.0, 1.0, "listwise", judges=("quality",))


def section(rows, answers, target=JUDGE, rule=LABEL, resamples=0):
    labels = read_labels([Record(row, "d.jsonl", n) for n, row in enumerate(rows, 1)], rule)
    for case, nodes in zip(labels.cases, answers, strict=True):
        if nodes is not None:
            case.seen = {target.name: see(target, line_of("x", nodes))}
    return section_of(target, labels, Resampling(resamples))


def one(label, text="abc"):
    return {"prompt": "q", "response": text, "label": label}


def two(label, *texts):
    return {"prompt": "q", "responses": list(texts) or ["a", "bb"], "label": label}


def value(found, family, name):
    return found.figures[family][name].value


def test_unscored_is_left_out_and_told_and_counted_wrong_by_the_pessimist():
    rows = [one(1), one(0), one(1), one(0)]
    answers = [[node(1.0)], [node(1.0)], [unscored("refused")], [unscored("timeout")]]
    found = section(rows, answers)
    assert value(found, "values", "accuracy") == 0.5
    assert value(found, "values", "accuracy_pessimistic") == 0.25
    assert found.figures["values"]["accuracy"].n == 2
    assert found.unscored == {"refused": 1, "timeout": 1}
    assert found.unscored_rows == 2
    shares = {name: figure.value for name, figure in found.figures["unscored"].items()}
    assert shares == {"unscored": 0.5, "unscored:refused": 0.25, "unscored:timeout": 0.25}


def test_what_was_not_asked_is_no_failure():
    skipped = node(None, "its arm was not taken") | {"status": "skipped"}
    found = section([one(1), one(0)], [[node(1.0)], [skipped]])
    assert (found.states["skipped"], found.unscored, found.unscored_rows) == (1, {}, 0)
    assert value(found, "values", "accuracy_pessimistic") == 1.0
    assert found.figures["unscored"]["unscored"].n == 1


def test_rows_without_a_result_are_not_counted():
    found = section([one(1), one(0)], [[node(1.0)], None])
    assert found.states.total() == 1


def test_values_are_rounded_to_the_grid_of_labels():
    found = section([one(1), one(0), one(1)], [[node(0.7)], [node(0.4)], [node(0.5)]])
    assert value(found, "values", "accuracy") == 1.0
    assert value(found, "values", "accuracy_exact") == 0.0
    assert found.confusion() == {(1.0, 1.0): 2, (0.0, 0.0): 1}
    assert value(found, "values", "mean_absolute_error") == pytest.approx((0.3 + 0.4 + 0.5) / 3)


def test_labels_without_categories_have_figures_of_numbers_only():
    rows = [one(place / 37) for place in range(30)]
    found = section(rows, [[node(place / 41)] for place in range(30)])
    assert found.figures["values"]["kappa"].value is None
    assert found.figures["values"]["kappa"].reason == "the labels are no categories"
    assert value(found, "values", "spearman") == 1.0
    assert found.confusion() == {}


def test_labels_outside_the_range_are_compared_by_rank_only():
    found = section([one(1), one(5), one(3)], [[node(0.1)], [node(0.9)], [node(0.5)]])
    assert value(found, "values", "spearman") == 1.0
    assert value(found, "values", "accuracy") is value(found, "values", "alpha_interval") is None
    assert found.notes == ["the labels (1 to 5) lie outside the range [0, 1] of the values: only ranks can be compared"]


def test_constant_labels_leave_correlation_undefined():
    found = section([one(1), one(1)], [[node(1.0)], [node(0.0)]])
    for name in ("kappa", "kappa_quadratic", "spearman", "kendall"):
        figure = found.figures["values"][name]
        assert (figure.value, figure.reason) == (None, "the labels are all the same")
    assert value(found, "values", "accuracy") == 0.5


def test_texts_are_categories():
    target = Target("quality", mode=None)
    rows = [one("good"), one("bad"), one("good"), one("bad")]
    found = section(rows, [[node("good")], [node("bad")], [node("bad")], [unscored("rule_error")]], target)
    assert value(found, "values", "accuracy") == pytest.approx(2 / 3)
    assert value(found, "values", "kappa") == pytest.approx(0.4)
    assert "spearman" not in found.figures["values"]
    assert found.confusion() == {("good", "good"): 1, ("bad", "bad"): 1, ("bad", "good"): 1}


@pytest.mark.parametrize(
    ("label", "judge", "why"), [("good", 1.0, "texts and the values"), (1, "good", "numbers and the values")]
)
def test_texts_and_numbers_do_not_compare(label, judge, why):
    found = section([one(label)], [[node(judge)]], Target("quality"))
    assert why in found.figures["values"]["accuracy"].reason


def test_texts_among_numbers_are_left_out():
    found = section([one(1), one(0), one("n/a")], [[node(1.0)], [node(1.0)], [node(1.0)]])
    assert found.notes == ["1 labels are texts among numbers and are left out"]
    assert found.figures["values"]["accuracy"].n == 2


def test_preferences_with_ties():
    rows = [two(0), two(1), two("tie"), two(0), two(1)]
    answers = [
        [node(0.9), node(0.1)],  # right, the shorter
        [node(0.9), node(0.1)],  # wrong, the shorter
        [node(0.5), node(0.5)],  # a tie, as labelled
        [node(0.5), node(0.5)],  # a tie that is none
        [unscored("refused"), node(0.1)],
    ]
    found = section(rows, answers)
    assert value(found, "pairs", "accuracy") == 0.5
    assert value(found, "pairs", "accuracy_decided") == 0.5
    assert value(found, "pairs", "accuracy_pessimistic") == 0.4
    assert value(found, "pairs", "ties") == 0.5
    assert value(found, "pairs", "label_ties") == 0.2
    assert value(found, "pairs", "longer_accuracy") == 0.5
    assert value(found, "pairs", "over_longer") == 0.0
    assert value(found, "length", "longer_won") == 0.0
    assert found.preferences() == {(1, 1): 1, (1, -1): 1, (0, 0): 1, (0, 1): 1}


def test_chosen_over_rejected():
    rows = [{"prompt": "q", "chosen": "aaa", "rejected": "b"}, {"prompt": "q", "chosen": "a", "rejected": "bbb"}]
    found = section(rows, [[node(0.9), node(0.2)], [node(0.1), node(0.2)]], rule=LabelRule(None))
    assert value(found, "pairs", "accuracy") == value(found, "pairs", "longer_accuracy") == 0.5
    assert found.figures["pairs"]["kappa"].reason == "the labels are all the same"
    assert value(found, "length", "longer_won") == 1.0


def test_values_of_several_responses_order_them_too():
    found = section([two([1, 0]), two([0.5, 0.5])], [[node(0.8), node(0.1)], [node(0.2), node(0.1)]])
    assert found.figures["values"]["accuracy"].n == 4
    assert value(found, "pairs", "accuracy") == 0.5


def test_the_best_of_several():
    three = [{"prompt": "q", "responses": ["a", "b", "c"], "label": label} for label in (0, 1, [0, 2], 0, 0)]
    answers = [
        [node(0.9), node(0.1), node(0.2)],
        [node(0.9), node(0.1), node(0.2)],
        [node(0.9), node(0.1), node(0.9)],
        [node(0.9), node(0.9), node(0.1)],
        [node(0.9), unscored("refused"), node(0.1)],
    ]
    found = section(three, answers)
    assert (value(found, "choice", "best_found"), value(found, "choice", "best_tied")) == (0.5, 0.25)
    assert found.figures["choice"]["best_found"].n == 4


def test_one_value_for_a_sample_meets_one_label():
    target = Target("quality", 0.0, 1.0, "pointwise", per_sample=True, judges=("quality",))
    rule = LabelRule(("label",), reading="values")
    rows = [two(1), two(0), two([1, 0])]
    found = section(rows, [[node(1.0), node(1.0)]] * 3, target, rule)
    assert found.figures["values"]["accuracy"].n == 2
    assert found.states.total() == 3
    assert "pairs" not in found.figures


def test_labels_that_tell_responses_apart_say_nothing_of_a_sample():
    target = Target("quality", 0.0, 1.0, "pointwise", per_sample=True, judges=("quality",))
    found = section([two(0), two(1)], [[node(1.0), node(1.0)]] * 2, target)
    assert set(found.figures) == {"unscored"}
    assert found.notes == [
        "no label can be compared with what is scored here: it has one value a sample, and labels tell responses apart"
    ]


def compared(*orders, share, consistent=True, votes=None):
    told = {"with": 1, "share": share, "consistent": consistent, "reasons": ["…"] * max(2, len(orders))}
    if orders:
        told["orders"] = [{"shown": shown, "share": seen} for shown, seen in orders]
    if votes is not None:
        told["votes"] = votes
    return {"pairs": [told]}


def seen_of(detail, target=PAIRWISE):
    return see(target, line_of("x", [node(0.5, detail=detail), node(0.5)])).compared


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        (compared(("first", 1.0), ("second", 1.0), share=1.0), Compared(0, 1, 1, 1, 2, True)),
        (compared(("first", 1.0), ("second", 0.0), share=0.5, consistent=False), Compared(0, 1, 1, -1, 2, False)),
        (compared(("first", None), ("second", 1.0), share=None), Compared(0, 1, None, 1, 2, None)),
        # without orders: from the votes on each, which are shares of the one shown first
        (compared(share=1.0, votes=[[1, 1], [0, 0]]), Compared(0, 1, 1, 1, 2, True)),
        (compared(share=0.5, consistent=False, votes=[[1, 1], [1, 1]]), Compared(0, 1, 1, -1, 2, False)),
        (compared(share=None, votes=[[1, None], [1, 1]]), Compared(0, 1, None, -1, 2, None)),
        # without votes: what agrees is told, what does not is not
        (compared(share=0.0), Compared(0, 1, -1, -1, 2, True)),
        (compared(share=0.5, consistent=False), Compared(0, 1, None, None, 2, False)),
    ],
)
def test_orders_of_a_pair(detail, expected):
    assert seen_of(detail) == [expected]


def test_equal_responses_were_not_shown():
    assert seen_of({"pairs": [{"with": 1, "share": 0.5, "consistent": True, "reasons": []}]}) == []


def test_what_order_does():
    rows = [two(0), two(0), two(1), two(0)]
    details = [
        compared(("first", 1.0), ("second", 1.0), share=1.0),
        compared(("first", 1.0), ("second", 0.0), share=0.5, consistent=False),
        compared(("first", 0.5), ("second", 0.5), share=0.5),
        compared(("first", 1.0), ("second", None), share=None),
    ]
    found = section(rows, [[node(0.5, detail=detail), node(0.5)] for detail in details], PAIRWISE)
    figures = {name: figure.value for name, figure in found.figures["order"].items()}
    assert figures == {
        "consistent": pytest.approx(2 / 3),
        "both_tied": pytest.approx(1 / 3),
        "both_right": pytest.approx(1 / 3),
        "single_order_right": pytest.approx(4 / 7),
        "first_shown_won": pytest.approx(4 / 5),
    }


def test_positions_in_rankings():
    detail = {"shown": [[1, 0], [0, 1]], "rankings": [[[1], [0]], [[0, 1]]]}
    seen = see(LISTWISE, line_of("x", [node(0.5, detail=detail), node(0.5, detail=detail)]))
    # each ranking is told of every response and counted once, at the first response that it shows
    assert seen.compared == [Compared(1, 0, 1, None, 1, None), Compared(0, 1, 0, None, 1, None)]


def test_rankings_of_windows_are_counted_once():
    details = [{"shown": [[2, 0]], "rankings": [[[0], [2]]]}, {"shown": [], "rankings": []}]
    seen = see(LISTWISE, line_of("x", [node(0.5, detail=d) for d in (*details, details[0])]))
    assert seen.compared == [Compared(2, 0, -1, None, 1, None)]


def test_votes():
    rows = [one(1)] * 3
    answers = [
        [node(1.0, detail={"votes": [1.0, 1.0, 1.0]})],
        [node(0.5, detail={"votes": [0.0, 0.5, 1.0]})],
        [node(1.0, detail={"votes": [1.0, 1.0, None]})],
    ]
    found = section(rows, answers)
    figures = {name: figure.value for name, figure in found.figures["votes"].items()}
    assert figures["unanimous"] == pytest.approx(1 / 3)
    assert figures["agreement"] == pytest.approx((1 + 1 / 3 + 2 / 3) / 3)
    assert figures["variance"] == pytest.approx((0 + 0.25 + 0) / 3)
    assert figures["missing_votes"] == pytest.approx(1 / 9)
    assert found.variances == {0.0: 2, 0.25: 1}


def test_votes_on_a_pair_are_items_once_an_order():
    detail = compared(share=1.0, votes=[[1.0, 1.0], [0.0, 0.5]])
    mirrored = {"pairs": [detail["pairs"][0] | {"with": 0, "share": 0.0}]}
    found = section([two(0)], [[node(1.0, detail=detail), node(0.0, detail=mirrored)]], PAIRWISE)
    assert found.figures["votes"]["unanimous"].n == 2


def test_lengths_beside_values_and_labels():
    rows = [one(place % 2, "x" * place) for place in range(1, 7)]
    found = section(rows, [[node(place / 10)] for place in range(1, 7)])
    assert value(found, "length", "value_length") == 1.0
    assert value(found, "length", "label_length") == pytest.approx(-0.2927700218845599)


def test_costs_are_those_of_the_judges():
    answers = [[node(1.0)], [node(1.0) | {"cached": True, "calls": 0, "tokens": 0}]]
    found = section([one(1), one(0)], answers)
    assert (found.calls, found.tokens, found.cached) == (1, 9, 1)


@pytest.mark.parametrize(
    "detail",
    [
        {"pairs": 3},
        {"pairs": [1, {}]},
        {"votes": "no"},
        {"votes": [1]},
        {"shown": [1], "rankings": [[]]},
        {"shown": []},
    ],
)
@pytest.mark.parametrize("target", [JUDGE, PAIRWISE, LISTWISE])
def test_details_of_another_shape_are_passed_over(detail, target):
    seen = see(target, line_of("x", [node(0.5, detail=detail), node(0.5)]))
    assert (seen.compared, seen.votes) == ([], [])


def test_plain_data_is_finite():
    found = section([one(1), one(0)], [[node(1.0)], [unscored("refused")]], Target("quality"), resamples=60)
    assert found.as_dict()["range"] is None
    json.dumps(found.as_dict(), allow_nan=False)
    assert math.isinf(found.target.high)
