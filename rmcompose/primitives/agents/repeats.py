"""Whether an agent goes round in circles, and how many steps it takes."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from typing import Any

from rmcompose.primitives.agents.trace import TRACE, Action, Words, actions_of
from rmcompose.primitives.registry import register, setting

_TWICE = (
    '[{"role": "assistant", "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{}"}}, '
    '{"id": "2", "function": {"name": "f", "arguments": "{}"}}]}]'
)


def _similar_pairs(actions: list[Action], threshold: float) -> int:
    words = Words([action.signature for action in actions])
    if threshold >= 1:
        # only texts with the very same words: no pairs need be looked at, and a text without words is like no other
        return sum(math.comb(count, 2) for held, count in Counter(words.sets).items() if held)
    places = range(len(actions))
    return sum(words.similarity(one, other) >= threshold for one in places for other in range(one))


def _explain_loop(_value: float, trace: Any, similarity: float = 1.0) -> str:
    actions = actions_of(trace)
    pairs = math.comb(len(actions), 2)
    return f"{_similar_pairs(actions, similarity)} of {pairs} pairs of {len(actions)} tool calls are similar"


@register(
    "action_loop",
    returns="float",
    low=0,
    high=1,
    arguments={
        "trace": TRACE,
        "similarity": setting("from which share of common words two calls are similar", low=0, high=1),
    },
    explain=_explain_loop,
    example=f"action_loop(trace = {_TWICE}) -> 0.0",
    quirks=(
        'Similarity is that of sets of words in `name: key: value, …`, so `f(a="x y")` and `f(a="y x")` are the same. '
        "All pairs count, near or far, and a pair that differs makes up for one that does not: ten equal calls among "
        "fifty others are still 0.97. `repeated_actions` counts repeats in a row."
    ),
)
def action_loop(trace: Any, similarity: float = 1.0) -> float:
    """The share of pairs of tool calls that are not similar: 1 is free of loops (OpenJudge `action_loop_detection`).

    1 - similar / all pairs, where two calls are similar if their names and arguments have at least the share
    `similarity` of their words in common (Jaccard). 1 with fewer than two calls. Calls without a result count too.
    """
    actions = actions_of(trace)
    if len(actions) < 2:
        return 1.0
    return 1.0 - _similar_pairs(actions, similarity) / math.comb(len(actions), 2)


def _repeats(actions: list[Action]) -> list[Action]:
    return [later for earlier, later in itertools.pairwise(actions) if earlier.key == later.key]


def _explain_repeats(_value: int, trace: Any) -> str:
    found = Counter(action.name for action in _repeats(actions_of(trace)))
    return ", ".join(f"`{name[:60]}` {count} times" for name, count in found.most_common(5)) or "no call twice in a row"


@register(
    "repeated_actions",
    returns="int",
    low=0,
    arguments={"trace": TRACE},
    explain=_explain_repeats,
    example=f"repeated_actions(trace = {_TWICE}) -> 1",
)
def repeated_actions(trace: Any) -> int:
    """The number of tool calls that are equal to the call before them, in tool and arguments.

    Three equal calls in a row are 2 repeats. 2.0 equals 2 and the order of keys does not matter.
    """
    return len(_repeats(actions_of(trace)))


def _explain_count(_value: int, trace: Any) -> str:
    found = Counter(action.name for action in actions_of(trace))
    return ", ".join(f"`{name[:60]}` {count}" for name, count in found.most_common(5)) or "no tool call"


@register(
    "step_count",
    returns="int",
    low=0,
    arguments={"trace": TRACE},
    explain=_explain_count,
    example=f"step_count(trace = {_TWICE}) -> 2",
)
def step_count(trace: Any) -> int:
    """The number of tool calls in the messages of the response; two in one message are two."""
    return len(actions_of(trace))
