"""What a rule looks like to people and programs: one line, or a plain mapping for `--format json`."""

from __future__ import annotations

import importlib
import json
import math
from typing import Any

from rmcompose.primitives.catalogue import BUILT_IN
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


def subject_of(rule: RuleSignature) -> str:
    """The folder of a built-in rule: `text`, `shaping`; "" for a rule of the user."""
    if not (rule.function.__module__ or "").startswith(f"{__package__}."):
        return ""
    return BUILT_IN.get(rule.name, "").partition(".")[0]


def about(subject: str) -> str:
    """What a subject's rules are about, in a line."""
    said = importlib.import_module(f"{__package__}.{subject}").__doc__ or ""
    return said.strip().partition("\n\n")[0].replace("\n", " ")


def headline(rule: RuleSignature) -> str:
    """The first line of the rule's doc."""
    return rule.doc.strip().partition("\n")[0]


def describe(rule: RuleSignature) -> dict[str, Any]:
    """All that is known of a rule as JSON values; an infinite bound is None."""
    return {
        "name": rule.name,
        "subject": subject_of(rule) or None,
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
