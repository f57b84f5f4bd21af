"""The JSON Schema (2020-12) of `.rm.yaml`, for editors: from the tables of `shape.py` and of the judge's settings.

It holds the shape. What only the whole of a spec can tell (names, types, ranges) is `rmcompose validate`'s to say.
"""

from __future__ import annotations

import json
from typing import Any

from rmcompose.ir import LANGUAGE_VERSION
from rmcompose.ir.judging import SETTINGS, SettingShape
from rmcompose.ir.reserved import RESERVED
from rmcompose.syntax import shape
from rmcompose.syntax.literals import NAME, PATH
from rmcompose.syntax.shape import Holds, Shape
from rmcompose.syntax.types import KINDS, RANGED

Schema = dict[str, Any]

_SCALAR: Schema = {"type": ["string", "number", "boolean"]}


def json_schema() -> Schema:
    """The schema, as a JSON object."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "rmcompose",
        "description": "A reward composition for rmcompose, in its YAML syntax.",
        "if": {"required": ["compositions"]},
        "then": {"$ref": "#/$defs/several"},
        "else": {"$ref": "#/$defs/single"},
        "$defs": _definitions(),
    }


def schema_text() -> str:
    """The schema as the text of its file."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _definitions() -> Schema:
    mappings = {
        "single": _mapping(shape.SINGLE, "composition", "returns"),
        "several": _mapping(shape.SEVERAL),
        "body": _mapping(shape.BODY),
        "input_keys": _mapping(shape.INPUT),
        "param_keys": _mapping(shape.PARAM),
        "type_keys": _mapping(shape.RETURNS),
        **{f"{kind}_node": _mapping(table) for kind, table in shape.NODES.items()},
        "judge": _mapping(shape.JUDGE),
        "criterion_keys": _mapping(shape.CRITERION),
        "member_keys": _mapping(shape.MEMBER),
        "gate": _mapping(shape.GATE),
        "test": _mapping(shape.TEST),
        "route": _mapping(shape.ROUTE) | {"anyOf": [{"required": ["route"]}, {"required": ["when"]}]},
        "arm_of_subject": _mapping(shape.ARM_OF_SUBJECT),
        "arm_of_condition": _mapping(shape.ARM_OF_CONDITION),
        "if": _mapping(shape.IF),
    }
    mappings["judge"]["properties"] |= {name: _setting(one) for name, one in SETTINGS.items()}
    return {**mappings, **{f"holds_{name}": schema for name, schema in _holds().items()}}


def _mapping(table: Shape, *required: str) -> Schema:
    """A mapping of exactly these keys."""
    properties = {name: {"$ref": f"#/$defs/holds_{key.holds}", "description": key.doc} for name, key in table.items()}
    needed = sorted({name for name, key in table.items() if key.required} | set(required))
    found: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return found | {"required": needed} if needed else found


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _list_of(items: Schema) -> Schema:
    """A list, or nothing."""
    return {"type": ["array", "null"], "items": items}


def _named(values: Schema, names: Schema | None = None) -> Schema:
    """A mapping of names to values, or nothing."""
    return {"type": ["object", "null"], "additionalProperties": values, "propertyNames": names or _name()}


def _name() -> Schema:
    return {"type": "string", "pattern": f"^{NAME.pattern}$", "not": {"enum": sorted(RESERVED)}}


def _path() -> Schema:
    return {"type": "string", "pattern": f"^{PATH.pattern}$"}


def _holds() -> dict[Holds, Schema]:
    """What the value of a key is, by the word of the tables."""
    number: Schema = {"type": "number"}
    value: Schema = {"anyOf": [_SCALAR, {"type": "array", "items": _ref("holds_value")}]}
    formula: Schema = {
        "anyOf": [_SCALAR, {"type": "array", "items": _ref("holds_formula")}, _ref("route"), _ref("if")],
        "examples": ["clamp(0.8 * correct + 0.2 * quality, 0.0, 1.0)"],
    }
    written_type: Schema = {
        "anyOf": [
            {"enum": list(KINDS)},
            {"type": "string", "pattern": rf"^({'|'.join(sorted(RANGED))})\s*\[.*\]$"},
            {"type": "string", "pattern": r"^enum\s*\[.*\]$"},
        ]
    }
    return {
        "version": {"const": LANGUAGE_VERSION},
        "prose": {"type": ["string", "number", "boolean", "null"]},
        "text": _SCALAR,
        "name": _name(),
        "path": _path(),
        "type": written_type,
        "declared_type": {"anyOf": [written_type, _ref("type_keys")]},
        "range": {"type": "array", "items": number, "minItems": 2, "maxItems": 2},
        "choices": {"type": "array", "items": _SCALAR, "minItems": 1},
        "formula": formula,
        "value": value,
        "names": {"type": "array", "items": _path()},
        "imports": _named(_SCALAR),
        "compositions": _named(_ref("body")),
        "inputs": _named({"anyOf": [_ref("holds_type"), _ref("input_keys")]}),
        "params": _named(_ref("param_keys")),
        "nodes": _named(_node()),
        "gates": _list_of(_ref("gate")),
        "tests": _list_of(_ref("test")),
        "arguments": _named(_ref("holds_value")),
        "judge": _ref("judge"),
        "criteria": _named({"anyOf": [_SCALAR, _ref("criterion_keys")]}),
        "verdicts": _named(_ref("holds_formula"), {"type": "string"}),
        "examples": _list_of(_named(_ref("holds_value"), _path())),
        "members": {
            "anyOf": [
                _named({"anyOf": [_ref("holds_formula"), {"type": "null"}]}, _path()),
                {"type": "array", "items": {"anyOf": [_ref("holds_formula"), _ref("member_keys")]}},
            ]
        },
        "arms": _list_of({"anyOf": [_ref("arm_of_subject"), _ref("arm_of_condition")]}),
        "stubs": _named(_ref("holds_value"), _path()),
        "expects": {"anyOf": [_ref("holds_formula"), {"type": "array", "items": _ref("holds_formula")}]},
    }


def _node() -> Schema:
    """A node, by the one key that says its kind: so that an editor tells the fault of that kind, not of all."""
    chosen: Schema = {"required": sorted(shape.NODES), "description": f"a node has one of {', '.join(shape.NODES)}"}
    for kind in reversed(list(shape.NODES)):
        chosen = {"if": {"required": [kind]}, "then": _ref(f"{kind}_node"), "else": chosen}
    return {"type": "object", **chosen}


def _setting(one: SettingShape) -> Schema:
    """A setting of a judge: a literal of its shape, or an expression over params."""
    literal: Schema
    match one.shape:
        case "int" | "float":
            literal = {"type": "integer" if one.shape == "int" else "number"}
            literal |= {"minimum": one.low} if one.low is not None else {}
            literal |= {"maximum": one.high} if one.high is not None else {}
        case "bool":
            literal = {"type": "boolean"}
        case "models":
            literal = {"anyOf": [_SCALAR, {"type": "array", "items": _SCALAR, "minItems": 1}]}
        case "word":
            return {"enum": list(one.choices), "description": one.doc, **_default(one)}
        case "names":
            return {"$ref": "#/$defs/holds_names", "description": one.doc}
        case "name":
            return {**_path(), "description": one.doc}
        case _:
            literal = _SCALAR
    expression = {"type": "string", "pattern": r"^\$\{[\s\S]*\}$"}
    return {"anyOf": [literal, expression], "description": one.doc, **_default(one)}


def _default(one: SettingShape) -> Schema:
    return {"default": one.default} if one.default is not None else {}
