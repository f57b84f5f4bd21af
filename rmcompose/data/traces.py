"""What a response did: its tool calls, and the messages in which it came about.

Messages of chats, of OpenAI's Responses API and with Anthropic's parts all become plain messages
`{"role", "content", "tool_calls", "tool_call_id"}`. Look first at `trace_of`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from rmcompose.data.content import Absent, fields_of, role_of, text_of

_RESULTS = frozenset({"tool", "function"})


class Trace(NamedTuple):
    """Messages as they stand in a row; those from `start` on are the response's own."""

    messages: Sequence[Any]
    start: int = 0


def trace_of(messages: Any) -> list[dict[str, Any]]:
    """The messages as plain ones, in order; what is not a message is left out.

    `content` is None where it is not text (an image, say): no part of it is left out in silence. `tool_calls` is there
    where a message makes calls, `{"id", "function": {"name", "arguments"}}` each, or as they were where they have
    another form.
    """
    trace: list[dict[str, Any]] = []
    for one in messages if isinstance(messages, (list, tuple)) else ():
        fields = fields_of(one)
        if fields is not None:
            trace += _messages(fields)
    return trace


def calls_of(fields: dict[str, Any]) -> list[Any]:
    """The tool calls that a message makes, plain; empty where it makes none."""
    calls = plain(fields.get("tool_calls"))
    found = list(calls) if isinstance(calls, list) else []
    single = fields_of(fields.get("function_call"))
    if single is not None:
        found.append({"function": plain(single)})
    return found + [
        {"id": part.get("id"), "function": {"name": part.get("name"), "arguments": plain(part.get("input"))}}
        for part in _parts(fields)
        if part.get("type") == "tool_use"
    ]


def ends_with_results(messages: Any, last: int) -> bool:
    """Whether nothing follows the message at `last` but what its tool calls gave back."""
    rest = [fields_of(one) for one in messages[last + 1 :]]
    if not rest:
        return True
    caller = fields_of(messages[last])
    return caller is not None and bool(calls_of(caller)) and all(one and role_of(one) in _RESULTS for one in rest)


def after_the_user(messages: Sequence[Any]) -> int:
    """The position behind the last message that the user wrote; results of tools are nobody's words."""
    for position in range(len(messages) - 1, -1, -1):
        fields = fields_of(messages[position])
        if fields is not None and role_of(fields) == "user" and not _results(fields):
            return position + 1
    return 0


def plain(value: Any) -> Any:
    """A value with objects of models as dicts, all the way down."""
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    fields = fields_of(value)
    return value if fields is None else {key: plain(item) for key, item in fields.items()}


def _messages(fields: dict[str, Any]) -> list[dict[str, Any]]:
    wrapped = fields_of(fields.get("message"))
    if wrapped is not None and "role" not in fields:
        return _messages(wrapped)
    kind = fields.get("type")
    if kind == "function_call":
        function = {"name": fields.get("name"), "arguments": plain(fields.get("arguments"))}
        call = {"id": fields.get("call_id") or fields.get("id"), "function": function}
        return [{"role": "assistant", "content": "", "tool_calls": [call]}]
    if kind == "function_call_output":
        return [_result(fields.get("output"), fields.get("call_id"))]
    if kind == "reasoning" and "role" not in fields:
        return []
    results = _results(fields)
    if results:
        return [_result(part.get("content"), part.get("tool_use_id")) for part in results]
    role = role_of(fields)
    calls = calls_of(fields)
    message: dict[str, Any] = {"role": role or "user", "content": _content(fields, has_calls=bool(calls))}
    if calls:
        message["tool_calls"] = calls
    for name in ("tool_call_id", "name"):
        if fields.get(name):
            message[name] = fields[name]
    return [message]


def _content(fields: dict[str, Any], *, has_calls: bool) -> str | None:
    content = fields.get("content")
    if content is None and has_calls:
        return ""
    parts = _parts(fields)
    if parts and has_calls:
        content = [part for part in parts if part.get("type") != "tool_use"]
        if not content:
            return ""
    text = text_of(content, "")
    return None if isinstance(text, Absent) else text


def _result(content: Any, call: Any) -> dict[str, Any]:
    text = text_of("" if content is None else content, "")
    return {"role": "tool", "content": None if isinstance(text, Absent) else text, "tool_call_id": call}


def _results(fields: dict[str, Any]) -> list[dict[str, Any]]:
    return [part for part in _parts(fields) if part.get("type") == "tool_result"]


def _parts(fields: dict[str, Any]) -> list[dict[str, Any]]:
    content = fields.get("content")
    if not isinstance(content, (list, tuple)):
        return []
    return [part for one in content if (part := fields_of(one)) is not None]
