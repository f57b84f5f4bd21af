"""JSON and JSON Schema."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.formats.json_text import check_schema, json_schema, json_valid
from rmcompose.primitives.registry import signature

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_what_json_writes_is_valid(value: Any) -> None:
    assert json_valid(json.dumps(value))
    assert json_schema(json.dumps(value), "{}")
    assert not json_valid(json.dumps(value) + "]")


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("null", True),
        (" 42 \n", True),
        ("1" * 5000, True),
        ("", False),
        ("{'a': 1}", False),
        ("NaN", False),
        ("[-Infinity]", False),
        ('```json\n{"a": 1}\n```', False),
        ('{"a": 1} trailing', False),
    ],
)
def test_json_valid(text: str, valid: bool) -> None:
    assert json_valid(text) is valid


def test_what_is_too_deep_or_too_long_is_an_error() -> None:
    with pytest.raises(RuleError, match="too deeply"):
        json_valid("[" * 200_000)
    with pytest.raises(RuleError, match="too long"):
        json_valid(" " * 2_000_001)
    with pytest.raises(RuleError, match="too many digits"):
        json_schema("1" * 5000, '{"type": "integer"}')


PERSON = json.dumps(
    {
        "type": "object",
        "required": ["name"],
        "properties": {"name": {"$ref": "#/$defs/word"}, "age": {"type": "integer", "minimum": 0}},
        "patternProperties": {"^x_": {"type": "string"}},
        "additionalProperties": False,
        "$defs": {"word": {"type": "string", "pattern": "^\\pL+$"}},
    }
)


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ('{"name": "Ann", "age": 3, "x_y": "z"}', True),
        ('{"name": "Ann", "age": -3}', False),
        ('{"name": "A nn"}', False),
        ('{"name": "Ann", "x_y": 3}', False),
        ('{"name": "Ann", "y": 3}', False),
        ("{}", False),
        ("[]", False),
        ("not json", False),
    ],
)
def test_json_schema(text: str, valid: bool) -> None:
    assert json_schema(text, PERSON) is valid


def test_a_pattern_of_a_schema_cannot_hang() -> None:
    schema = '{"patternProperties": {"^(a+)+$": false}, "additionalProperties": {"pattern": "^(b+)+$"}}'
    assert not json_schema(json.dumps({"a" * 5000 + "!": "b" * 5000 + "!"}), schema)


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ("{", "the schema is not JSON"),
        ("3", "neither an object nor a bool"),
        ('{"type": "strin"}', "the schema is wrong at `$.type`"),
        ('{"$ref": "https://example.com/s.json"}', "`https://example.com/s.json`: only references within it"),
        ('{"$ref": "other.json"}', "`other.json`: only references within it"),
        ('{"$ref": "#/$defs/none"}', "`#/$defs/none`, which it does not hold"),
        ('{"pattern": "(?=a)"}', "in the schema, the pattern uses lookaround"),
        ('{"patternProperties": {"(a)\\\\1": {}}}', "backreference"),
        ('{"patternProperties": {"a": {}}, "unevaluatedProperties": false}', "is not supported in a schema"),
        ("[" * 100_000, "too deeply"),
    ],
)
def test_a_wrong_schema_is_told_at_once(schema: str, message: str) -> None:
    fault = check_schema(schema)
    assert fault is not None
    assert message in fault


def test_a_right_schema_passes_in_any_draft() -> None:
    assert check_schema(PERSON) is None
    assert check_schema("true") is None
    assert check_schema('{"$schema": "http://json-schema.org/draft-07/schema#", "items": [{"type": "null"}]}') is None
    assert check_schema(3) == "the schema must be a text"


def test_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    schema = (
        '{"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://example.com/x", "type": "null"}'
    )
    assert json_schema("null", schema)


def test_recursion_in_a_schema_ends() -> None:
    assert json_schema("[[[]]]", '{"type": "array", "items": {"$ref": "#"}}')
    with pytest.raises(RuleError):
        json_schema("1", '{"$ref": "#"}')


def test_the_reason_names_the_place() -> None:
    rule = signature("json_schema")
    assert rule is not None
    assert rule.explain is not None
    text = '{"name": "Ann", "age": -3}'
    assert "`$.age`" in rule.explain(False, text=text, schema=PERSON)
    assert "not JSON" in rule.explain(False, text="{", schema=PERSON)
