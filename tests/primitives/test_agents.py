"""Agents' traces: values of OpenJudge 0.2.4's graders (run once on these traces), and hostile traces."""

from __future__ import annotations

from typing import Any

import pytest

from rmcompose import loads
from rmcompose.primitives.agents.efficiency import error_recovery, observation_gain, step_efficiency, tool_efficiency
from rmcompose.primitives.agents.repeats import action_loop, repeated_actions, step_count
from rmcompose.primitives.failure import RuleError


def trace(*steps: tuple[str, str, str | None]) -> list[dict[str, Any]]:
    """Messages of an agent that makes these calls, with their results."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": "q"}]
    for number, (name, arguments, result) in enumerate(steps):
        function = {"name": name, "arguments": arguments}
        messages.append({"role": "assistant", "tool_calls": [{"id": str(number), "function": function}]})
        if result is not None:
            messages.append({"role": "tool", "tool_call_id": str(number), "content": result})
    return messages


APPLES = '{"query": "red apples"}'
SAME = trace(("search", APPLES, "there are twelve apples"), ("search", APPLES, "there are twelve apples"))
MIXED = trace(
    ("search", APPLES, "there are twelve apples in the box"),
    ("open", '{"page": 3}', "there are four pears in the basket"),
    ("search", '{"query": "apples red"}', "there are twelve apples in the box"),
    ("open", '{"page": 3}', "short"),
)


@pytest.mark.parametrize(
    ("messages", "loop", "gain", "efficiency", "steps", "steps_of_one"),
    [
        (SAME, 0.0, 0.5, 0.56, 0.5, 0.5),
        (MIXED, 2 / 3, 0.5333333333333333, 0.72, 1.0, 0.7),
        ([], 1.0, 0.0, 0.0, 0.0, 0.0),
    ],
)
def test_values_of_openjudge(
    messages: Any, loop: float, gain: float, efficiency: float, steps: float, steps_of_one: float
) -> None:
    assert action_loop(messages) == pytest.approx(loop)
    assert observation_gain(messages) == pytest.approx(gain)
    assert tool_efficiency(messages) == pytest.approx(efficiency)
    assert step_efficiency(messages) == pytest.approx(steps)
    assert step_efficiency(messages, reference_steps=1) == pytest.approx(steps_of_one)


def test_loops_by_likeness() -> None:
    near = trace(("f", '{"q": "a b c"}', "x"), ("f", '{"q": "a b d"}', "x"))
    assert action_loop(near) == 1
    assert action_loop(near, similarity=0.6) == 0  # f: q: a b | c d: four of six words
    assert action_loop(near, similarity=0.7) == 1
    assert action_loop(trace(("f", "{}", None), ("f", "{}", None))) == 0  # calls count before they are answered


def test_repeats_and_steps() -> None:
    messages = trace(
        *[("f", arguments, "x") for arguments in ('{"a": 1, "b": 2}', '{"b": 2, "a": 1.0}', '{"a": 2}', '{"a": 2}')]
    )
    assert repeated_actions(messages) == 2
    assert step_count(messages) == 4
    assert (repeated_actions([]), step_count([])) == (0, 0)
    assert step_count([{"role": "assistant", "content": '<tool_call>{"name": "f", "arguments": {}}</tool_call>'}]) == 1


@pytest.mark.parametrize(
    ("results", "value"),
    [
        (["fine"], 1),
        (["Error: no"], 0),
        (["Error: no", "fine"], 1),
        (["fine", '{"error": "no"}'], 0),
        (["ValueError: x", '{"success": false}', "fine", "Traceback (most recent call last):"], 2 / 3),
        (["Errors were rare in 1999"], 1),
        (["No error was found"], 1),
    ],
)
def test_error_recovery(results: list[str], value: float) -> None:
    assert error_recovery(trace(*[("f", "{}", result) for result in results])) == pytest.approx(value)


def test_another_tool_makes_nothing_good_and_messages_may_say_it() -> None:
    assert error_recovery(trace(("f", "{}", "Error"), ("g", "{}", "fine"))) == 0
    told = trace(("f", "{}", "hm"))
    told[-1]["is_error"] = True
    assert error_recovery(told) == 0


def test_results_find_their_calls() -> None:
    calls = [{"id": name, "function": {"name": name, "arguments": "{}"}} for name in "ab"]
    results = [{"role": "tool", "tool_call_id": name, "content": f"result of call {name}"} for name in "ba"]
    assert tool_efficiency([{"role": "assistant", "tool_calls": calls}, *results]) == pytest.approx(0.4 * 0.7 + 0.6)
    with pytest.raises(RuleError, match="`z` that was not made"):
        step_efficiency([{"role": "tool", "tool_call_id": "z", "content": "x"}])
    with pytest.raises(RuleError, match="a result without a call"):
        step_efficiency([{"role": "tool", "content": "x"}])
    with pytest.raises(RuleError, match="not text"):
        observation_gain([{"role": "assistant", "tool_calls": calls}, {**results[0], "content": [{"type": "image"}]}])


def test_too_much_is_refused() -> None:
    with pytest.raises(RuleError, match="too many tool calls"):
        step_count(trace(*[("f", "{}", None)] * 5_001))
    long = " ".join(map(str, range(2_000)))
    with pytest.raises(RuleError, match="too long to compare"):
        observation_gain(trace(*[("f", "{}", long)] * 200))


def test_a_spec_reads_the_trace_of_each_response() -> None:
    spec = loads("rmcompose 1\n\ncomposition c -> score[0, 1] {\n  rule loop = action_loop()\n  return loop\n}\n")
    diverse = trace(("f", "{}", "x"), ("g", "{}", "y"))
    assert spec.scores([{"prompt": "q", "completions": [SAME[1:], diverse[1:], "none"]}]) == [[0.0, 1.0, 1.0]]
    assert spec.scores([{"messages": SAME}]) == [[0.0]]
