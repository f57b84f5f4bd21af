"""Tool calls in the forms in which models and data sets write them, read into one.

Read are OpenAI's `tool_calls` (arguments as JSON text or as an object), Anthropic's `tool_use`, plain objects `{"name",
"arguments"}` (or `parameters`, `input`, `args`), the decoded form of BFCL `{"f": {"a": 1}}`, whole messages, and texts:
`<tool_call>{…}</tool_call>` (Hermes, Qwen), `<function=f>{…}</function>` and `<|python_tag|>{…}` (Llama),
`[TOOL_CALLS] […]` (Mistral), JSON with or without a code fence, and Python's syntax `[f(a=1)]`. What is meant as a call
but cannot be read is a `Call` with a `fault`; text that has nothing of a call makes none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.registry import data
from rmcompose.primitives.tools.python_calls import NotCalls, parse_calls

_MOST_CHARACTERS = 2_000_000
_MOST_CALLS = 10_000
_MOST_NESTING = 100
_ARGUMENTS = ("arguments", "parameters", "input", "args", "kwargs")
_FENCE = re.compile(r"```[\w+-]*[ \t]*\n(.*)\n[ \t]*```\Z", re.DOTALL)
_FUNCTION = re.compile(r"<function=([^<>\n]{1,200})>")
_MARKS = ("<|python_tag|>", "[TOOL_CALLS]")


class Call(NamedTuple):
    """A tool call: the tool's name and its arguments by name, or what is wrong with it."""

    name: str
    arguments: dict[str, Any]
    fault: str = ""


CALL_TEXT = data("text", "the response, which calls are read from where `tool_calls` is missing", optional=True)
TOOL_CALLS = data("tool_calls", "the calls: a list, JSON or a text with calls, or messages", optional=True)
REFERENCE_CALLS = data("reference", "the calls that were wanted, in any of these forms")
TOOLS = data("tools", "the tools: a list as in requests to models, or its JSON")


def predicted(text: str | None, tool_calls: Any) -> list[Call]:
    """The calls of a response: those that are given as such, else those in its text."""
    if tool_calls is not None and tool_calls != []:
        return read_calls(tool_calls, "the tool calls")
    if text is None:
        if tool_calls is None:
            raise RuleError("the response has neither text nor tool calls", "missing_input")
        return []
    return calls_in_text(text)


def wanted(reference: Any) -> list[Call]:
    """The calls of a reference. Raises `RuleError` where one cannot be read: it could never be matched."""
    if reference is None:
        raise RuleError("there is no reference", "missing_input")
    calls = read_calls(reference, "the reference")
    for number, call in enumerate(calls, start=1):
        if call.fault:
            raise RuleError(f"call {number} of the reference cannot be read: {call.fault}")
    if not calls and isinstance(reference, str) and reference.strip() and reference.strip() not in ("[]", "null"):
        raise RuleError("the reference is text without a tool call")
    return calls


def read_calls(value: Any, what: str) -> list[Call]:
    """The calls of a value in any form. Raises `RuleError` where it is no list, object or text."""
    if isinstance(value, str):
        try:
            decoded = decode(value) if len(value) <= _MOST_CHARACTERS else None
        except ValueError:
            decoded = None
        if not isinstance(decoded, list | dict):
            return calls_in_text(value)
        value = decoded
    if isinstance(value, dict):
        value = value["tool_calls"] if isinstance(value.get("tool_calls"), list) else [value]
    if not isinstance(value, list | tuple):
        raise RuleError(f"{what} are no calls: a list, an object or text is needed")
    calls = list(_items(value))
    if len(calls) > _MOST_CALLS:
        raise RuleError(f"there are too many tool calls: {len(calls)}, at most {_MOST_CALLS}")
    return calls


def calls_in_text(text: str) -> list[Call]:
    """The calls that a text makes. Reasoning (`<think>…</think>`) before them is not looked at."""
    if len(text) > _MOST_CHARACTERS:
        raise RuleError(f"the text is too long to read calls from: at most {_MOST_CHARACTERS} characters")
    text = _without_reasoning(text)
    if "<tool_call>" in text or "</tool_call>" in text:
        return _tagged(text)
    if _FUNCTION.search(text):
        return _functions(text)
    for mark in _MARKS:
        _, found, rest = text.partition(mark)
        if found:
            return _body(rest.removesuffix("<|eom_id|>"), "") or [Call("", {}, f"nothing follows `{mark}`")]
    return _whole(text.strip())


def _without_reasoning(text: str) -> str:
    if not text.lstrip().startswith("<think>"):
        return text
    return text.partition("</think>")[2]


def _items(values: list[Any] | tuple[Any, ...]) -> Iterator[Call]:
    """The calls of a list of calls, of texts with calls, of steps (lists of calls), or of messages."""
    for item in values:
        if isinstance(item, list | tuple):
            yield from _items_of_step(item)
        elif isinstance(item, dict) and "role" in item:
            yield from _of_message(item)
        elif isinstance(item, dict):
            yield _call(item)
        elif isinstance(item, str):
            yield from calls_in_text(item) or [Call("", {}, "it is text without a call")]
        else:
            yield Call("", {}, "it is no object")


def _items_of_step(values: list[Any] | tuple[Any, ...]) -> Iterator[Call]:
    for item in values:
        yield _call(item) if isinstance(item, dict) else Call("", {}, "it is no object")


def _of_message(message: dict[str, Any]) -> Iterator[Call]:
    calls = message.get("tool_calls")
    if isinstance(calls, list | tuple) and calls:
        for item in calls:
            yield _call(item) if isinstance(item, dict) else Call("", {}, "it is no object")
    elif message.get("role") == "assistant":
        content = message.get("content")
        if isinstance(content, str) and "<tool_call>" in content:
            yield from _tagged(_without_reasoning(content))


def _call(fields: dict[str, Any]) -> Call:
    """A call written as an object."""
    fields = _inner(_inner(fields, "tool_call"), "function")
    if isinstance(fields.get("function"), str) and "name" not in fields:
        fields = {**fields, "name": fields["function"]}
    if "name" not in fields:
        return _named_by_key(fields)
    name = fields["name"]
    if not isinstance(name, str) or not name:
        return Call("", {}, "its name is not text")
    arguments: Any = next((fields[key] for key in _ARGUMENTS if fields.get(key) is not None), None)
    if isinstance(arguments, str):
        try:
            arguments = decode(arguments) if arguments.strip() else None
        except ValueError:
            return Call(name, {}, "its arguments are not JSON")
    if arguments is None:
        return Call(name, {})
    if not isinstance(arguments, dict):
        return Call(name, {}, "its arguments are no object")
    if too_deep(arguments):
        return Call(name, {}, "its arguments are nested too deeply")
    return Call(name, arguments)


def _named_by_key(fields: dict[str, Any]) -> Call:
    """A call whose one key is the name of the tool."""
    if len(fields) == 1:
        key, value = next(iter(fields.items()))
        if isinstance(value, dict) and key not in _ARGUMENTS and not too_deep(value):
            return Call(str(key), value)
    return Call("", {}, "it has no `name`")


def _inner(fields: dict[str, Any], key: str) -> dict[str, Any]:
    inner: Any = fields.get(key)
    # `{"function": {"a": 1}}` is a call of a tool named `function`, not the wrapper of one
    is_call = isinstance(inner, dict) and ("name" in inner or "function" in inner or len(fields) > 1)
    return inner if is_call else fields


def decode(text: str) -> Any:
    """The value of a JSON text. Raises `ValueError` where it has none that can be held."""
    try:
        return json.loads(text, parse_constant=_not_json)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _not_json(token: str) -> Any:
    raise ValueError(f"{token} is not JSON")


def too_deep(value: Any, depth: int = _MOST_NESTING) -> bool:
    """Whether lists and objects are nested deeper than is read."""
    level = [value]
    while level and depth:
        level = [
            inner
            for item in level
            if isinstance(item, dict | list | tuple)
            for inner in (item.values() if isinstance(item, dict) else item)
        ]
        depth -= 1
    return bool(level)


def _tagged(text: str) -> list[Call]:
    calls: list[Call] = []
    position = 0
    while (start := text.find("<tool_call>", position)) >= 0:
        start += len("<tool_call>")
        stop = text.find("</tool_call>", start)
        if stop < 0:
            # a generation may end before its last tag does
            calls += _body(text[start:], "its tag is not closed and what follows is no call")
            break
        calls += _body(text[start:stop], "what is in its tag is no call")
        position = stop + len("</tool_call>")
        _bounded(calls)
    return calls or [Call("", {}, "its tag is not opened")]


def _functions(text: str) -> list[Call]:
    calls = []
    for match in _FUNCTION.finditer(text):
        stop = text.find("</function>", match.end())
        body = text[match.end() : stop if stop >= 0 else len(text)].strip()
        calls.append(_parameters(match[1].strip(), body))
        _bounded(calls)
        if stop < 0:
            break
    return calls


def _parameters(name: str, body: str) -> Call:
    if "<parameter=" not in body:
        return _call({"name": name, "arguments": body})
    arguments: dict[str, Any] = {}
    for part in body.split("<parameter=")[1:]:
        key, closed, rest = part.partition(">")
        value = rest.partition("</parameter>")[0].strip()
        if not closed:
            return Call(name, {}, "a tag of its parameters is not closed")
        try:
            arguments[key.strip()] = decode(value)
        except ValueError:
            arguments[key.strip()] = value
    return Call(name, arguments)


def _bounded(calls: list[Call]) -> None:
    if len(calls) > _MOST_CALLS:
        raise RuleError(f"there are too many tool calls: at most {_MOST_CALLS}")


def _body(text: str, fault: str) -> list[Call]:
    """The calls of what is marked as calls; one with the fault where there is none."""
    text = text.strip()
    if _FUNCTION.match(text):
        return _functions(text)
    return _whole(text) or ([Call("", {}, fault)] if fault else [])


def _whole(text: str) -> list[Call]:
    """The calls of a text that is nothing but calls, as JSON or as Python; none where it is something else."""
    fenced = _FENCE.match(text)
    text = fenced[1].strip() if fenced else text.strip("`").strip()
    if text[:1] in ("{", "["):
        found = _json_calls(text)
        if found is not None:
            return found
    try:
        return [Call(*call) for call in parse_calls(text)]
    except NotCalls:
        return []


def _json_calls(text: str) -> list[Call] | None:
    """The calls of a JSON text, or of JSON texts with semicolons or line breaks between; None where it is none."""
    try:
        value = decode(text)
    except ValueError:
        parts = [part.strip() for part in re.split(r";|\n", text) if part.strip()]
        if not 1 < len(parts) <= _MOST_CALLS or not all(part.startswith("{") for part in parts):
            return None
        try:
            value = [decode(part) for part in parts]
        except ValueError:
            return None
    values = value if isinstance(value, list) else [value]
    # a list of anything, or an object that is not written like a call, is an answer in JSON
    if not all(isinstance(item, dict) and _is_written_as_call(item) for item in values):
        return None
    calls = [_call(item) for item in values]
    _bounded(calls)
    return calls


def _is_written_as_call(fields: dict[str, Any]) -> bool:
    inner = fields.get("function")
    if isinstance(inner, dict):
        fields = inner
    return ("name" in fields or isinstance(inner, str)) and any(key in fields for key in _ARGUMENTS)


def canonical(value: Any) -> str:
    """A text that is the same for equal JSON values: keys sorted, 2.0 as 2, true apart from 1."""
    return json.dumps(_settled(value), sort_keys=True, ensure_ascii=True, default=str)


def _settled(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _settled(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_settled(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def shown(call: Call) -> str:
    """A call on one line, shortened."""
    arguments = ", ".join(f"{key}={json.dumps(value, default=str)}" for key, value in call.arguments.items())
    text = f"{call.name or '?'}({arguments})"
    return text if len(text) <= 100 else f"{text[:100]}…"
