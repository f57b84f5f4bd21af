"""The laws of scoring anew, on random compositions with failing judges and broken samples."""

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from rmcompose.compiler import Compilation
from rmcompose.data.view import view
from rmcompose.plan.definitions import definitions
from rmcompose.rescoring.matching import by_definition
from rmcompose.rescoring.rescorer import Rescorer
from tests.runtime.programs import World, samples, specs, worlds
from tests.runtime.test_laws import compiled, judged_by, outcome

VOLATILE = {"ms": 0.0, "calls": 0, "tokens": 0, "cached": False}


def cases(grouped: bool = True) -> st.SearchStrategy[Any]:
    return st.tuples(specs(grouped=grouped), specs(grouped=grouped), samples()).flatmap(
        lambda drawn: st.tuples(*map(st.just, drawn), worlds(drawn[2]["responses"]))
    )


def rescorer(old: str, new: str, *, runs: bool) -> Rescorer:
    before = Compilation("main.rm", old).plan(optimize=False)
    plan = Compilation("main.rm", new).plan(optimize=False)
    return Rescorer(plan, by_definition(plan, definitions(before)), runs=runs)


def traced(text: str, sample: dict[str, Any], world: World, optimize: bool = False) -> dict[str, Any]:
    with judged_by(World(world.answers, world.turns)):
        return as_read(compiled(text, optimize=optimize).trace(sample))


def as_read(line: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(line))


def settled(line: dict[str, Any]) -> dict[str, Any]:
    """The line without what differs between a call and a saved value."""
    line = as_read(line)
    for response in line["responses"]:
        for node in response["nodes"].values():
            for one in (node, *node.get("steps", ())):
                one.update(VOLATILE)
    return line


def steps_in(node: dict[str, Any]) -> list[dict[str, Any]]:
    """The node, or where it has a value per step those."""
    return node.get("steps", [node])


def values(line: dict[str, Any]) -> Any:
    """Status and value of every node of every response, step by step."""
    nodes = [response["nodes"] for response in line["responses"]]
    return [
        {name: [(one["status"], one["value"]) for one in (node, *node.get("steps", ()))] for name, node in each.items()}
        for each in nodes
    ]


@given(cases())
def test_all_leaves_known_gives_the_bits_of_a_fresh_run(case: Any) -> None:
    old, new, sample, world = case
    old, new = (re.sub(r"(\"Good\?\")  on_unscored = 0.5", r"\1", text) for text in (old, new))
    assume("input step:" in old or "input step:" not in new)
    saved, fresh = traced(old, sample, world), traced(new, sample, world)
    one = rescorer(old, new, runs=True)
    asked = World(world.answers)
    with judged_by(asked):
        found = one.line(as_read(saved), view(sample))
    assert asked.asked == []
    assert not one.undone
    assert outcome(found) == outcome(fresh), new
    for mine, theirs in zip(settled(found)["responses"], settled(fresh)["responses"], strict=True):
        assert mine["reason"] == theirs["reason"], new
        for name, node in theirs["nodes"].items():
            # a run leaves out a formula that is surely unscored before its judge has answered
            each = zip(steps_in(mine["nodes"][name]), steps_in(node), strict=True)
            assert all(one == other for one, other in each if other["status"] != "skipped"), (name, new)


def reads_steps(text: str) -> bool:
    """Whether a spec looks at the steps of responses."""
    return Compilation("main.rm", text).plan().steps_from is not None


@given(cases(), st.booleans(), st.booleans())
def test_whatever_is_scored_is_what_a_fresh_run_gives(case: Any, optimize: bool, with_data: bool) -> None:
    old, new, sample, world = case
    # steps that the saved run did not look at are in no result: the command wants the data then
    with_data = with_data or (reads_steps(new) and not reads_steps(old))
    saved, fresh = traced(old, sample, world, optimize), traced(new, sample, world)
    one = rescorer(old, new, runs=with_data)
    found = one.full(as_read(saved), view(sample) if with_data else None)
    for mine, theirs in zip(found["responses"], fresh["responses"], strict=True):
        if mine["score"] is not None:
            assert repr(mine["score"]) == repr(theirs["score"]), new
        elif theirs["score"] is not None:
            assert mine["reason"]["kind"] in ("budget_exceeded", "missing_input")
            assert one.undone[mine["reason"]["node"]]
    if not one.undone:
        assert outcome(found) == outcome(fresh), new


def untimed(line: Any) -> str:
    """A line as text, without the milliseconds that rules took which were run for it."""
    return re.sub(r'"ms": [0-9.e-]+', '"ms": 0', json.dumps(line))


@given(cases(), st.booleans(), st.booleans())
def test_straight_code_gives_the_line_of_the_full_evaluation(case: Any, optimize: bool, with_data: bool) -> None:
    old, new, sample, world = case
    saved = traced(old, sample, world, optimize)
    one = rescorer(old, new, runs=with_data)
    seen = view(sample) if with_data else None
    fast = one._fast.line(as_read(saved), seen)
    if fast is not None:
        assert untimed(fast) == untimed(one.full(as_read(saved), seen)), new


@given(cases())
def test_scoring_anew_twice_is_scoring_anew_once(case: Any) -> None:
    old, new, sample, world = case
    saved = traced(old, sample, world)
    there = rescorer(old, new, runs=True).line(as_read(saved), view(sample))
    again = rescorer(new, new, runs=True).line(as_read(there), view(sample))
    assert outcome(again) == outcome(there)
    assert values(again) == values(there)
