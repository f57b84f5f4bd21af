"""Whether a response's tool calls could be carried out: known tools, with arguments as their schemas want them."""

from __future__ import annotations

import json
from typing import Any

from rmcompose.primitives import registry
from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.formats.json_text import json_schema
from rmcompose.primitives.registry import register, setting
from rmcompose.primitives.tools.calls import CALL_TEXT, TOOL_CALLS, TOOLS, Call, predicted, shown, too_deep
from rmcompose.primitives.tools.toolbox import Tool, toolbox

_MOST_CHECKED = 1_000


def _fault(call: Call, tools: dict[str, Tool], *, extra_arguments: bool) -> str:
    """What is wrong with a call, or ""."""
    if call.fault:
        return call.fault
    tool = tools.get(call.name)
    if tool is None:
        return f"there is no tool `{call.name[:80]}`"
    schema = tool.schema if extra_arguments else tool.closed
    try:
        arguments = json.dumps(call.arguments)
    except (TypeError, ValueError, RecursionError):
        return "its arguments are not JSON"
    try:
        if json_schema(arguments, schema):
            return ""
    except RuleError as error:
        raise RuleError(f"the parameters of `{call.name[:80]}`: {error}") from None
    rule = registry.signature("json_schema")
    explain = None if rule is None else rule.explain
    return explain(False, text=arguments, schema=schema) if explain else "its arguments do not match the schema"


def _first_fault(calls: list[Call], tools: Any, at_least: int, *, extra_arguments: bool) -> str:
    if len(calls) > _MOST_CHECKED:
        raise RuleError(f"there are too many tool calls to check: {len(calls)}, at most {_MOST_CHECKED}")
    if len(calls) < at_least:
        return f"{len(calls)} calls, at least {at_least} wanted"
    known = toolbox(tools)
    for number, call in enumerate(calls, start=1):
        if not call.fault and too_deep(call.arguments):
            return f"call {number}: its arguments are nested too deeply"
        fault = _fault(call, known, extra_arguments=extra_arguments)
        if fault:
            return f"call {number}, {shown(call)}: {fault}"
    return ""


def _explain(
    _value: bool,
    tools: Any,
    text: str | None = None,
    tool_calls: Any = None,
    at_least: int = 1,
    extra_arguments: bool = False,
) -> str:
    calls = predicted(text, tool_calls)
    return _first_fault(calls, tools, at_least, extra_arguments=extra_arguments) or f"{len(calls)} calls, all valid"


@register(
    "tool_calls_valid",
    returns="bool",
    arguments={
        "text": CALL_TEXT,
        "tool_calls": TOOL_CALLS,
        "tools": TOOLS,
        "at_least": setting("how many calls there must be; 0 lets a reply without calls pass", low=0),
        "extra_arguments": setting("whether arguments that the tool does not declare are allowed"),
    },
    explain=_explain,
    example=(
        'tool_calls_valid(text = "[f(a=1)]", tools = [{"name": "f", "parameters": {"properties": {"a": {"type": '
        '"integer"}}, "required": ["a"]}}]) -> true'
    ),
    needs=("jsonschema", "google-re2"),
)
def tool_calls_valid(
    tools: Any,
    text: str | None = None,
    tool_calls: Any = None,
    at_least: int = 1,
    extra_arguments: bool = False,
) -> bool:
    """Whether every tool call can be read, names a known tool and has arguments that the tool's JSON Schema allows.

    The calls are the response's `tool_calls`, or where it has none those in its text (JSON, `<tool_call>` tags, Python
    syntax …). `tools` are the sample's, as OpenAI, Anthropic, MCP or BFCL write them, or their JSON; the type names
    `dict`, `float`, `tuple` and `any` are understood. An argument that the schema does not name makes a call invalid
    unless the schema says otherwise (`additionalProperties`) or `extra_arguments` is set. A reply with fewer calls than
    `at_least` is false. Tools that cannot be read, and schemas that are wrong, are errors.
    """
    calls = predicted(text, tool_calls)
    return not _first_fault(calls, tools, at_least, extra_arguments=extra_arguments)
