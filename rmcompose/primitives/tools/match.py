"""Whether tool calls are the ones that were wanted, as the Berkeley Function Calling Leaderboard decides it.

The checks are those of its AST checker for Python (bfcl-eval 2026.3.23, `ast_checker.py`, Apache-2.0), in its order.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.registry import data, register
from rmcompose.primitives.tools.calls import CALL_TEXT, TOOL_CALLS, Call, decode, predicted, shown, too_deep, wanted
from rmcompose.primitives.tools.toolbox import Tool, toolbox

_MOST_PAIRS = 100_000
_LEFT_OUT = re.compile(r"[ ,./\-_*^]")
_PYTHON_TYPES: dict[str, type] = {
    "string": str, "integer": int, "float": float, "number": float, "boolean": bool, "array": list, "tuple": list,
    "dict": dict, "object": dict, "any": str,
}  # fmt: skip
_UNKNOWN = object()


class Wanted(NamedTuple):
    """A call that is wanted: the tool's name, and for each argument the values that are allowed.

    An allowed value of "" says that the argument may be left out.
    """

    name: str
    allowed: dict[str, list[Any]]


def _wanted_calls(reference: Any) -> list[Wanted]:
    """The calls of a reference: `{"f": {"a": [1, 2]}}` each, or calls as they are made."""
    if isinstance(reference, str):
        try:
            decoded = decode(reference)
        except ValueError:
            decoded = None
        reference = decoded if isinstance(decoded, list | dict) else reference
    items = [reference] if isinstance(reference, dict) else reference
    if isinstance(items, list | tuple) and items and all(_is_of_bfcl(item) for item in items):
        return [_of_bfcl(item) for item in items]
    return [
        Wanted(call.name, {key: [_exactly(value)] for key, value in call.arguments.items()})
        for call in wanted(reference)
    ]


def _is_of_bfcl(item: Any) -> bool:
    return (
        isinstance(item, dict)
        and len(item) == 1
        and "function" not in item
        and isinstance(next(iter(item.values())), dict)
    )


def _of_bfcl(item: dict[str, Any]) -> Wanted:
    name, allowed = next(iter(item.items()))
    for argument, values in allowed.items():
        if not isinstance(values, list | tuple):
            raise RuleError(f"the allowed values of `{argument}` in the reference are no list")
    if too_deep(allowed):
        raise RuleError("the reference is nested too deeply")
    return Wanted(name, {argument: list(values) for argument, values in allowed.items()})


def _exactly(value: Any) -> Any:
    """A value as the only allowed one: in objects, each key has a list of allowed values."""
    if isinstance(value, dict):
        return {key: [inner] for key, inner in value.items()}
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        return [{key: [inner] for key, inner in item.items()} for item in value]
    return value


def _types(tool: Tool, argument: str) -> tuple[str, Any, Any]:
    """The declared name of an argument's type, its Python type and that of its items, where they are known."""
    declared = tool.parameters.get("properties", {})[argument]
    name = declared.get("type") if isinstance(declared, dict) else None
    if not isinstance(name, str):
        return "", _UNKNOWN, None
    nested = None
    if name in ("array", "tuple"):
        items = declared.get("items")
        inner = items.get("type") if isinstance(items, dict) else None
        nested = _PYTHON_TYPES.get(inner) if isinstance(inner, str) else None
    return name, _PYTHON_TYPES.get(name, _UNKNOWN), nested


def _fault(call: Call, answer: Wanted, tools: dict[str, Tool] | None) -> str:
    """Why a call is not the one that was wanted, or ""."""
    if call.fault:
        return call.fault
    if call.name not in (answer.name, answer.name.replace(".", "_")):
        return f"`{call.name[:80]}` is called, not `{answer.name[:80]}`"
    tool = None
    if tools is not None:
        tool = tools.get(answer.name) or tools.get(answer.name.replace(".", "_"))
        if tool is None:
            raise RuleError(f"the reference calls `{answer.name[:80]}`, which is not among the tools")
    required = tool.parameters.get("required", ()) if tool is not None else ()
    for argument in required if isinstance(required, list | tuple) else ():
        if argument not in call.arguments:
            return f"the required argument `{argument}` is missing"
    properties = tool.parameters.get("properties") if tool is not None else None
    for argument, value in call.arguments.items():
        unknown = tool is not None and argument not in (properties if isinstance(properties, dict) else ())
        if unknown or argument not in answer.allowed:
            return f"the argument `{argument[:80]}` is not expected"
        fault = _value_fault(argument, value, answer.allowed[argument], tool)
        if fault:
            return fault
    for argument, values in answer.allowed.items():
        if argument not in call.arguments and "" not in values:
            return f"the argument `{argument}` is missing"
    return ""


def _value_fault(argument: str, value: Any, allowed: list[Any], tool: Tool | None) -> str:
    first = next((item for item in allowed if item != ""), _UNKNOWN)  # "" is the mark of optional ones
    name, kind, nested = ("", _UNKNOWN, None) if tool is None else _types(tool, argument)
    if type(value) is tuple and (kind is _UNKNOWN or name == "tuple"):
        value = list(value)
    if kind is _UNKNOWN:
        kind = _natural(first, value)
    if kind is float and type(value) is int:
        try:
            value = float(value)
        except OverflowError:
            return f"`{argument}` is a number that is too large"
    is_variable = _variable(value, allowed, first, kind, nested)
    if is_variable is None:
        return f"`{argument}` has a value of the wrong type"
    fine = value in allowed if is_variable or kind not in (dict, list, str) else _matches(value, allowed, kind, nested)
    return "" if fine else f"`{argument}` has a value that is not allowed"


def _natural(first: Any, value: Any) -> Any:
    """The type of an argument that no tool declares: that of the allowed values."""
    if first is _UNKNOWN:
        return type(value)
    return float if type(first) in (int, float) and type(value) in (int, float) else type(first)


def _variable(value: Any, allowed: list[Any], first: Any, kind: Any, nested: Any) -> bool | None:
    """Whether the value is compared as it is (a variable, in the words of the leaderboard); None for a wrong type."""
    if type(value) is kind:
        if nested is not None and not any(_items_fit(value, item, nested) for item in allowed):
            return None
        return first is not _UNKNOWN and type(first) is not kind
    return True if first is not _UNKNOWN and type(value) is type(first) else None


def _items_fit(value: list[Any], allowed: Any, nested: Any) -> bool:
    """Whether the items have the declared type, or else that of the items of one allowed list."""
    if not isinstance(allowed, list):
        return True
    first = next((item for item in allowed if item != ""), _UNKNOWN)
    return all(type(item) is nested or (first is not _UNKNOWN and type(item) is type(first)) for item in value)


def _matches(value: Any, allowed: list[Any], kind: Any, nested: Any) -> bool:
    if kind is dict:
        return _object_matches(value, allowed)
    if kind is str:
        return _plain(value) in [_plain(item) for item in allowed if isinstance(item, str)]
    if nested is dict or (nested is None and _is_of_objects(value, allowed)):
        return any(_objects_match(value, item) for item in allowed)
    return _list(value) in [_list(item) for item in allowed]


def _is_of_objects(value: Any, allowed: list[Any]) -> bool:
    return any(isinstance(item, dict) for item in value) and any(
        isinstance(answer, list) and any(isinstance(item, dict) for item in answer) for answer in allowed
    )


def _object_matches(value: dict[str, Any], allowed: list[Any]) -> bool:
    return any(isinstance(answer, dict) and _one_object_matches(value, answer) for answer in allowed)


def _one_object_matches(value: dict[str, Any], answer: dict[str, Any]) -> bool:
    for key, inner in value.items():
        if key not in answer:
            return False
        candidates = answer[key] if isinstance(answer[key], list | tuple | str) else [answer[key]]
        if _text(inner) not in [_text(item) for item in candidates]:
            return False
    return all(key in value or "" in _listed(values) for key, values in answer.items())


def _listed(values: Any) -> Any:
    return values if isinstance(values, list | tuple | str) else [values]


def _objects_match(value: list[Any], answer: Any) -> bool:
    if answer == "":  # the mark of optional ones
        return not value
    if not isinstance(answer, list) or len(value) != len(answer):
        return False
    return all(
        isinstance(mine, dict) and isinstance(other, dict) and _one_object_matches(mine, other)
        for mine, other in zip(value, answer, strict=True)
    )


def _list(value: Any) -> Any:
    return [_text(item) for item in value] if isinstance(value, list | tuple | str) else value


def _text(value: Any) -> Any:
    return _plain(value) if isinstance(value, str) else value


def _plain(text: str) -> str:
    """A text without spaces and `,./-_*^`, in lower case, with one kind of quote."""
    return _LEFT_OUT.sub("", text).lower().replace("'", '"')


def _mismatch(calls: list[Call], answers: list[Wanted], tools: Any) -> str:
    """Why the calls are not those that were wanted, or ""."""
    if len(calls) != len(answers):
        return f"{len(calls)} calls, {len(answers)} wanted"
    if len(calls) ** 2 > _MOST_PAIRS:
        raise RuleError(f"there are too many tool calls to match: {len(calls)}, at most {int(_MOST_PAIRS**0.5)}")
    known = None if tools is None else toolbox(tools)
    left = list(range(len(calls)))
    for number, answer in enumerate(answers, start=1):
        faults = []
        for index in left:
            fault = _fault(calls[index], answer, known)
            if not fault:
                left.remove(index)
                break
            faults.append(fault)
        else:
            told = f": {faults[0]}" if len(faults) == 1 else ""
            return f"no call is the wanted call {number} of `{answer.name[:80]}`{told}"
    return ""


def _explain(_value: bool, reference: Any, text: str | None = None, tool_calls: Any = None, tools: Any = None) -> str:
    calls = predicted(text, tool_calls)
    fault = _mismatch(calls, _wanted_calls(reference), tools)
    return fault or f"{len(calls)} calls as wanted: {', '.join(map(shown, calls[:3]))}"[:300]


@register(
    "tool_call_match",
    returns="bool",
    arguments={
        "text": CALL_TEXT,
        "tool_calls": TOOL_CALLS,
        "reference": data("reference", "the wanted calls: `{tool: {argument: [allowed values]}}` each, or plain calls"),
        "tools": data("tools", "the tools, for the types of arguments and which are required", optional=True),
    },
    explain=_explain,
    example='tool_call_match(text = "[f(a=\\"new york\\")]", reference = [{"f": {"a": ["New York", "NYC"]}}]) -> true',
    quirks=(
        "Calls are matched greedily, as the leaderboard does: where a call fits two wanted ones, the first takes it. "
        "An int in a list of floats is of the wrong type. Texts deep inside lists and objects are compared letter by "
        "letter, and booleans in lists equal 0 and 1. A "
        "dot in the name of a tool may be an underscore in the call, for every model."
    ),
)
def tool_call_match(
    reference: Any,
    text: str | None = None,
    tool_calls: Any = None,
    tools: Any = None,
) -> bool:
    """Whether the response makes exactly the wanted calls, in any order (the AST check of BFCL).

    Each wanted call is `{"f": {"a": [1, 2], "b": ["x", ""]}}`, with the values that an argument may have; "" among them
    says that it may be left out. Plain calls (`{"name", "arguments"}`, Python syntax …) allow the values they have.
    Types are those of the tool's schema: an int passes for a float, but not a float for an int or a bool for an int.
    Texts are compared without case, spaces and `,./-_*^`, also in flat lists and in objects, whose keys have lists of
    allowed values of their own. Required arguments must be there, others than those in the reference must not. Without
    `tools` the types are those of the allowed values. No calls match a reference without calls.
    """
    return not _mismatch(predicted(text, tool_calls), _wanted_calls(reference), tools)
