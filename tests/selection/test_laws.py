"""What is chosen is what full evaluation chooses, with failing judges too, and never with more calls."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rmcompose.compiler import Compilation
from rmcompose.selection.best import best_of_n
from rmcompose.selection.keep import Filter, plan_of
from tests.runtime.programs import World
from tests.runtime.test_laws import JUST_NO_CLIENT, cases, compiled, judged_by


def full(text: str, sample: dict[str, Any], world: World) -> tuple[list[float | None], set[Any]]:
    """The scores where everything is evaluated, and what that asks."""
    world = World(world.answers, world.turns)
    with judged_by(world):
        line = compiled(text, optimize=False).trace(sample)
    return [response["score"] for response in line["responses"]], set(world.asked)


@given(cases(), st.integers(1, 4))
def test_the_best_are_those_of_full_evaluation(case: Any, count: int) -> None:
    text, sample, world = case
    scores, asked = full(text, sample, world)
    with judged_by(world):
        (line,) = best_of_n(compiled(text), [sample], count)
    expected = sorted((-score, index) for index, score in enumerate(scores) if score is not None)[:count]
    assert line["best"] == [index for _, index in expected], text
    assert len(world.asked) == len(set(world.asked))
    assert set(world.asked) <= asked
    for response, score in zip(line["responses"], scores, strict=True):
        assert response["status"] in ("scored", "unscored", "skipped")
        if response["status"] == "skipped":
            low, high = response["range"]
            assert score is None or low <= score <= high
            assert response["index"] not in line["best"]
        else:
            assert repr(response["score"]) == repr(score)


@given(cases(), st.sampled_from([0.0, 0.25, 0.5, 1.0]), st.sampled_from(["any", "all"]))
def test_a_condition_decides_as_full_evaluation_does(case: Any, least: float, match: Any) -> None:
    text, sample, world = case
    scores, asked = full(text, sample, world)
    chosen = Filter(plan_of(Compilation("main.rm", text), f"return >= {least}"), match=match, client=JUST_NO_CLIENT)
    with judged_by(world):
        (line,) = chosen.decided([sample])
    assert set(world.asked) <= asked
    holds = [None if score is None else score >= least for score in scores]
    if None not in holds:
        assert line["kept"] is (any if match == "any" else all)(holds)
    elif line["kept"] is None:
        assert (match == "any") not in holds
        assert line["reason"]["kind"]
    elif (match == "any") in holds:
        # one response settles it, whatever the others are
        assert line["kept"] is (match == "any")
