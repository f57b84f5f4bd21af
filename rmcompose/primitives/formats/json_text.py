"""Whether a text is JSON, and whether it has the shape that a JSON Schema asks for."""

from __future__ import annotations

import functools
import importlib
import json
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.formats.fences import unfenced
from rmcompose.primitives.patterns import check_pattern, compile_pattern
from rmcompose.primitives.registry import TEXT, register, setting

_MOST_CHARACTERS = 2_000_000
_MOST_OF_A_SCHEMA = 200_000
_MOST_OF_A_MESSAGE = 200
_FENCE = setting("whether a code fence around the whole text is taken off first")
_TOO_DEEP = "the JSON is nested too deeply to read"


def _not_json(token: str) -> NoReturn:
    raise json.JSONDecodeError(f"{token} is not JSON", token, 0)


def _bounded(text: str) -> str:
    if len(text) > _MOST_CHARACTERS:
        raise RuleError(f"the text is too long to read as JSON: {len(text)} characters, at most {_MOST_CHARACTERS}")
    return text


def decode(text: str) -> Any:
    """The value of a JSON text. Raises `json.JSONDecodeError`, or `RuleError` where it cannot be held in memory."""
    try:
        return json.loads(_bounded(text), parse_constant=_not_json)
    except json.JSONDecodeError:
        raise
    except RecursionError:
        raise RuleError(_TOO_DEEP) from None
    except ValueError:
        raise RuleError("the JSON holds a number with too many digits to read") from None


@register(
    "json_valid",
    returns="bool",
    arguments={"text": TEXT, "fence": _FENCE},
    example='json_valid(text = "{\\"a\\": [1, null]}") -> true',
)
def json_valid(text: str, fence: bool = False) -> bool:
    """Whether the whole text is one JSON value (RFC 8259), white space around it aside.

    Any value will do, not only an object. `NaN` and `Infinity` are not JSON, and a code fence around it is not unless
    `fence` takes it off.
    """
    text = unfenced(text) if fence else text
    try:
        # numbers stay texts: a valid one may have more digits than an int may have here
        json.loads(_bounded(text), parse_constant=_not_json, parse_int=str, parse_float=str)
    except ValueError:
        return False
    except RecursionError:
        raise RuleError(_TOO_DEEP) from None
    return True


@functools.lru_cache(maxsize=64)
def _validator(schema: str) -> Any:
    """The validator of a schema text. Raises `RuleError` where the schema is wrong or not supported."""
    if len(schema) > _MOST_OF_A_SCHEMA:
        raise RuleError(f"the schema is too long: {len(schema)} characters, at most {_MOST_OF_A_SCHEMA}")
    try:
        loaded = decode(schema)
    except json.JSONDecodeError as fault:
        raise RuleError(f"the schema is not JSON: {fault.msg} at line {fault.lineno}, column {fault.colno}") from None
    if not isinstance(loaded, dict | bool):
        raise RuleError("the schema is neither an object nor a bool")
    jsonschema = importlib.import_module("jsonschema")
    referencing = importlib.import_module("referencing")
    kind = jsonschema.validators.validator_for(loaded, default=jsonschema.Draft202012Validator)
    try:
        # patterns are checked as RE2 below, not as expressions of Python
        kind.check_schema(loaded, format_checker=jsonschema.FormatChecker(formats=()))
        _check_parts(loaded)
        registry = referencing.Registry()  # an empty one: nothing is ever fetched
        validator = _with_linear_patterns(jsonschema, kind)(loaded, registry=registry)
        _check_references(referencing, kind, registry, loaded)
    except jsonschema.SchemaError as fault:
        raise RuleError(f"the schema is wrong at `{fault.json_path}`: {_short(fault.message)}") from None
    except RecursionError:
        raise RuleError("the schema is nested too deeply to read") from None
    return validator


def _parts(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from _parts(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _parts(value)


def _references(schema: Any) -> Iterator[str]:
    for part in _parts(schema):
        for keyword in ("$ref", "$dynamicRef"):
            if isinstance(part.get(keyword), str):
                yield part[keyword]


def _check_parts(schema: Any) -> None:
    for reference in _references(schema):
        if not reference.startswith("#"):
            raise RuleError(
                f"the schema refers to `{_short(reference)}`: only references within it (`#…`) are followed"
            )
    for part in _parts(schema):
        named = part.get("patternProperties")
        named = named if isinstance(named, dict) else {}
        for pattern in (part.get("pattern"), *named):
            fault = check_pattern(pattern) if isinstance(pattern, str) else None
            if fault:
                raise RuleError(f"in the schema, {fault}")
        if named and "unevaluatedProperties" in part:
            # the library would match these names with patterns that can run for ever
            raise RuleError("`unevaluatedProperties` beside `patternProperties` is not supported in a schema")


def _check_references(referencing: Any, kind: Any, registry: Any, schema: Any) -> None:
    specification = importlib.import_module("referencing.jsonschema")
    resource = referencing.Resource.from_contents(
        schema, default_specification=specification.specification_with(kind.META_SCHEMA["$schema"])
    )
    resolver = registry.with_resource("", resource).resolver()
    for reference in _references(schema):
        try:
            resolver.lookup(reference)
        except referencing.exceptions.Unresolvable:
            raise RuleError(f"the schema refers to `{_short(reference)}`, which it does not hold") from None


def _with_linear_patterns(jsonschema: Any, kind: Any) -> Any:
    """The validator class with RE2 for the keywords that match patterns against the judged text."""
    error = jsonschema.ValidationError

    def pattern(validator: Any, expression: str, instance: Any, _schema: Any) -> Iterator[Any]:
        if validator.is_type(instance, "string") and not compile_pattern(expression).search(instance):
            yield error(f"{instance!r} does not match {expression!r}")

    def pattern_properties(validator: Any, named: dict[str, Any], instance: Any, _schema: Any) -> Iterator[Any]:
        if validator.is_type(instance, "object"):
            for expression, inner in named.items():
                search = compile_pattern(expression).search
                for key, value in instance.items():
                    if search(key):
                        yield from validator.descend(value, inner, path=key, schema_path=expression)

    def additional_properties(validator: Any, additional: Any, instance: Any, schema: Any) -> Iterator[Any]:
        if not validator.is_type(instance, "object"):
            return
        known = schema.get("properties", {})
        searches = [compile_pattern(expression).search for expression in schema.get("patternProperties", {})]
        for key, value in instance.items():
            if key in known or any(search(key) for search in searches):
                continue
            if additional is False:
                yield error(f"{key!r} is not expected")
            else:
                yield from validator.descend(value, additional, path=key)

    return jsonschema.validators.extend(
        kind,
        {
            "pattern": pattern,
            "patternProperties": pattern_properties,
            "additionalProperties": additional_properties,
        },
    )


def check_schema(schema: object) -> str | None:
    """What is wrong with a schema text, or None."""
    if not isinstance(schema, str):
        return "the schema must be a text"
    try:
        _validator(schema)
    except RuleError as fault:
        return str(fault)
    return None


def _prepare_schema(schema: str, fence: bool = False) -> Callable[..., bool]:
    is_valid = _validator(schema).is_valid

    def validate(text: str, fence: bool = fence) -> bool:
        try:
            value = decode(unfenced(text) if fence else text)
        except json.JSONDecodeError:
            return False
        try:
            return bool(is_valid(value))
        except RecursionError:
            raise RuleError(_TOO_DEEP) from None
        except ArithmeticError:
            raise RuleError("the JSON holds a number that the schema cannot be checked with") from None

    return validate


def _explain_schema(value: bool, text: str, schema: str, fence: bool = False) -> str:
    if value:
        return "it has the shape of the schema"
    try:
        decoded = decode(unfenced(text) if fence else text)
    except json.JSONDecodeError as fault:
        return f"it is not JSON: {fault.msg} at line {fault.lineno}, column {fault.colno}"
    best_match = importlib.import_module("jsonschema.exceptions").best_match
    worst = best_match(_validator(schema).iter_errors(decoded))
    return f"at `{worst.json_path}`: {_short(worst.message)}"


@register(
    "json_schema",
    returns="bool",
    arguments={
        "text": TEXT,
        "schema": setting("a JSON Schema; draft 2020-12 unless it says `$schema`", constant=True, check=check_schema),
        "fence": _FENCE,
    },
    prepare=_prepare_schema,
    explain=_explain_schema,
    example='json_schema(text = "{\\"a\\": 1}", schema = "{\\"required\\": [\\"a\\"]}") -> true',
    needs=("jsonschema", "google-re2"),
)
def json_schema(text: str, schema: str, fence: bool = False) -> bool:
    """Whether the whole text is JSON that the JSON Schema allows; text that is not JSON is not.

    References are followed within the schema only and nothing is ever fetched; patterns are RE2; `format` is not
    checked. A schema that is wrong is reported when the spec is compiled.
    """
    return _prepare_schema(schema, fence)(text)


def _short(text: str) -> str:
    return text if len(text) <= _MOST_OF_A_MESSAGE else f"{text[:_MOST_OF_A_MESSAGE]}…"
