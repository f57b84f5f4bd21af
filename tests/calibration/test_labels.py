"""Labels of every form: what they mean, and what is told of those that mean nothing."""

import pytest

from rmcompose.calibration.cases import LabelError, read_labels
from rmcompose.calibration.labels import Best, LabelRule, Problem, Values, clean, label_of
from rmcompose.calibration.observed import preferred
from rmcompose.data import CsvText, Record, parse_mapping, view

ONE = {"prompt": "q", "response": "a"}
TWO = {"prompt": "q", "responses": ["a", "b"]}
THREE = {"prompt": "q", "responses": ["a", "b", "c"]}
LABEL = LabelRule(("label",))
FROM_ONE = LabelRule(("label",), base=1)
AS_VALUES = LabelRule(("label",), reading="values")
NO_NUMBER = "a number that is not finite is no number of a response, and 3 responses are there"
AS_BEST = LabelRule(("label",), reading="best")


def read(rule, row, label, name="label"):
    row = {**row, name: label}
    return label_of(rule, row, view(row))


def best(*responses):
    return Best(frozenset(responses))


@pytest.mark.parametrize(
    ("rule", "row", "label", "expected"),
    [
        (LABEL, ONE, 3, Values((3.0,))),
        (LABEL, ONE, True, Values((1.0,))),
        (LABEL, ONE, "good", Values(("good",))),
        (LABEL, ONE, [0.5], Values((0.5,))),
        (LABEL, ONE, CsvText("4"), Values((4.0,))),
        (LABEL, ONE, CsvText("True"), Values((1.0,))),
        (LABEL, ONE, CsvText("NaN"), Problem("a number that is not finite is no value")),
        (LABEL, ONE, None, None),
        (LABEL, ONE, {"a": 1}, Problem("an object is no value")),
        (LABEL, ONE, [1, 2], Problem("a list of 2 for 1 response")),
        (AS_BEST, ONE, 0, Problem("a single response is best of nothing")),
        (LABEL, THREE, [1, 0.5, None], Values((1.0, 0.5, None))),
        (LABEL, THREE, [1, 0, 2], Values((1.0, 0.0, 2.0))),
        (LABEL, THREE, [None, None, None], None),
        (LABEL, THREE, [1, 0, 2, 3], Problem("a list of 4 for 3 responses")),
        (LABEL, THREE, 2, best(2)),
        (LABEL, THREE, 2.0, best(2)),
        (LABEL, THREE, CsvText("2"), best(2)),
        (LABEL, THREE, CsvText("[0, 2]"), best(0, 2)),
        (LABEL, THREE, 3, Problem("number 3 of 3 responses, counted from 0")),
        (LABEL, THREE, -1, Problem("number -1 of 3 responses, counted from 0")),
        (LABEL, THREE, 1.5, Problem("a fraction is no number of a response, and 3 responses are there")),
        (LABEL, THREE, CsvText("Infinity"), Problem(NO_NUMBER)),
        (LABEL, THREE, True, Problem("true or false is no number of a response, and 3 responses are there")),
        (LABEL, THREE, "1", Problem("a text is no number of a response, and 3 responses are there")),
        (LABEL, THREE, [0, 2], best(0, 2)),
        (LABEL, THREE, [0, 0], Problem("response 0 is named twice")),
        (LABEL, THREE, [], Problem("an empty list names no response")),
        (LABEL, THREE, " Tie ", best()),
        (AS_BEST, THREE, [0, 1, 2], best()),
        (AS_BEST, THREE, [1, 0, 5], Problem("number 5 of 3 responses, counted from 0")),
        (FROM_ONE, THREE, 1, best(0)),
        (FROM_ONE, THREE, 3, best(2)),
        (FROM_ONE, THREE, 0, best()),
        (LABEL, THREE, 0, best(0)),
        (LabelRule(("label",), tie=-1.0), THREE, -1, best()),
        (LabelRule(("label",), tie="Equal"), THREE, "equal", best()),
        (LabelRule(("label",), tie=None), THREE, None, best()),
        (LabelRule(("label",), tie=None), ONE, None, None),
        (AS_VALUES, THREE, 2, Values((2.0, 2.0, 2.0))),
        (AS_VALUES, THREE, "tie", Values(("tie", "tie", "tie"))),
        (AS_VALUES, THREE, [0, 2], Problem("a list of 2 for 3 responses")),
    ],
)
def test_what_a_label_means(rule, row, label, expected):
    assert read(rule, row, label) == expected


def test_a_path_into_the_row():
    rule = LabelRule(("metadata", "human", "score"))
    assert read(rule, ONE, {"human": {"score": 4}}, "metadata") == Values((4.0,))
    assert read(rule, ONE, {"human": {}}, "metadata") is None
    nulls = LabelRule(("metadata", "winner"), tie=None)
    assert read(nulls, TWO, {"winner": None}, "metadata") == best()
    assert read(nulls, TWO, {}, "metadata") is None


def test_labels_of_the_responses_themselves():
    row = {"prompt": "q", "responses": [{"text": "a", "label": {"score": 1}}, {"text": "b", "label": {"score": "x"}}]}
    assert label_of(LabelRule(("label", "score")), row, view(row)) == Values((1.0, "x"))
    assert isinstance(label_of(LabelRule(("label", "score"), reading="best"), row, view(row)), Problem)
    row["responses"][1]["label"] = {}
    assert label_of(LabelRule(("label", "score")), row, view(row)) == Values((1.0, None))


@pytest.mark.parametrize(
    ("row", "mapping", "expected"),
    [
        ({"prompt": "q", "chosen": "a", "rejected": "b"}, None, best(0)),
        ({"prompt": "q", "chosen": "a", "rejected": "b", "responses": ["c", "d"]}, None, None),
        ({"prompt": "q", "chosen": "a", "rejected": "b", "output": "c"}, None, best(0)),
        ({"prompt": "q", "good": "a", "bad": "b"}, ["chosen=good", "rejected=bad"], best(0)),
        ({"prompt": "q", "chosen": "a", "rejected": "b", "both": ["c", "d"]}, ["responses=both"], None),
        (TWO, None, None),
    ],
)
def test_chosen_over_rejected_needs_no_label(row, mapping, expected):
    mapping = parse_mapping(mapping or [])
    assert label_of(LabelRule(None), row, view(row, mapping), mapping) == expected


def test_preferences():
    assert [preferred(best(0, 2), *pair) for pair in ((0, 1), (1, 2), (0, 2))] == [1, -1, None]
    assert preferred(best(), 0, 1) == 0
    assert [preferred(Values((1.0, 2.0, None)), *pair) for pair in ((0, 1), (0, 2))] == [-1, None]
    assert preferred(Values(("a", "b")), 0, 1) is None
    assert preferred(None, 0, 1) is preferred(Problem("x"), 0, 1) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.1 + 0.2, 0.3), (-0.0, 0.0), (float("nan"), None), (10**400, None), ("x", "x"), ([], None), (None, None)],
)
def test_values_as_they_are_compared(value, expected):
    found = clean(value)
    assert found == expected
    assert str(found) == str(expected)


def records(*rows):
    return [Record(row, "d.jsonl", line) for line, row in enumerate(rows, start=1)]


def test_rows_are_counted_by_their_labels():
    rows = records(ONE | {"label": 1, "id": "a"}, ONE, ONE | {"label": {}}, ONE | {"label": {}}, {"prompt": "q"})
    found = read_labels([*rows, Record(None, "d.jsonl", 6, "broken")], LABEL)
    assert found.as_dict() == {
        "rows": 6,
        "labelled": 1,
        "values": 1,
        "best": 0,
        "without_label": 1,
        "unreadable": 2,
        "not_understood": [{"reason": "an object is no value", "rows": 2, "first": "d.jsonl:3"}],
    }
    assert found.ids[:2] == ["a", "d.jsonl:2"]
    assert found.cases[0].lengths == [1]


@pytest.mark.parametrize(
    ("rows", "rule", "message"),
    [
        ([], LABEL, "no label found: there are no rows"),
        ([ONE], LABEL, "no label found: of 1 row none has `label`"),
        ([ONE, ONE], LabelRule(None), "no label found: of 2 rows none has `chosen` and `rejected`"),
        ([ONE | {"label": {}}], LABEL, "no label found: of 1 row none has a `label` that is understood"),
        ([ONE | {"label": 1}, TWO | {"label": 1}], LABEL, "say which is meant with `--label-is values`"),
    ],
)
def test_labels_that_cannot_be_used(rows, rule, message):
    with pytest.raises(LabelError, match=message.replace("`", ".")):
        read_labels(records(*rows), rule)


def test_mixed_labels_are_fine_once_it_is_said_which_are_meant():
    rows = records(ONE | {"label": 1}, TWO | {"label": 1})
    assert read_labels(rows, AS_VALUES).values == 2
    assert read_labels(rows, AS_BEST).best == 1


def test_only_the_commonest_problems_are_told():
    rows = [TWO | {"label": number} for number in range(2, 12)] + [TWO | {"label": 5}, TWO | {"label": 0}]
    told = read_labels(records(*rows), LABEL).told()
    assert told[0] == "2 not understood: number 5 of 2 responses, counted from 0 (first at d.jsonl:4)"
    assert told[-1] == "5 more not understood, for other reasons"
    assert len(told) == 6
