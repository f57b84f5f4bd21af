"""The tools that a response may call, in the forms of the usual interfaces, with JSON Schemas for their arguments."""

from __future__ import annotations

import functools
import json
from typing import Any, NamedTuple

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.tools.calls import decode, too_deep

_MOST_TOOLS = 2_000
_SCHEMAS = ("parameters", "input_schema", "inputSchema")
_TYPES = {
    "dict": "object", "map": "object", "float": "number", "double": "number", "int": "integer", "long": "integer",
    "str": "string", "bool": "boolean", "list": "array", "tuple": "array", "null": "null", "none": "null",
}  # fmt: skip
_STANDARD = frozenset({"object", "number", "integer", "string", "boolean", "array", "null"})
_BY_NAME = ("properties", "$defs", "definitions", "patternProperties")
_OF_ONE = ("items", "additionalProperties", "not")
_OF_MANY = ("anyOf", "oneOf", "allOf", "prefixItems")
_OTHER_KEYWORDS = (
    "additionalProperties",
    "patternProperties",
    "allOf",
    "anyOf",
    "oneOf",
    "$ref",
    "unevaluatedProperties",
)


class Tool(NamedTuple):
    """A tool: its name, the parameters as they are declared, and these as JSON Schema."""

    name: str
    parameters: dict[str, Any]
    schema: str
    """As JSON text; with `closed`, arguments that the tool does not declare are not allowed."""
    closed: str


def toolbox(tools: Any) -> dict[str, Tool]:
    """The tools by name. Raises `RuleError` where they cannot be read."""
    if isinstance(tools, str):
        return _from_text(tools)
    return _read(tools)


@functools.lru_cache(maxsize=64)
def _from_text(text: str) -> dict[str, Tool]:
    if len(text) > 2_000_000:
        raise RuleError("the tools are too long to read")
    try:
        return _read(decode(text))
    except ValueError:
        raise RuleError("the tools are not JSON") from None


def _read(tools: Any) -> dict[str, Tool]:
    if isinstance(tools, dict):
        tools = tools["tools"] if isinstance(tools.get("tools"), list) else [tools]
    if not isinstance(tools, list | tuple):
        raise RuleError("the tools are no list")
    if len(tools) > _MOST_TOOLS:
        raise RuleError(f"there are too many tools: {len(tools)}, at most {_MOST_TOOLS}")
    if too_deep(tools):
        raise RuleError("the tools are nested too deeply")
    found: dict[str, Tool] = {}
    for number, tool in enumerate(tools, start=1):
        read = _tool(tool, number)
        found[read.name] = read
    return found


def _tool(tool: Any, number: int) -> Tool:
    if isinstance(tool, str):
        try:
            tool = decode(tool)
        except ValueError:
            raise RuleError(f"tool {number} is not JSON") from None
    if isinstance(tool, dict) and isinstance(tool.get("function"), dict):
        tool = tool["function"]
    if not isinstance(tool, dict) or not isinstance(tool.get("name"), str):
        raise RuleError(f"tool {number} has no `name`")
    parameters: Any = next((tool[key] for key in _SCHEMAS if tool.get(key) is not None), {})
    if not isinstance(parameters, dict):
        raise RuleError(f"the parameters of `{tool['name']}` are no object")
    parameters = _wrapped(parameters)
    schema = _standard(parameters)
    schema.setdefault("type", "object")
    closed = schema if any(key in schema for key in _OTHER_KEYWORDS) else {**schema, "additionalProperties": False}
    try:
        return Tool(tool["name"], parameters, json.dumps(schema), json.dumps(closed))
    except (TypeError, ValueError):
        raise RuleError(f"the parameters of `{tool['name']}` are not JSON") from None


def _wrapped(parameters: dict[str, Any]) -> dict[str, Any]:
    """Parameters as a schema of an object, where only their properties are given."""
    if not parameters or isinstance(parameters.get("type"), str | list) or "properties" in parameters:
        return parameters
    if any(key in parameters for key in ("$ref", "allOf", "anyOf", "oneOf")):
        return parameters
    return {"type": "object", "properties": parameters} if all(isinstance(v, dict) for v in parameters.values()) else {}


def _standard(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema with the names of types that JSON Schema knows, where tools are described with those of languages.

    A type that is no type of JSON (`any`) allows everything; `optional`, and `required: true` on a property, which are
    not JSON Schema, are left out.
    """
    kept = {key: _keyword(key, value) for key, value in schema.items()}
    if not kept.get("type"):
        kept.pop("type", None)
    if not isinstance(kept.get("required"), list):
        kept.pop("required", None)
    kept.pop("optional", None)
    return kept


def _keyword(key: str, value: Any) -> Any:
    if key == "type":
        return [one for one in map(_type, value) if one] if isinstance(value, list) else _type(value)
    if key in _BY_NAME and isinstance(value, dict):
        return {name: _standard(inner) if isinstance(inner, dict) else inner for name, inner in value.items()}
    if key in _OF_ONE and isinstance(value, dict):
        return _standard(value)
    if key in _OF_MANY and isinstance(value, list):
        return [_standard(inner) if isinstance(inner, dict) else inner for inner in value]
    return value


def _type(name: Any) -> str | None:
    lowered = name.lower() if isinstance(name, str) else ""
    return lowered if lowered in _STANDARD else _TYPES.get(lowered)
