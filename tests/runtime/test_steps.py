"""Values per step of a response: what `reduce` gives, what is asked, what is told, and where steps come from."""

from __future__ import annotations

import asyncio
import itertools
import math
from collections.abc import Sequence
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rmcompose as rm
from rmcompose.compiler import Compilation
from rmcompose.ir.interval import LARGEST
from rmcompose.ir.reducing import REDUCERS, reduced, reduced_range, unknown_count
from rmcompose.runtime import engine
from rmcompose.runtime.judging import Answer
from tests.runtime.programs import MOST_STEPS

JUDGED = """rmcompose 1
composition process -> float {{
  input step: text
  judge sound: score[0, 1] {{ model = "m"  given = [prompt, previous_steps, step]  rubric "Sound?" }}
  return {result}
}}
"""


class Judge:
    """Says of each step what `says` has for its text: a value, or the kind of a failure. Counts what it is asked."""

    def __init__(self, says: dict[str, float | str], turns: dict[str, int] | None = None) -> None:
        self.says, self.turns = says, turns or {}
        self.asked: list[tuple[Any, ...]] = []

    async def ask(self, spec: Any, shown: Sequence[Any], criteria: Any, client: Any) -> Answer:
        self.asked.append(tuple(shown))
        for _ in range(self.turns.get(shown[-1], 0)):
            await asyncio.sleep(0)
        says = self.says[shown[-1]]
        return Answer(None, kind=says, message="scripted") if isinstance(says, str) else Answer(says, calls=1, tokens=7)


def judged(result: str, optimize: bool = True) -> rm.RMComposition:
    client: Any = object()
    return rm.loads(JUDGED.format(result=result), name="process", optimize=optimize, client=client)


def response_of(reward: rm.RMComposition, judge: Judge, steps: list[str]) -> dict[str, Any]:
    with patch.object(engine, "ask", judge.ask):
        line = reward.trace({"prompt": "q", "response": "whole", "steps": steps})
    told: dict[str, Any] = line["responses"][0]
    return told


def asked(result: str, says: dict[str, float | str]) -> tuple[float | None, list[str]]:
    judge = Judge(says)
    score = response_of(judged(result), judge, list(says))["score"]
    return score, [shown[-1] for shown in judge.asked]


@pytest.mark.parametrize(
    ("result", "says", "score", "steps"),
    [
        ('reduce(sound, "min")', {"a": 0.5, "b": 0.0, "c": 0.7}, 0.0, ["a", "b"]),
        ('reduce(sound, "max")', {"a": 0.5, "b": 1.0, "c": 0.7}, 1.0, ["a", "b"]),
        ('reduce(sound, "product")', {"a": 0.5, "b": 0.0, "c": 0.7}, 0.0, ["a", "b"]),
        ('reduce(sound, "last")', {"a": 0.5, "b": 0.0, "c": 0.7}, 0.7, ["c"]),
        ('reduce(sound, "first_error", 0.5)', {"a": 0.5, "b": 0.4, "c": 0.7}, 1 / 3, ["a", "b"]),
        ('reduce(sound, "first_error", 0.5)', {"a": 0.5, "b": 0.6, "c": 0.7}, 1.0, ["a", "b", "c"]),
        ('reduce(sound, "mean")', {"a": 0.5, "b": 0.0, "c": 0.7}, 1.2 / 3, ["a", "b", "c"]),
        ('reduce(sound, "sum")', {"a": 0.5, "b": 0.0, "c": 0.7}, 1.2, ["a", "b", "c"]),
        ('reduce(sound, "discounted", 0.5)', {"a": 1.0, "b": 0.0, "c": 0.0}, 1 / 1.75, ["a", "b", "c"]),
        ('reduce(sound, "discounted", 1.0)', {"a": 1.0, "b": 0.0}, 0.5, ["a", "b"]),
        # a failure stands for its whole range, and what is settled without it is scored
        ('reduce(sound, "min")', {"a": "refused", "b": 0.0, "c": 0.7}, 0.0, ["a", "b"]),
        ('reduce(sound, "first_error", 0.5)', {"a": 0.1, "b": "refused"}, 0.0, ["a"]),
        ('reduce(sound, "first_error", 0.5)', {"a": "refused", "b": 0.1, "c": 0.7}, None, ["a", "b"]),
        ('reduce(sound, "last")', {"a": "refused", "b": 0.25}, 0.25, ["b"]),
        (
            'if reduce(sound, "first_error", 0.5) > 0.5 then 1 else 0',
            {"a": "refused", "b": 0.1, "c": 0.7},
            0.0,
            ["a", "b"],
        ),
        ('if reduce(sound, "min") > 0.5 then 1 else 0', {"a": "refused", "b": 0.1, "c": 0.7}, 0.0, ["a", "b"]),
        ('reduce(sound ?? 0.5, "min")', {"a": "refused", "b": 0.6}, 0.5, ["a", "b"]),
        ('if reduce(sound >= 0.5, "min") then 1 else 0', {"a": 0.7, "b": 0.1, "c": 0.7}, 0.0, ["a", "b"]),
    ],
)
def test_no_step_is_asked_about_that_cannot_matter(
    result: str, says: dict[str, float | str], score: float | None, steps: list[str]
) -> None:
    got, order = asked(result, says)
    assert got == pytest.approx(score) if score is not None else got is None
    assert sorted(order) == steps
    with patch.object(engine, "ask", Judge(says).ask):
        plain = judged(result, optimize=False).scores([{"prompt": "q", "response": "x", "steps": list(says)}])
    assert plain == [[got]]


def test_a_judge_sees_the_step_at_hand_and_those_before_it() -> None:
    judge = Judge({"a": 1.0, "b": 1.0, "c": 1.0})
    response_of(judged('reduce(sound, "mean")'), judge, ["a", "b", "c"])
    assert judge.asked == [("q", [], "a"), ("q", ["a"], "b"), ("q", ["a", "b"], "c")]


@pytest.mark.parametrize("turns", list(itertools.permutations((0, 3, 6))))
def test_the_first_step_that_failed_is_told_whatever_answers_first(turns: tuple[int, ...]) -> None:
    judge = Judge({"a": 0.5, "b": "timeout", "c": "refused"}, dict(zip("abc", turns, strict=True)))
    told = response_of(judged('reduce(sound, "mean")'), judge, ["a", "b", "c"])
    assert told["reason"] == {"kind": "timeout", "node": "sound", "message": "step 2 of 3: scripted"}


def test_what_is_told_of_a_node_per_step() -> None:
    told = response_of(judged('reduce(sound, "min")'), Judge({"a": 0.5, "b": 0.0, "c": 0.7}), ["a", "b", "c"])
    node = told["nodes"]["sound"]
    assert [(one["value"], one["status"]) for one in node["steps"]] == [
        (0.5, "scored"),
        (0.0, "scored"),
        (None, "skipped"),
    ]
    assert node["steps"][2]["reason"] == "the result was settled without this step"
    assert (node["value"], node["status"], node["calls"], node["tokens"]) == (None, "scored", 2, 14)
    assert told["steps"] == [
        {"index": 0, "score": 0.5, "status": "scored", "reason": None},
        {"index": 1, "score": 0.0, "status": "scored", "reason": None},
        {"index": 2, "score": None, "status": "skipped", "reason": "the result was settled without this step"},
    ]


def test_samples_come_back_with_a_reward_for_each_step() -> None:
    judge = Judge({"a": 0.5, "b": "refused"})
    with patch.object(engine, "ask", judge.ask):
        done = judged('reduce(sound, "min")').evaluate({"prompt": "q", "response": "x", "steps": ["a", "b"]})
    first, second = done.output[0].steps or []
    assert (first.content, first.reward.score, first.reward.status) == ("a", 0.5, "scored")
    assert first.reward.nodes["sound"]["value"] == 0.5
    assert [(one.name, one.score) for one in first.reward.details] == [("sound", 0.5)]
    assert (second.reward.score, second.reward.status) == (None, "unscored")
    assert second.reward.reason is not None
    assert second.reward.reason["kind"] == "refused"


def test_step_scores_skip_nothing() -> None:
    judge = Judge({"a": 0.0, "b": 0.25, "c": "refused"})
    reward = judged('reduce(sound, "min")')
    rows = [{"prompt": "q", "responses": ["x", "y"], "steps": [["a", "b"], ["c"]]}, {"prompt": "q", "response": "z"}]
    with patch.object(engine, "ask", judge.ask):
        assert reward.step_scores(rows) == [[[0.0, 0.25], [None]], [[]]]
        assert reward.step_scores(["no row"]) == [[[]]]  # type: ignore[list-item]  # what is told of what is no row


def test_step_scores_need_one_thing_that_is_reduced() -> None:
    with pytest.raises(ValueError, match="does not reduce one value"):
        judged('reduce(sound, "min") + reduce(1.0 - sound, "min")').step_scores([])


RULED = """rmcompose 1
composition process -> float {{
  {inputs}
  input step: text
  rule ok: bool = contains(text = step, value = "ok")
  return reduce(ok, "mean")
}}
"""


def ruled(inputs: str = "") -> rm.RMComposition:
    return rm.loads(RULED.format(inputs=inputs), name="process")


@pytest.mark.parametrize(
    ("inputs", "row", "scores"),
    [
        ("", {"response": "x", "steps": ["ok", "no"]}, [0.5]),
        ("", {"response": "x", "steps": [{"text": "ok"}, {"content": [{"type": "text", "text": "ok"}]}]}, [1.0]),
        ("", {"responses": ["x", {"text": "y", "steps": ["no"]}], "steps": ["ok"]}, [1.0, 0.0]),
        ("", {"responses": ["x", "y"], "steps": [["ok"], ["no"]]}, [1.0, 0.0]),
        ("", {"responses": ["x", "y"], "steps": [["ok"], ["no"], []]}, [None, None]),
        ("", {"steps": ["ok", "no"]}, [0.5]),
        ("", {"response": "ok\n\nno"}, [None]),
        ("", {"response": "x", "steps": []}, [None]),
        ("", {"response": "x", "steps": "ok"}, [None]),
        ("", {"response": "x", "steps": ["ok", 3]}, [None]),
        ("input steps: list from response.paragraphs", {"response": "ok\nstill\n\n \n\nno"}, [0.5]),
        ("input steps: list from response.paragraphs", {"response": " \n"}, [None]),
        ("input steps: list from response.lines", {"response": "ok\r\n\r\nno\nno\nno"}, [0.25]),
        ("input steps: list from label.process", {"response": "x", "label": {"process": ["ok", "no"]}}, [0.5]),
        ("input steps: list from modified_process", {"response": "x", "modified_process": ["ok", "no"]}, [0.5]),
    ],
)
def test_where_steps_come_from(inputs: str, row: dict[str, Any], scores: list[float | None]) -> None:
    reward = ruled(inputs)
    assert reward.scores([row]) == [scores]
    whole = reward.evaluate(row)
    assert [output.answer.reward.score for output in whole.output] == scores
    assert reward.scores([whole]) == [scores]


def test_a_row_of_steps_alone_has_the_response_that_they_are_together() -> None:
    reward = rm.loads("rmcompose 1\ncomposition main -> float {\n  input response: text\n  return len(response)\n}\n")
    assert reward.scores([{"steps": ["ab", "c"]}]) == [[5.0]]


def test_steps_that_the_text_was_parted_into_come_back() -> None:
    done = ruled("input steps: list from response.paragraphs").evaluate({"response": "ok\n\nno"})
    assert [(step.content, step.reward.score) for step in done.output[0].steps or []] == [("ok", 1.0), ("no", 0.0)]


def test_a_step_has_fields_of_its_own() -> None:
    text = """rmcompose 1
composition main -> float {
  input step_index: int
  input gold:   int from step.label
  input tool:   text from step.tool = "none"
  let right = if tool == "search" then gold else step_index
  return reduce(right, "sum")
}
"""
    row = {"response": "x", "steps": [{"text": "a", "label": 7, "tool": "search"}, {"text": "b", "label": 1}]}
    reward = rm.loads(text)
    assert reward.scores([row]) == [[8.0]]
    assert reward.scores([rm.as_sample(row)]) == [[8.0]]


COMPOSED = """rmcompose 1
composition grade -> score[0, 1] {
  input text: text
  require len(text) > 0 else 0.0 because "empty"
  return 1.0 / max(len(text), 1)
}
composition worst -> score[0, 1] {
  input step: text
  let inverse = 1.0 / max(len(step), 1)
  return reduce(inverse, "min")
}
composition main -> float {
  input step: text
  compose each   = grade(text = step)
  compose lowest = worst()
  compose again  = worst(step = step)
  return reduce(each, "max") + lowest + again + reduce(lowest - each, "last") + reduce(lowest.inverse, "max")
}
"""


def test_compositions_per_step_and_with_steps_inside() -> None:
    reward = rm.loads(COMPOSED, name="main")
    row = {"response": "x", "steps": ["ab", "abcd"]}
    assert reward.scores([row]) == [[0.5 + 0.25 + 0.25 + 0.0 + 0.5]]
    nodes = reward.trace(row)["responses"][0]["nodes"]
    assert [one["value"] for one in nodes["each"]["steps"]] == [0.5, 0.25]
    assert nodes["lowest"]["value"] == 0.25


@pytest.mark.parametrize(
    ("argument", "inner", "says"),
    [
        ("text = step", "input text: text\nreturn minmax(len(text))", "looks at all responses"),
        (
            "text = step",
            "input text: text\ninput step: text\nreturn reduce(step in text, 'mean')",
            "looks at all steps",
        ),
        ('step = "a"', "input step: text\nreturn reduce(len(step) > 1, 'mean')", "leave `step` out"),
        ("steps = given", "input steps: list\ninput step: text\nreturn reduce(len(step) > 1, 'mean')", "leave it out"),
        ("", "input steps: list from other\ninput step: text\nreturn reduce(len(step) > 1, 'mean')", "one list"),
    ],
)
def test_what_is_composed_looks_at_the_same_steps(argument: str, inner: str, says: str) -> None:
    inner = inner.replace("'", '"').replace("\n", "\n  ")
    text = f"""rmcompose 1
composition inner -> float {{
  {inner}
}}
composition main -> float {{
  input step: text
  input given: list
  compose x = inner({argument})
  let seen = step in given
  return reduce(x + (if seen then 1 else 0), "mean")
}}
"""
    found = [one for one in Compilation("main.rm", text).diagnostics if one.is_error]
    assert [one.code for one in found] == ["RM306"]
    assert says in found[0].help[0]


NUMBERS = st.floats(-4, 4, allow_nan=False) | st.sampled_from([0.0, 1.0, -1.0, 0.5])
BY = {"first_error": 0.5, "discounted": 0.7}


@given(st.sampled_from(sorted(REDUCERS)), st.lists(NUMBERS, min_size=1, max_size=6))
def test_a_value_lies_in_the_range_of_any_number_of_steps(how: str, values: list[float]) -> None:
    low, high = unknown_count(how, (min(values), max(values)), BY.get(how, 0))
    assert low <= reduced(how, values, BY.get(how, 0)) <= high


@given(st.sampled_from(sorted(REDUCERS)), st.data())
def test_a_value_lies_in_the_range_of_what_is_known_of_the_steps(how: str, data: st.DataObject) -> None:
    pairs = data.draw(st.lists(st.tuples(NUMBERS, NUMBERS).map(sorted), min_size=1, max_size=5))
    values = [data.draw(st.sampled_from([*pair, (pair[0] + pair[1]) / 2])) for pair in pairs]
    by = BY.get(how, 0)
    low, high = reduced_range(how, [(a, b) for a, b in pairs], by)
    value = reduced(how, values, by)
    assert low <= value <= high or math.isclose(value, min(max(value, low), high), rel_tol=1e-12, abs_tol=1e-12)
    if all(a == b for a, b in pairs):
        assert low == high == reduced(how, [a for a, _ in pairs], by)


def test_means_do_not_leave_the_values_by_rounding() -> None:
    assert reduced("mean", [0.1, 0.1, 0.1]) == 0.1
    assert reduced("discounted", [0.1] * 7, 0.9) == 0.1
    assert reduced("product", [LARGEST, LARGEST, 0.0]) == 0


def test_a_thousand_steps() -> None:
    steps = ["ok"] * 1000 + ["no"]
    assert ruled().scores([{"response": "x", "steps": steps}]) == [[1000 / 1001]]
    assert MOST_STEPS >= 2


def test_a_number_of_steps_is_a_column_like_any_other() -> None:
    reward = rm.loads("rmcompose 1\ncomposition main -> float {\n  input steps: int[0, 100]\n  return steps\n}\n")
    assert reward.scores([{"response": "x", "steps": 7}]) == [[7.0]]


def test_a_param_may_be_the_threshold() -> None:
    text = """rmcompose 1
composition main -> score[0, 1] {
  input step: text
  param least: int[0, 10] = 2
  return reduce(len(step), "first_error", least)
}
"""
    row = {"response": "x", "steps": ["abc", "ab", "a", "abc"]}
    assert rm.loads(text).scores([row]) == [[0.5]]
    assert rm.loads(text, params={"least": 3}).scores([row]) == [[0.25]]


def test_what_a_composition_is_given_decides_how_often_it_is_evaluated() -> None:
    text = """rmcompose 1
composition inner -> float {
  input prompt: text
  let n = len(prompt)
  let nested = normalize(normalize(clamp(n / 10, 0, 1)))
  return n + nested
}
composition main -> float {
  input response: text
  compose x = inner(prompt = response)
  return x
}
"""
    assert rm.loads(text, name="main").scores([{"prompt": "q", "responses": ["a", "bbbbb"]}]) == [[1.1, 5.5]]
