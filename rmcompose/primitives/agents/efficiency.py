"""What an agent gets out of its tool calls: new information, without detours (formulas of OpenJudge)."""

from __future__ import annotations

import json
import math
from typing import Any

from rmcompose.primitives.agents.trace import TRACE, Action, Words, answered
from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.patterns import check_pattern, compile_pattern
from rmcompose.primitives.registry import register, setting

_SHORTEST = 10
_CALLS = '{"role": "assistant", "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{}"}}, '
_CALLS += '{"id": "2", "function": {"name": "f", "arguments": "{}"}}]}'
_RESULTS = '{"role": "tool", "tool_call_id": "1", "content": "twelve apples"}, '
_RESULTS += '{"role": "tool", "tool_call_id": "2", "content": "twelve apples"}'
_TWICE = f"[{_CALLS}, {_RESULTS}]"


def _gains(trace: Any, threshold: float) -> list[float]:
    texts = [action.observation or "" for action in answered(trace)]
    texts = [text for text in texts if len(text.strip()) >= _SHORTEST]
    words = Words(texts)
    likeness = [words.to_earlier(place) for place in range(len(texts))]
    return [(1 - most) * math.exp(-2 * max(0.0, most - threshold)) for most in likeness]


def _explain_gain(_value: float, trace: Any, similarity: float = 0.5) -> str:
    gains = _gains(trace, similarity)
    shown = ", ".join(f"{gain:.2f}" for gain in gains[:10])
    return f"{len(gains)} results: {shown}{' …' if len(gains) > 10 else ''}" if gains else "no result to judge"


@register(
    "observation_gain",
    returns="float",
    low=0,
    high=1,
    arguments={
        "trace": TRACE,
        "similarity": setting("above which likeness to an earlier result a result costs more", low=0, high=1),
    },
    explain=_explain_gain,
    example=f"observation_gain(trace = {_TWICE}) -> 0.5",
    quirks=(
        "Results of fewer than 10 characters are left out, so an agent that only ever reads `42` has 0, like one that "
        "calls nothing. Words are those between white space: results without spaces (Chinese, compact JSON) are either "
        "equal or wholly new."
    ),
)
def observation_gain(trace: Any, similarity: float = 0.5) -> float:
    """How much is new in what the tools give back, on average (OpenJudge `observation_information_gain`).

    The mean of (1 - m) · exp(-2 · max(0, m - similarity)) over the results, m the greatest share of words in common
    (Jaccard) with an earlier one. 0 where there is no result to judge.
    """
    gains = _gains(trace, similarity)
    return min(1.0, sum(gains) / len(gains)) if gains else 0.0


def _efficiency(actions: list[Action]) -> tuple[float, int, int]:
    """The mean share of new words, the calls that repeat another, the tools used."""
    words = Words([action.observation or "" for action in actions])
    gain = sum(1 - words.to_earlier(place) for place in range(len(actions))) / len(actions)
    repeats = len(actions) - len({action.signature for action in actions})
    return gain, repeats, len({action.name for action in actions})


def _explain_efficiency(_value: float, trace: Any) -> str:
    actions = answered(trace)
    if not actions:
        return "no tool call with a result"
    gain, repeats, tools = _efficiency(actions)
    return f"{gain:.2f} of results is new, {repeats} of {len(actions)} calls are repeats, {tools} tools"


@register(
    "tool_efficiency",
    returns="float",
    low=0,
    high=1,
    arguments={"trace": TRACE},
    explain=_explain_efficiency,
    example=f"tool_efficiency(trace = {_TWICE}) -> 0.56",
    quirks=(
        "Using many different tools is rewarded, whether the task needs them or not: five good searches lose up to 0.1 "
        "against five calls of five tools. Two empty results are not alike. The weights are OpenJudge's, no more."
    ),
)
def tool_efficiency(trace: Any) -> float:
    """0.4 · new information + 0.4 · calls that are no repeats + 0.2 · variety of tools (OpenJudge).

    New information is the mean of 1 - the greatest share of words that a result has in common with an earlier one;
    repeats are calls equal to another, as a share of all; variety is min(1, tools / calls + 0.3). Calls without a
    result are left out. 0 where there are none.
    """
    actions = answered(trace)
    if not actions:
        return 0.0
    gain, repeats, tools = _efficiency(actions)
    total = len(actions)
    value = 0.4 * gain + 0.4 * (1 - repeats / total) + 0.2 * min(1.0, tools / total + 0.3)
    return max(0.0, min(1.0, value))


def _productive(actions: list[Action], threshold: float) -> int:
    words = Words([action.observation or "" for action in actions])
    seen: set[str] = set()
    productive = 0
    for place, action in enumerate(actions):
        is_old = place > 0 and words.to_earlier(place) >= threshold
        productive += not (is_old and action.signature in seen)
        seen.add(action.signature)
    return productive


def _explain_steps(_value: float, trace: Any, similarity: float = 0.8, reference_steps: int = 0) -> str:
    actions = answered(trace)
    told = f"{_productive(actions, similarity)} of {len(actions)} steps are productive"
    return f"{told}, {reference_steps} expected" if reference_steps else told


@register(
    "step_efficiency",
    returns="float",
    low=0,
    high=1,
    arguments={
        "trace": TRACE,
        "similarity": setting("from which likeness to an earlier result a result is nothing new", low=0, high=1),
        "reference_steps": setting("how many steps the task needs; 0 where that is not known", low=0),
    },
    explain=_explain_steps,
    example=f"step_efficiency(trace = {_TWICE}) -> 0.5",
    quirks="With `reference_steps`, an agent that stops too early gets the full 0.4 for that part.",
)
def step_efficiency(trace: Any, similarity: float = 0.8, reference_steps: int = 0) -> float:
    """The share of steps that are productive (OpenJudge `trajectory_step_efficiency`).

    A step is a tool call with a result. It is not productive if the call is equal to an earlier one and its result is
    like an earlier one, with at least the share `similarity` of words in common. With `reference_steps` R, the value is
    0.6 · share + 0.4 · min(1, R / steps). 0 without a step.
    """
    if reference_steps < 0:
        raise RuleError("`reference_steps` is negative")
    actions = answered(trace)
    if not actions:
        return 0.0
    share = _productive(actions, similarity) / len(actions)
    if not reference_steps:
        return share
    return 0.6 * share + 0.4 * min(1.0, reference_steps / len(actions))


_ERRORS = r"(?i)^\s*(error\b|exception\b|traceback \(most recent call last\)|failed\b|failure\b|\w+(error|exception):)"


def _failed(action: Action, pattern: str) -> bool:
    if action.failed:
        return True
    text = action.observation or ""
    if text[:1] == "{" and len(text) <= 100_000:
        try:
            fields = json.loads(text)
        except (ValueError, RecursionError):
            fields = {}
        if isinstance(fields, dict) and (fields.get("error") or fields.get("success") is False):
            return True
    return compile_pattern(pattern).search(text[:10_000])


def _recovered(actions: list[Action], pattern: str) -> tuple[int, int]:
    """How many calls failed, and how many of these were made good by a later call of the same tool."""
    failed = [_failed(action, pattern) for action in actions]
    errors = recovered = 0
    works: set[str] = set()
    for action, bad in zip(reversed(actions), reversed(failed), strict=True):
        if bad:
            errors += 1
            recovered += action.name in works
        else:
            works.add(action.name)
    return errors, recovered


def _explain_recovery(_value: float, trace: Any, pattern: str = _ERRORS) -> str:
    errors, recovered = _recovered(answered(trace), pattern)
    return f"{errors} calls failed, {recovered} of them worked later" if errors else "no call failed"


@register(
    "error_recovery",
    returns="float",
    low=0,
    high=1,
    arguments={
        "trace": TRACE,
        "pattern": setting("what a result looks like that is an error", constant=True, check=check_pattern),
    },
    explain=_explain_recovery,
    example='error_recovery(trace = [{"role": "assistant", "tool_calls": [{"name": "f", "arguments": {}}]}, '
    '{"role": "tool", "content": "Error: no such file"}]) -> 0.0',
    quirks="A heuristic: an error is told by how it is written, and another tool that does the job is not seen.",
    needs=("google-re2",),
)
def error_recovery(trace: Any, pattern: str = _ERRORS) -> float:
    """The share of failed tool calls after which a later call of the same tool works; 1 where none fails.

    A call failed if its message says so (`is_error`, `status: error`), if its result is a JSON object with an `error`
    or with `success: false`, or if `pattern` (RE2) matches the result: by default texts that begin with `Error`,
    `Exception`, `Traceback …`, `Failed` or the name of an exception.
    """
    errors, recovered = _recovered(answered(trace), pattern)
    return recovered / errors if errors else 1.0
