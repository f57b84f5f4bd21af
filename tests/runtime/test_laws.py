"""The laws of evaluation, on random compositions with failing judges and broken samples."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmcompose.compiler import Compilation
from rmcompose.plan.calls import call_bounds
from rmcompose.runtime import engine
from rmcompose.runtime.composition import RMComposition
from tests.runtime.programs import MOST_STEPS, World, samples, specs, steps_of, worlds

JUST_NO_CLIENT: Any = object()


def compiled(text: str, optimize: bool = True) -> RMComposition:
    compilation = Compilation("main.rm", text)
    errors = [d for d in compilation.diagnostics if d.is_error]
    assert not errors, (errors, text)
    return compilation.reward(optimize=optimize, client=JUST_NO_CLIENT)


def judged_by(world: World) -> Any:
    return patch.object(engine, "ask", world.ask)


def outcome(line: dict[str, Any]) -> Any:
    """What must not differ: scores and statuses, to the bit."""
    return line["best"], [(repr(r["score"]), r["status"]) for r in line["responses"]]


def cases(judged: bool = True, grouped: bool = True) -> st.SearchStrategy[Any]:
    return st.tuples(specs(judged, grouped), samples()).flatmap(
        lambda pair: st.tuples(st.just(pair[0]), st.just(pair[1]), worlds(pair[1]["responses"]))
    )


@given(cases())
def test_the_optimised_plan_gives_the_scores_of_the_plain_one_with_no_more_calls(case: Any) -> None:
    text, sample, world = case
    plain_world = World(world.answers, world.turns)
    with judged_by(world):
        optimised = compiled(text).trace(sample)
    with judged_by(plain_world):
        plain = compiled(text, optimize=False).trace(sample)
    assert outcome(optimised) == outcome(plain), text
    assert set(world.asked) <= set(plain_world.asked)
    assert len(world.asked) == len(set(world.asked))


@given(cases(), st.randoms())
def test_scores_do_not_depend_on_the_order_in_which_answers_come(case: Any, random: Any) -> None:
    text, sample, world = case
    other = World(world.answers, {key: random.randint(0, 7) for key in world.turns})
    reward = compiled(text)
    with judged_by(world):
        first = reward.trace(sample)
    with judged_by(other):
        second = reward.trace(sample)
    assert outcome(first) == outcome(second)
    assert [r["reason"] for r in first["responses"]] == [r["reason"] for r in second["responses"]]


@given(st.lists(cases(), min_size=1, max_size=3))
def test_sync_async_batch_and_scores_agree_to_the_bit(many: list[Any]) -> None:
    text = many[0][0]
    rows = [sample for _, sample, _ in many]
    world = many[0][2]
    for _, _, one in many[1:]:
        world.answers.update({key: value for key, value in one.answers.items() if key not in world.answers})
        world.turns.update(one.turns)
    reward = compiled(text)
    with judged_by(world):
        lines = [reward.trace(row) for row in rows]
        singles = [[r["score"] for r in line["responses"]] for line in lines]
        assert repr(reward.scores(rows)) == repr(singles)
        assert repr(reward.scores(rows, max_workers=1)) == repr(singles)
        batch = reward.evaluate_batch(rows, max_workers=3)
        assert repr([[o.answer.reward.score for o in sample.output] for sample in batch]) == repr(singles)

        async def everything() -> list[Any]:
            return [await reward.atrace(row) for row in rows]

        assert [outcome(line) for line in asyncio.run(everything())] == [outcome(line) for line in lines]


@given(st.tuples(specs(judged=False, grouped=False, stepped=False), st.lists(samples(), min_size=1, max_size=4)))
def test_straight_code_gives_the_bits_of_the_full_evaluation(case: Any) -> None:
    text, rows = case
    reward = compiled(text)
    assert reward._fast is not None
    full = [[r["score"] for r in reward.trace(row)["responses"]] for row in rows]
    assert repr(reward.scores(rows)) == repr(full)


@given(cases())
def test_every_value_lies_in_its_inferred_range(case: Any) -> None:
    text, sample, world = case
    reward = compiled(text, optimize=False)
    with judged_by(world):
        line = reward.trace(sample)
    for response in line["responses"]:
        for name, node in response["nodes"].items():
            reach = reward.plan.steps[name].range
            for one in node.get("steps", [node]):
                if one["status"] == "scored" and reach is not None:
                    assert reach[0] - 1e-9 <= one["value"] <= reach[1] + 1e-9, (name, one, text)


@given(cases())
def test_a_response_costs_no_more_and_no_fewer_calls_than_the_plan_says(case: Any) -> None:
    text, sample, world = case
    world.answers = {key: 0.5 if isinstance(answer, str) else answer for key, answer in world.answers.items()}
    sample = {name: value for name, value in sample.items() if name not in ("a", "b", "c")} | {
        "a": 0.5,
        "b": 0.5,
        "c": 0.5,
    }
    sample["kind"] = "math"
    sample["steps"] = [steps_of(response) for response in sample["responses"]]
    for optimize in (True, False):
        world.asked = []
        reward = compiled(text, optimize)
        with judged_by(world):
            reward.trace(sample)
        least, most = call_bounds(reward.plan, len(sample["responses"]), MOST_STEPS)
        assert least <= len(world.asked) <= most, text


@given(cases())
def test_a_node_that_nothing_reads_changes_no_score(case: Any) -> None:
    text, sample, world = case
    more = text.replace("  return", "  rule spare = char_count()\n  let unread = spare + 1\n  return", 1)
    with judged_by(world):
        assert outcome(compiled(text).trace(sample)) == outcome(compiled(more).trace(sample))


@given(cases())
def test_result_lines_are_json_without_nan(case: Any) -> None:
    text, sample, world = case
    with judged_by(world):
        line = compiled(text).trace(sample)
    assert json.loads(json.dumps(line, allow_nan=False)) == line


@pytest.mark.parametrize("optimize", [True, False])
def test_a_failed_judge_is_never_a_wrong_answer(optimize: bool) -> None:
    text = """rmcompose 1
composition main -> score[0, 1] {
  judge j0: score[0, 1] { model = "m"  given = [response]  rubric "Good?" }
  return j0
}
"""
    with judged_by(World({("j0", "x"): "refused"})):
        line = compiled(text, optimize).trace({"prompt": "q", "response": "x"})
    assert line["responses"][0]["score"] is None
    assert line["responses"][0]["reason"]["kind"] == "refused"
    assert line["best"] is None
