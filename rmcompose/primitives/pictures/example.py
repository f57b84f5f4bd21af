"""The call in a rule's `example` as arguments; where a rule has none, a text that any rule can be tried with."""

from __future__ import annotations

import ast
from typing import Any

from rmcompose.primitives.registry import RuleSignature

_WORDS = {"true": True, "false": False, "null": None}
_STOCK = {"text": "The cat is on the mat.", "reference": "The cat sat on the mat.", "prompt": "Where is the cat?"}
_STOCK_GROUP = ["The cat is on the mat.", "A cat.", "The cat is on the mat, and it has been there all day."]


class UnreadableExample(Exception):
    """An example that is not `rule(argument = value) -> value` with plain values."""


def read(rule: RuleSignature) -> dict[str, Any] | None:
    """The arguments of the example's call; None for a rule without example. Raises `UnreadableExample`."""
    if not rule.example:
        return None
    call, arrow, _ = rule.example.rpartition(" -> ")
    try:
        node = ast.parse((call if arrow else rule.example).strip(), mode="eval").body
        arguments = {one.arg: _literal(one.value) for one in node.keywords} if isinstance(node, ast.Call) else None
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        arguments = None
    if arguments is None or None in arguments or (isinstance(node, ast.Call) and node.args):
        raise UnreadableExample
    return {str(name): value for name, value in arguments.items()}


def stock(rule: RuleSignature) -> dict[str, Any] | None:
    """Arguments for a rule without example; None where it needs more than texts, or may take long."""
    if rule.cost > 1 or rule.task is not None:
        return None
    given: dict[str, Any] = {}
    for argument in rule.arguments:
        if argument.role in _STOCK and argument.kind in ("text", "texts", "any"):
            grouped = rule.level == "group" and argument.role == "text"
            given[argument.name] = _STOCK_GROUP if grouped else _STOCK[argument.role]
        elif argument.required or (argument.role is not None and not argument.optional):
            return None
    if rule.level == "group":
        count = len(_STOCK_GROUP)
        given = {name: value if isinstance(value, list) else [value] * count for name, value in given.items()}
    return given or None


def _literal(node: ast.expr) -> Any:
    match node:
        case ast.Name(id=name) if name in _WORDS:
            return _WORDS[name]
        case ast.List(elts=items):
            return [_literal(item) for item in items]
        case ast.Dict(keys=keys, values=values):
            return {_literal(key): _literal(value) for key, value in zip(keys, values, strict=True) if key is not None}
        case _:
            return ast.literal_eval(node)
