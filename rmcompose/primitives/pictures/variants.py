"""What a rule is tried with beside its example: changes that anybody can make again by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rmcompose.primitives.registry import RuleSignature

EXAMPLE = "as in the example"
OTHER = "Sphinx judges black quartz"
Change = tuple[str, dict[str, Any]]


def changes(rule: RuleSignature, arguments: dict[str, Any]) -> list[Change]:
    """The example first, then changes of it: a label and the arguments that differ. No two are the same."""
    name = subject(rule, arguments)
    found: list[Change] = [(EXAMPLE, {})]
    if name is None:
        return found
    tried = [arguments[name]]
    for label, value in _changed(rule, arguments, name):
        if value not in tried:
            tried.append(value)
            found.append((label, {name: value}))
    return found


def subject(rule: RuleSignature, arguments: dict[str, Any]) -> str | None:
    """The argument that is changed: what the response is, as a text or as a list of calls or messages."""
    roles = {argument.name: argument.role for argument in rule.arguments if argument.role is not None}
    for wanted, kind in (("text", str), ("tool_calls", list), ("trace", list), ("steps", list)):
        for name, value in arguments.items():
            if roles.get(name) == wanted and isinstance(value, kind):
                return name
    return None


def reference_of(rule: RuleSignature, arguments: dict[str, Any]) -> str | None:
    """The text that the response is compared with: the first, where there are several; None where there is none."""
    for argument in rule.arguments:
        value = arguments.get(argument.name) if argument.role == "reference" else None
        if isinstance(value, str):
            return value
        if argument.kind == "texts" and isinstance(value, list) and value and isinstance(value[0], str):
            return value[0]
    return None


def _changed(rule: RuleSignature, arguments: dict[str, Any], name: str) -> Iterator[tuple[str, Any]]:
    value = arguments[name]
    if isinstance(value, str):
        reference = reference_of(rule, arguments)
        yield from _texts(value) if reference is None else _compared(value, reference)
    elif _is_calls(value):
        yield from _calls(value)
    else:
        yield from _items(value, "message")


def _compared(text: str, reference: str) -> Iterator[tuple[str, str]]:
    words = text.split()
    yield "the reference", reference
    if len(words) > 1:
        yield "last word missing", " ".join(words[:-1])
    yield "words reversed", " ".join(reversed(words))
    yield "upper case", text.upper()
    yield "said twice", f"{text} {text}"
    yield "other words", OTHER
    yield "empty", ""


def _texts(text: str) -> Iterator[tuple[str, str]]:
    words = text.split()
    if len(words) > 1:
        yield "last word missing", " ".join(words[:-1])
    if len(text) > 1:
        yield "first half", text[: len(text) // 2]
    yield "words reversed", " ".join(reversed(words))
    yield "upper case", text.upper()
    yield "said twice", f"{text}\n{text}"
    yield "talk around it", f"Sure! Here it is:\n\n{text}\n\nAnything else?"
    yield "empty", ""


def _is_calls(value: list[Any]) -> bool:
    return bool(value) and all(isinstance(one, dict) and "name" in one and "arguments" in one for one in value)


def _calls(calls: list[dict[str, Any]]) -> Iterator[tuple[str, Any]]:
    first, rest = calls[0], calls[1:]
    if rest:
        yield "last call missing", calls[:-1]
    yield "reversed", calls[::-1]
    yield "made twice", calls + calls
    yield "another argument", [{**first, "arguments": {**_object(first["arguments"]), "q": 9}}, *rest]
    yield "another tool", [{**first, "name": "other_tool"}, *rest]
    yield "no calls", []


def _object(arguments: Any) -> dict[str, Any]:
    return arguments if isinstance(arguments, dict) else {}


def _items(items: list[Any], what: str) -> Iterator[tuple[str, Any]]:
    if len(items) > 1:
        yield f"last {what} missing", items[:-1]
    yield "one call only", _one_call(items)
    yield f"first {what} only", items[:1]
    yield "done twice", items + items
    yield "empty", []


def _one_call(items: list[Any]) -> list[Any]:
    """The messages with the first call of each that makes several, and the replies to those alone."""
    kept: list[Any] = []
    dropped: set[Any] = set()
    for item in items:
        calls = item.get("tool_calls") if isinstance(item, dict) else None
        if isinstance(calls, list) and len(calls) > 1:
            dropped |= {call.get("id") for call in calls[1:] if isinstance(call, dict)}
            kept.append({**item, "tool_calls": calls[:1]})
        elif not (isinstance(item, dict) and item.get("tool_call_id") in dropped - {None}):
            kept.append(item)
    return kept
