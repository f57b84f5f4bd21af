"""Values of a config as constants of a rule's arguments, held to what the signature says."""

from __future__ import annotations

from typing import Any

from rmcompose.migration.findings import Findings, kind_of, number
from rmcompose.primitives.registry import ArgumentSpec, RuleSignature


def rule_settings(rule: RuleSignature, values: dict[str, Any], what: str, found: Findings) -> dict[str, Any]:
    """The settings of a rule's call, without those that equal the default; what does not fit is an error."""
    settings = {}
    for name, value in values.items():
        argument = rule.argument(name)
        assert argument is not None, (rule.name, name)
        fitted = _fitted(argument, value, f"{what}: `{name}`", found)
        if fitted is not None and (type(fitted), fitted) != (type(argument.default), argument.default):
            settings[name] = fitted
    return settings


def _fitted(argument: ArgumentSpec, value: Any, what: str, found: Findings) -> Any:
    """The value as the argument takes it, or None after an error."""
    if value is None and argument.default is None:
        return None
    if argument.kind in ("int", "float"):
        return _number(argument, value, what, found)
    if argument.kind == "list":
        if isinstance(value, list | tuple) and value and all(isinstance(one, str) for one in value):
            return list(value)
        found.error(f"{what} is no list of texts")
        return None
    wanted: dict[str, tuple[type, str]] = {"bool": (bool, "true or false"), "text": (str, "a text")}
    kind, word = wanted.get(argument.kind, (str, "a text"))
    if not isinstance(value, kind):
        found.error(f"{what} is {kind_of(value)}, not {word}")
        return None
    if argument.choices and value not in argument.choices:
        found.error(f"{what} is not one of {', '.join(argument.choices)}")
        return None
    return value


def _number(argument: ArgumentSpec, value: Any, what: str, found: Findings) -> Any:
    plain = number(value, what, found)
    if plain is None:
        return None
    if argument.kind == "int" and plain != int(plain):
        found.error(f"{what} is not a whole number")
        return None
    low, high = argument.low, argument.high
    if (low is not None and plain < low) or (high is not None and plain > high):
        ends = [f"at least {low:g}"] if low is not None else []
        found.error(
            f"{what} is out of range: {' and '.join([*ends, *([f'at most {high:g}'] if high is not None else [])])}"
        )
        return None
    return int(value) if argument.kind == "int" else plain
