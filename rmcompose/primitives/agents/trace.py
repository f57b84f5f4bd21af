"""A trace as actions: the tool calls of an agent, each with what it gave back."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.registry import data
from rmcompose.primitives.tools.calls import calls_in_text, canonical

TRACE = data("trace", "the messages of the agent, with its tool calls and their results")
_MOST_ACTIONS = 5_000
_MOST_WORK = 30_000_000
_RESULTS = ("tool", "function")


class Action(NamedTuple):
    """A tool call. `observation` is None where nothing came back; `known` says whether what came back is text."""

    name: str
    arguments: Any
    observation: str | None = None
    known: bool = True
    failed: bool = False

    @property
    def signature(self) -> str:
        """`search: query: x`, with the arguments sorted by name (OpenJudge)."""
        if isinstance(self.arguments, dict):
            return f"{self.name}: " + ", ".join(
                f"{key}: {self.arguments[key]}" for key in sorted(self.arguments, key=str)
            )
        return f"{self.name}: {self.arguments}" if self.arguments else self.name

    @property
    def key(self) -> str:
        """The same for calls of the same tool with equal arguments."""
        return f"{self.name}:{canonical(self.arguments)}"


def actions_of(trace: Any) -> list[Action]:
    """All tool calls of a trace in order, with their results.

    A result belongs to the call whose id it names, or else to the earliest call without an id that still lacks one. A
    result that belongs to no call makes the trace unreadable (`RuleError`), as in OpenJudge. Calls written as
    `<tool_call>` in the text of an assistant's message are read too; they have no ids.
    """
    return _read(trace)[0]


def _read(trace: Any) -> tuple[list[Action], list[int]]:
    """The actions, and the places of those that got a result in the order of the results."""
    if not isinstance(trace, list | tuple):
        raise RuleError("the trace is no list of messages")
    order: list[int] = []
    actions: list[Action] = []
    by_id: dict[str, int] = {}
    waiting: list[int] = []
    for number, message in enumerate(trace, start=1):
        if not isinstance(message, dict):
            raise RuleError(f"message {number} of the trace is no object")
        if message.get("role") in _RESULTS:
            place = _place(message, by_id, waiting, number)
            order.append(place)
            content = message.get("content")
            failed = message.get("is_error") is True or message.get("status") == "error"
            text = content if isinstance(content, str) else None
            known = content is None or text is not None
            actions[place] = actions[place]._replace(observation=text or "", known=known, failed=failed)
            continue
        for action, call_id in _made(message):
            if call_id:
                by_id[call_id] = len(actions)
            else:
                waiting.append(len(actions))
            actions.append(action)
        if len(actions) > _MOST_ACTIONS:
            raise RuleError(f"the trace has too many tool calls: at most {_MOST_ACTIONS}")
    return actions, order


def answered(trace: Any) -> list[Action]:
    """The actions that got a result, in the order of results. Raises `RuleError` where a result is not text."""
    actions, order = _read(trace)
    found = [actions[place] for place in order]
    if not all(action.known for action in found):
        raise RuleError("a result in the trace is not text")
    return found


def _place(message: dict[str, Any], by_id: dict[str, int], waiting: list[int], number: int) -> int:
    call_id = message.get("tool_call_id")
    if isinstance(call_id, str) and call_id:
        if call_id in by_id:
            return by_id.pop(call_id)
        if not waiting:
            raise RuleError(f"message {number} of the trace is the result of a call `{call_id[:40]}` that was not made")
    if not waiting:
        raise RuleError(f"message {number} of the trace is a result without a call")
    return waiting.pop(0)


def _made(message: dict[str, Any]) -> list[tuple[Action, str]]:
    calls = message.get("tool_calls")
    if isinstance(calls, list | tuple) and calls:
        return [_action(call) for call in calls]
    content = message.get("content")
    if message.get("role") == "assistant" and isinstance(content, str) and "<tool_call>" in content:
        return [(Action(call.name or "?", call.arguments), "") for call in calls_in_text(content)]
    return []


def _action(call: Any) -> tuple[Action, str]:
    call = call if isinstance(call, dict) else {}
    call = call["tool_call"] if isinstance(call.get("tool_call"), dict) else call
    function = call["function"] if isinstance(call.get("function"), dict) else call
    arguments = function.get("arguments")
    if isinstance(arguments, str):
        with contextlib.suppress(ValueError, RecursionError):  # the text itself tells calls apart
            arguments = json.loads(arguments)
    call_id = call.get("id")
    name = function.get("name")
    return Action(name if isinstance(name, str) else "?", arguments), call_id if isinstance(call_id, str) else ""


class Words:
    """Texts as sets of words, to be compared pair by pair; too much work is refused before it is begun."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.sets = [frozenset(text.lower().split()) for text in texts]
        work = len(self.sets) * (len(self.sets) + sum(map(len, self.sets)))
        if work > _MOST_WORK:
            raise RuleError("the trace is too long to compare all its steps with each other")

    def similarity(self, one: int, other: int) -> float:
        """The words in common among all words of the two; 0 where either has none."""
        left, right = self.sets[one], self.sets[other]
        common = len(left & right)
        return common / (len(left) + len(right) - common) if common else 0.0

    def to_earlier(self, place: int) -> float:
        """The greatest similarity to a text before it; 0 for the first."""
        return max((self.similarity(place, earlier) for earlier in range(place)), default=0.0)
