import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmcompose.runtime.judging import CriterionSpec, JudgeSpec
from rmcompose.runtime.judging.replies import (
    checklist_reader,
    criterion_met_reader,
    criterion_score_reader,
    guard_reader,
    label_reader,
    ranking_reader,
    scale_reader,
    score_reader,
    winner_reader,
)

CRITERIA = (CriterionSpec("a", "A.", 2.0), CriterionSpec("b", "B.", 1.0))
ITEMS = (
    CriterionSpec("cites", "Cites.", 3.0),
    CriterionSpec("short", "Short.", 1.0),
    CriterionSpec("lies", "Lies.", -2.0),
)


def spec(**differences):
    return JudgeSpec(**{"name": "j", "low": 1.0, "high": 5.0, "model": "m", "given": ("response",)} | differences)


def read_verdicts(*verdicts):
    return json.dumps(
        {"verdicts": [dict(zip(("id", "score", "reason"), verdict, strict=False)) for verdict in verdicts]}
    )


@pytest.mark.parametrize(
    ("score", "value", "kind"),
    [
        ("4", 4.0, None),
        ("4.5", 4.5, None),
        ("1", 1.0, None),
        ("5", 5.0, None),
        ("10", None, "off_scale"),
        ("0.99", None, "off_scale"),
        ("-4", None, "off_scale"),
        ('"4"', None, "malformed_reply"),
        ('"4/5"', None, "malformed_reply"),
        ("true", None, "malformed_reply"),
        ("null", None, "malformed_reply"),
        ("NaN", None, "malformed_reply"),
        ("Infinity", None, "malformed_reply"),
        ("1e999", None, "malformed_reply"),
        ("[4]", None, "malformed_reply"),
        ("9" * 400, None, "malformed_reply"),
        ("9" * 5000, None, "malformed_reply"),
    ],
)
def test_a_score_is_a_number_on_the_scale(score, value, kind):
    reading = score_reader(spec())(f'{{"reason": "because", "score": {score}}}')
    assert (reading.value, reading.kind) == (value, kind)
    assert reading.message


def test_a_number_in_prose_is_no_score():
    assert score_reader(spec())("Step 1 is fine. Score: 4/5").kind == "malformed_reply"


def test_scores_by_criterion_are_combined_by_weight_in_any_order():
    reading = scale_reader(spec(), CRITERIA)(read_verdicts(("b", 2, "dull"), ("a", 5, "sharp")))
    assert reading.value == 4.0
    assert reading.message == "a: sharp; b: dull"
    assert [told["id"] for told in reading.detail["criteria"]] == ["a", "b"]


@pytest.mark.parametrize(
    ("reply", "kind", "says"),
    [
        (read_verdicts(("a", 5)), "malformed_reply", "no verdict on `b`"),
        (read_verdicts(("a", 5), ("b", 2), ("b", 2)), "malformed_reply", "two verdicts on `b`"),
        (read_verdicts(("a", 5), ("c", 2)), "malformed_reply", "`c`, which is no criterion"),
        (read_verdicts(("a", 5), ("b",)), "malformed_reply", "lacks `id` or `score`"),
        (read_verdicts(("a", 5), ("b", "2")), "malformed_reply", "`score` of `b` is not a number"),
        (read_verdicts(("a", 5), ("b", 6)), "off_scale", "score of `b` is 6, outside 1 to 5"),
        ('{"verdicts": {"a": 5, "b": 2}}', "malformed_reply", "not a list"),
        ('{"reason": "r", "score": 3}', "malformed_reply", "no JSON object with `verdicts`"),
    ],
)
def test_a_missing_repeated_or_unknown_verdict_is_never_filled_in(reply, kind, says):
    reading = scale_reader(spec(), CRITERIA)(reply)
    assert (reading.value, reading.kind) == (None, kind)
    assert says in reading.message


def read_met(*met, low=0.0, high=1.0):
    verdicts = [{"id": item.id, "reason": "r", "met": yes} for item, yes in zip(ITEMS, met, strict=True)]
    return checklist_reader(spec(low=low, high=high, style="checklist"), ITEMS)(json.dumps({"verdicts": verdicts}))


@pytest.mark.parametrize(
    ("met", "value", "raw"),
    [
        ((True, True, True), 0.5, 2.0),
        ((True, True, False), 1.0, 4.0),
        ((False, False, True), 0.0, -2.0),
        ((False, True, False), 0.25, 1.0),
    ],
)
def test_a_checklist_with_a_negative_item(met, value, raw):
    reading = read_met(*met)
    assert (reading.value, reading.detail["raw"]) == (value, raw)
    assert read_met(*met, low=-1.0, high=3.0).value == -1.0 + 4.0 * value


def test_what_cannot_be_assessed_leaves_the_judge_abstained_unless_it_cannot_matter():
    reading = read_met(True, None, False)
    assert (reading.value, reading.kind) == (None, "abstained")
    assert "`short`" in reading.message
    # nothing good was found and a lie costs more than the short item can earn
    assert read_met(False, None, True).value == 0.0


@pytest.mark.parametrize("met", ['"yes"', "1", "0", '"true"'])
def test_met_is_a_bool(met):
    reading = checklist_reader(spec(style="checklist"), CRITERIA[:1])(f'{{"verdicts": [{{"id": "a", "met": {met}}}]}}')
    assert reading.kind == "malformed_reply"


def test_positions_may_be_answered_as_numbers():
    read = checklist_reader(spec(low=0.0, high=1.0, style="checklist"), (CriterionSpec("1", "One."),))
    assert read('{"verdicts": [{"id": 1, "met": true}]}').value == 1.0
    assert read('{"verdicts": [{"id": true, "met": true}]}').kind == "malformed_reply"


@pytest.mark.parametrize(
    ("winner", "value", "kind"),
    [
        ('"A"', 1.0, None),
        ('"B"', 0.0, None),
        ('"tie"', 0.5, None),
        ('"a"', None, "malformed_reply"),
        ('"C"', None, "malformed_reply"),
        ("null", None, "malformed_reply"),
        ('["A"]', None, "malformed_reply"),
    ],
)
def test_winners(winner, value, kind):
    reading = winner_reader(spec())(f'{{"reason": "r", "winner": {winner}}}')
    assert (reading.value, reading.kind) == (value, kind)


@pytest.mark.parametrize(
    ("ranking", "groups"),
    [
        ("[[2], [1, 3]]", ((1,), (0, 2))),
        ("[[3], [2], [1]]", ((2,), (1,), (0,))),
        ("[3, 2, 1]", ((2,), (1,), (0,))),
        ("[[1, 2, 3]]", ((0, 1, 2),)),
        ("[[1, 2, 3], []]", ((0, 1, 2),)),
        ("[[1], [2]]", None),
        ("[[1], [2], [2, 3]]", None),
        ("[[0], [1], [2]]", None),
        ("[[1], [2], [4]]", None),
        ("[[1], [2], [3.0]]", None),
        ("[[true], [2], [3]]", None),
        ('[["1"], [2], [3]]', None),
        ("[[[1]], [2], [3]]", None),
        ('{"1": 2}', None),
        ("[]", None),
    ],
)
def test_a_ranking_names_every_answer_exactly_once(ranking, groups):
    reading = ranking_reader(spec(), 3)(f'{{"reason": "r", "ranking": {ranking}}}')
    assert reading.value == groups
    assert reading.kind == (None if groups else "malformed_reply")


VERDICTS = (("good", 1.0), ("fair", 0.5), ("bad", 0.0))


@pytest.mark.parametrize(
    ("reply", "value", "kind"),
    [
        ("First I thought [[bad]], but it is [[good]].", 1.0, None),
        ("No verdict here.", None, "malformed_reply"),
        ("[[good]] no, [[great]]", None, "malformed_reply"),
        ("[[GOOD]]", None, "malformed_reply"),
    ],
)
def test_a_house_format_is_read_by_the_last_match(reply, value, kind):
    reading = label_reader(spec(low=0.0, high=1.0, extract=r"\[\[(\w+)\]\]", verdicts=VERDICTS))(reply)
    assert (reading.value, reading.kind) == (value, kind)


def test_labels_without_a_group_and_with_several():
    scale = {"low": 0.0, "high": 1.0, "verdicts": VERDICTS}
    assert label_reader(spec(extract="good|bad", **scale))("bad, no: good").value == 1.0
    assert label_reader(spec(extract=r"<(\w+)>|\[(\w+)\]", **scale))("<bad> [fair]").value == 0.5


def test_a_verdict_off_the_scale_is_off_scale():
    reading = label_reader(spec(low=0.0, high=0.5, extract="good", verdicts=VERDICTS))("good")
    assert (reading.value, reading.kind) == (None, "off_scale")


def test_without_verdicts_the_label_is_the_number_or_the_winner():
    read = label_reader(spec(extract=r"\[RESULT\] (\S+)"))
    assert read("[RESULT] 4").value == 4.0
    assert read("[RESULT] 7").kind == "off_scale"
    assert read("[RESULT] nan").kind == read("[RESULT] four").kind == "malformed_reply"
    assert label_reader(spec(mode="pairwise", extract=r"\[\[(A|B|C)\]\]"))("[[B]]").value == 0.0


def test_a_pathological_pattern_is_matched_in_linear_time():
    assert label_reader(spec(extract="(a+)+b"))("a" * 50_000).kind == "malformed_reply"


@given(st.text(max_size=60) | st.text(alphabet='{}[]",:reasonscoveditmwnkg 1', max_size=60))
def test_no_reply_makes_a_reader_raise(text):
    readers = [
        score_reader(spec()),
        scale_reader(spec(), CRITERIA),
        checklist_reader(spec(style="checklist"), ITEMS),
        winner_reader(spec()),
        ranking_reader(spec(), 3),
        winner_reader(spec(abstain=True)),
        ranking_reader(spec(abstain=True), 3),
        score_reader(spec(abstain=True)),
        criterion_score_reader(spec(), CRITERIA[0]),
        criterion_met_reader(ITEMS[0]),
        guard_reader(),
        label_reader(spec(extract=r"(\w+)", verdicts=VERDICTS)),
    ]
    for read in readers:
        reading = read(text)
        assert (reading.value is None) == (reading.kind is not None)


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=4)
    | st.sampled_from(["a", "b", "A", "tie"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "score", "met", "x"]), inner),
    max_leaves=8,
)


@given(anything)
def test_no_value_of_the_right_key_makes_a_reader_raise(value):
    text = json.dumps({"score": value, "verdicts": value, "winner": value, "ranking": value, "reason": value})
    for read in (
        score_reader(spec()),
        scale_reader(spec(), CRITERIA),
        checklist_reader(spec(style="checklist"), ITEMS),
        winner_reader(spec()),
        ranking_reader(spec(), 2),
        winner_reader(spec(abstain=True)),
        ranking_reader(spec(abstain=True), 2),
        scale_reader(spec(abstain=True), CRITERIA),
        criterion_score_reader(spec(), CRITERIA[0]),
        criterion_met_reader(ITEMS[0]),
        guard_reader(),
    ):
        reading = read(text)
        assert reading.kind in {None, "malformed_reply", "off_scale", "abstained"}
        assert isinstance(reading.message, str)
        json.dumps(dict(reading.detail))
