"""How far the tool calls of a response agree with those that were wanted: shares of calls, of order, of arguments."""

from __future__ import annotations

from collections import Counter
from typing import Any

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.registry import register, setting
from rmcompose.primitives.text.words import common_subsequence, f_score, shared
from rmcompose.primitives.tools.calls import (
    CALL_TEXT,
    REFERENCE_CALLS,
    TOOL_CALLS,
    Call,
    canonical,
    predicted,
    shown,
    wanted,
)

_MOST_IN_ORDER = 5_000
_MOST_PAIRS = 100_000
_ARGUMENTS = {
    "text": CALL_TEXT,
    "tool_calls": TOOL_CALLS,
    "reference": REFERENCE_CALLS,
    "match_arguments": setting("whether the arguments must be equal too, not only the names of the tools"),
}
_REPEATED = '[{"name": "f", "arguments": {"a": 1}}, {"name": "f", "arguments": {"a": 1}}]'
_ONE = '[{"name": "f", "arguments": {"a": 1}}]'


def _keys(calls: list[Call], *, match_arguments: bool) -> list[str]:
    """A text for each call, the same for calls that count as the same; one that cannot be read is like no other."""
    return [
        f"?{number}"
        if call.fault and (match_arguments or not call.name)
        else f"{call.name}:{canonical(call.arguments)}"
        if match_arguments
        else call.name
        for number, call in enumerate(calls)
    ]


def _both(reference: Any, text: str | None, tool_calls: Any, *, match_arguments: bool) -> tuple[list[str], list[str]]:
    made = _keys(predicted(text, tool_calls), match_arguments=match_arguments)
    return made, _keys(wanted(reference), match_arguments=match_arguments)


def _explain(
    _value: float,
    reference: Any,
    text: str | None = None,
    tool_calls: Any = None,
    match_arguments: bool = True,
) -> str:
    made, asked = predicted(text, tool_calls), wanted(reference)
    keys, others = _keys(made, match_arguments=match_arguments), _keys(asked, match_arguments=match_arguments)
    missing = Counter(others) - Counter(keys)
    told = f"{shared(keys, others)} calls in common, {len(keys)} made, {len(others)} wanted"
    first = next((call for call, key in zip(asked, others, strict=True) if missing[key]), None)
    return told if first is None else f"{told}; missing is {shown(first)}"


@register(
    "tool_call_precision",
    returns="float",
    low=0,
    high=1,
    arguments=_ARGUMENTS,
    explain=_explain,
    example=f"tool_call_precision(tool_calls = {_REPEATED}, reference = {_ONE}) -> 0.5",
)
def tool_call_precision(
    reference: Any, text: str | None = None, tool_calls: Any = None, match_arguments: bool = True
) -> float:
    """The share of the response's tool calls that are wanted ones, counting repeats (OpenJudge, precision).

    Calls are the same where name and arguments are, or the name alone without `match_arguments`; 2.0 equals 2, the
    order of keys does not matter, texts must be equal. Order of calls does not matter. A call that cannot be read is
    made but not wanted. 1 where no calls are made and none wanted, 0 where only one of the two is so.
    """
    made, asked = _both(reference, text, tool_calls, match_arguments=match_arguments)
    return _share(shared(made, asked), len(made), len(asked))


@register(
    "tool_call_recall",
    returns="float",
    low=0,
    high=1,
    arguments=_ARGUMENTS,
    explain=_explain,
    example=f"tool_call_recall(tool_calls = {_ONE}, reference = {_REPEATED}) -> 0.5",
)
def tool_call_recall(
    reference: Any, text: str | None = None, tool_calls: Any = None, match_arguments: bool = True
) -> float:
    """The share of the wanted tool calls that the response makes, counting repeats (OpenJudge, recall).

    As `tool_call_precision`, but of the wanted calls. A response that makes every call there is scores 1 here: use
    `tool_call_f1` where superfluous calls must cost something.
    """
    made, asked = _both(reference, text, tool_calls, match_arguments=match_arguments)
    return _share(shared(made, asked), len(asked), len(made))


def _share(common: int, of: int, other: int) -> float:
    if not of:
        return 0.0 if other else 1.0
    return common / of


@register(
    "tool_call_f1",
    returns="float",
    low=0,
    high=1,
    arguments=_ARGUMENTS,
    explain=_explain,
    example=f"tool_call_f1(tool_calls = {_REPEATED}, reference = {_ONE}) -> 0.6666666666666666",
)
def tool_call_f1(
    reference: Any, text: str | None = None, tool_calls: Any = None, match_arguments: bool = True
) -> float:
    """The harmonic mean of `tool_call_precision` and `tool_call_recall`; 1 where no calls are made and none wanted."""
    made, asked = _both(reference, text, tool_calls, match_arguments=match_arguments)
    return f_score(shared(made, asked), len(made), len(asked))


@register(
    "tool_call_jaccard",
    returns="float",
    low=0,
    high=1,
    arguments=_ARGUMENTS,
    explain=_explain,
    example=f"tool_call_jaccard(tool_calls = {_REPEATED}, reference = {_ONE}) -> 1.0",
    quirks="Neither repeats nor order count: a call that is made ten times is as good as one. `tool_call_f1` counts.",
)
def tool_call_jaccard(
    reference: Any, text: str | None = None, tool_calls: Any = None, match_arguments: bool = True
) -> float:
    """The tool calls that are both made and wanted, among those that are either (OpenJudge `tool_call_sequence`).

    |M ∩ W| / |M ∪ W| over sets of calls, as they are compared in `tool_call_precision`. 1 where both are empty.
    """
    made, asked = map(set, _both(reference, text, tool_calls, match_arguments=match_arguments))
    return len(made & asked) / len(made | asked) if made or asked else 1.0


def _explain_sequence(
    _value: float,
    reference: Any,
    text: str | None = None,
    tool_calls: Any = None,
    match_arguments: bool = True,
) -> str:
    made, asked = _both(reference, text, tool_calls, match_arguments=match_arguments)
    return f"{common_subsequence(made, asked)} calls in the wanted order, {len(made)} made, {len(asked)} wanted"


@register(
    "tool_call_sequence",
    returns="float",
    low=0,
    high=1,
    arguments=_ARGUMENTS,
    explain=_explain_sequence,
    example='tool_call_sequence(text = "[g(), f()]", reference = "[f(), g()]") -> 0.5',
)
def tool_call_sequence(
    reference: Any, text: str | None = None, tool_calls: Any = None, match_arguments: bool = True
) -> float:
    """How far the tool calls come in the wanted order: the F1 of their longest common subsequence, as in ROUGE-L.

    2L / (M + W), with L calls in common in the same order, M made and W wanted. 1 only where the calls are the same one
    by one, or there are none of either.
    """
    made, asked = _both(reference, text, tool_calls, match_arguments=match_arguments)
    if max(len(made), len(asked)) > _MOST_IN_ORDER:
        raise RuleError(f"there are too many tool calls to compare in order: at most {_MOST_IN_ORDER}")
    return f_score(common_subsequence(made, asked), len(made), len(asked))


def _parameters(calls: list[Call]) -> list[frozenset[str]]:
    return [frozenset(f"{key}={canonical(value)}" for key, value in call.arguments.items()) for call in calls]


def _pairs(made: list[Call], asked: list[Call]) -> int:
    """How many names and arguments agree, each wanted call with the call of that name that has most in common."""
    if len(made) * len(asked) > _MOST_PAIRS:
        raise RuleError(f"there are too many tool calls to pair: at most {_MOST_PAIRS} pairs")
    mine, others = _parameters(made), _parameters(asked)
    left = [index for index, call in enumerate(made) if call.name and not call.fault]
    common = 0
    for call, parameters in zip(asked, others, strict=True):
        fitting = [index for index in left if made[index].name == call.name]
        if fitting:
            best = max(fitting, key=lambda index: len(mine[index] & parameters))
            left.remove(best)
            common += 1 + len(mine[best] & parameters)
    return common


def _size(calls: list[Call]) -> int:
    return sum(1 + len(call.arguments) for call in calls)


def _explain_parameters(_value: float, reference: Any, text: str | None = None, tool_calls: Any = None) -> str:
    made, asked = predicted(text, tool_calls), wanted(reference)
    return f"{_pairs(made, asked)} names and arguments agree, {_size(made)} made, {_size(asked)} wanted"


@register(
    "tool_parameter_f1",
    returns="float",
    low=0,
    high=1,
    arguments={"text": CALL_TEXT, "tool_calls": TOOL_CALLS, "reference": REFERENCE_CALLS},
    explain=_explain_parameters,
    example='tool_parameter_f1(text = "[f(a=1, b=2)]", reference = "[f(a=1, b=3)]") -> 0.6666666666666666',
    quirks=(
        "OpenJudge's strict step match puts names and values of arguments into one set, so that `f(a=1, b=2)` equals "
        "`f(a=2, b=1)`; here an argument agrees only with its value."
    ),
)
def tool_parameter_f1(reference: Any, text: str | None = None, tool_calls: Any = None) -> float:
    """The F1 of the names and arguments of tool calls: partial credit for a call that is right but for an argument.

    Each wanted call is paired with the call of the same tool that has most arguments in common, in the order of the
    reference. Each call counts 1 for its name and 1 for each argument, and 2 · agreeing / (made + wanted) is the value.
    1 where no calls are made and none wanted, 0 where only one of the two is so.
    """
    made, asked = predicted(text, tool_calls), wanted(reference)
    return f_score(_pairs(made, asked), _size(made), _size(asked))
