"""What a rule looks like to people and programs: one line, or a plain mapping for `--format json`."""

from __future__ import annotations

import json
import math
from typing import Any

from rmcompose.primitives.registry import ROLE_FIELDS, ArgumentSpec, RuleSignature


def format_signature(rule: RuleSignature) -> str:
    """`length_penalty(text: text = response, min_length: int = 10) -> float[-inf, 0]`."""
    arguments = ", ".join(_format_argument(argument) for argument in rule.arguments)
    return f"{rule.name}({arguments}) -> {format_range(rule)}"


def format_range(rule: RuleSignature) -> str:
    """The type of the values: `bool`, `text`, `int[0, inf]`, `float[-0.5, 1]`."""
    if rule.returns in ("bool", "text"):
        return rule.returns
    return f"{rule.returns}[{rule.low:g}, {rule.high:g}]"


def describe(rule: RuleSignature) -> dict[str, Any]:
    """All that is known of a rule as JSON values; an infinite bound is None."""
    return {
        "name": rule.name,
        "signature": format_signature(rule),
        "doc": rule.doc,
        "arguments": [_describe_argument(argument) for argument in rule.arguments],
        "returns": rule.returns,
        "low": rule.low if math.isfinite(rule.low) else None,
        "high": rule.high if math.isfinite(rule.high) else None,
        "level": rule.level,
        "cost": rule.cost,
        "version": rule.version,
        "aliases": list(rule.aliases),
        "needs": list(rule.needs),
        "asks": rule.task,
        "quirks": rule.quirks,
        "example": rule.example,
    }


def _format_argument(argument: ArgumentSpec) -> str:
    head = f"{argument.name}: {argument.kind}"
    if argument.role is not None:
        return f"{head} = {ROLE_FIELDS[argument.role]}" if argument.role in ROLE_FIELDS else head
    if argument.required:
        return head
    return f"{head} = {json.dumps(argument.default, ensure_ascii=False)}"


def _describe_argument(argument: ArgumentSpec) -> dict[str, Any]:
    return {
        "name": argument.name,
        "kind": argument.kind,
        "doc": argument.doc,
        "role": argument.role,
        "binds_to": ROLE_FIELDS.get(argument.role) if argument.role else None,
        "required": argument.required,
        "optional": argument.optional,
        "default": argument.default,
        "constant": argument.constant,
        "choices": list(argument.choices),
        "low": argument.low,
        "high": argument.high,
    }
