import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmcompose.runtime.judging.scan import last_object

SCORE = frozenset({"score"})


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ('{"reason": "r", "score": 1}', 1),
        ('Sure. {"reason": "draft", "score": 0.1} Final: {"reason": "r", "score": 0.75}', 0.75),
        ('```json\n{"reason": "r",\n "score": 2}\n```\nDone.', 2),
        ('{"score": 1} and then {"other": 2}', 1),
        ('{"score": 1} and then {"score": ', 1),
        ('{"reason": "it says {\\"score\\": 9}", "score": 1}', 1),
        ('{"reason": "a } and a { and \\\\", "score": 3}', 3),
        ('{"score": 4, "notes": {"score": 9}}', 4),
        ('use {braces} or "quotes {" then {"score": 5}', 5),
        ('he said "{ and left {"score": 6}', 6),
        ('{"a": "{"score": 7}', 7),
        ("{'score': 1} {\"score\": 8}", 8),
        ('{{"score": 9}}', 9),
        ('{"reason": "two\nlines", "score": 2}', 2),
        ('{"score": 1}{"score": 2}', 2),
        ('{"score": 1, } {"x": [1, 2}', None),
        ('{"wrapped": {"score": 1}}', None),
        ('{"broken": {"score": 1}, oops}', None),
        ('{"score": 1, "score": 5}', None),
        ('{"score": 01}', None),
        ("no object", None),
        ("", None),
        ("[1, 2]", None),
    ],
)
def test_the_last_outermost_object_with_the_keys_binds(text, score):
    found = last_object(text, SCORE)
    assert (found and found["score"]) == score


@given(st.text(alphabet='{}[]",:\\ a1\n', max_size=60), st.integers(0, 9), st.text(alphabet="]}ab, \n", max_size=20))
def test_what_is_said_before_and_after_does_not_hide_the_object(before, score, after):
    # before an object only an open one, or an open string in one, can hide it: then it is part of that
    found = last_object(before + "}\n\n" + json.dumps({"score": score}) + after, SCORE)
    if found is None:
        assert "{" in before
    else:
        assert found == {"score": score}


@given(st.text(max_size=80) | st.text(alphabet='{}[]",:\\ tn1.', max_size=80))
def test_any_text_is_read_without_an_error(text):
    found = last_object(text, frozenset())
    assert found is None or isinstance(found, dict)


json_objects = st.dictionaries(
    st.text(max_size=5),
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(max_size=9),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)


@given(json_objects, st.sampled_from([None, 2]), st.booleans())
def test_every_json_object_is_found_as_it_is(value, indent, ascii_only):
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert last_object(f"Well, {text} it is", frozenset()) == value


@pytest.mark.parametrize(
    "unit",
    ["{", '{"a":', '{"', '{"a":[1,', '{"{":', '{"a": "{', '{"\\"', '"{"', '{"":{"":"', "{ ", '{":":"', '{"a":{}', "[{"],
)
def test_the_work_grows_with_the_text_not_with_its_square(unit):
    def steps(count: int) -> int:
        taken = 0

        def trace(frame, event, argument):
            nonlocal taken
            taken += event == "line"
            return trace

        text = unit * count
        before = sys.gettrace()
        sys.settrace(trace)
        try:
            last_object(text, SCORE)
        finally:
            sys.settrace(before)
        return taken

    assert steps(1600) < 6 * steps(400) + 500
