"""Calls in the syntax of Python, `[f(a=1), g.h(b="x")]`, read from the syntax tree and never run."""

from __future__ import annotations

import ast
import math
import re
import warnings
from typing import Any

from rmcompose.primitives.failure import RuleError

_BEGINNING = re.compile(r"[\[(]?\s*[^\W\d][\w.]*\(")  # `see (page 3)` is prose
_MOST_CHARACTERS = 50_000
_MOST_NESTING = 200


class NotCalls(Exception):
    """The text is not calls in Python's syntax."""


def parse_calls(text: str) -> list[tuple[str, dict[str, Any], str]]:
    """The calls of a text that is nothing else: one call, several in a list or tuple, or one below the other.

    Returns:
        Name, arguments and fault ("" where there is none) of each. Names that are used as values become texts (a
        variable is not looked up), as does anything else that is not a literal; arithmetic on numbers is worked out.

    Raises:
        NotCalls: the text is something else.
        RuleError: it is too long to be read.
    """
    text = text.strip()
    if not _BEGINNING.match(text) or not text.endswith((")", "]")):
        raise NotCalls
    if len(text) > _MOST_CHARACTERS:
        raise RuleError(f"the calls are too long to read as Python: at most {_MOST_CHARACTERS} characters")
    if _nesting(text) > _MOST_NESTING:
        raise NotCalls
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
        calls = [call for statement in tree.body for call in _calls(statement)]
        if not calls:
            raise NotCalls
        return [_read(call) for call in calls]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise NotCalls from None


def _nesting(text: str) -> int:
    """How deep brackets go, quotes not looked at; a run of signs counts too, for it nests as well."""
    depth = deepest = run = 0
    for char in text:
        if char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        run = run + 1 if char in "-+~" else 0
        deepest = max(deepest, depth, run)
    return deepest


def _calls(statement: ast.stmt) -> list[ast.Call]:
    if not isinstance(statement, ast.Expr):
        raise NotCalls
    value = statement.value
    items = value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
    calls = [item for item in items if isinstance(item, ast.Call)]
    if len(calls) != len(items):
        raise NotCalls
    return calls


def _read(call: ast.Call) -> tuple[str, dict[str, Any], str]:
    name = _dotted(call.func)
    fault = ""
    if call.args:
        fault = "it passes arguments without a name"
    arguments: dict[str, Any] = {}
    for keyword in call.keywords:
        if keyword.arg is None:
            fault = "it passes arguments without a name"
        else:
            arguments[keyword.arg] = _value(keyword.value)
    return name, arguments, fault


def _dotted(node: ast.expr) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        raise NotCalls
    return ".".join(reversed([*parts, node.id]))


def _value(node: ast.expr) -> Any:
    match node:
        case ast.Constant(value=value):
            if value is Ellipsis:
                return "..."
            return value if isinstance(value, str | int | float | None) else ast.unparse(node)
        case ast.List(elts=items):
            return [_value(item) for item in items]
        case ast.Tuple(elts=items):
            return tuple(_value(item) for item in items)
        case ast.Dict(keys=keys, values=values):
            return {_key(key): _value(value) for key, value in zip(keys, values, strict=True)}
        case ast.Name(id=name):
            return name
        case ast.UnaryOp() | ast.BinOp():
            number = _number(node)
            return ast.unparse(node) if number is None else number
        case ast.Call(keywords=[_, *_]):
            name, arguments, _ = _read(node)
            return {name: arguments}
        case _:
            return ast.unparse(node)


def _key(node: ast.expr | None) -> str:
    if node is None:
        raise NotCalls
    value = _value(node)
    return value if isinstance(value, str) else str(value)


def _number(node: ast.expr) -> int | float | None:
    """The number that an expression of numbers stands for, or None; powers, which may be huge, are left alone."""
    match node:
        case ast.Constant(value=value) if isinstance(value, int | float) and not isinstance(value, bool):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            number = _number(inner)
            return None if number is None else -number
        case ast.UnaryOp(op=ast.UAdd(), operand=inner):
            return _number(inner)
        case ast.BinOp(left=left, op=op, right=right):
            return _worked_out(_number(left), op, _number(right))
    return None


def _worked_out(left: float | None, op: ast.operator, right: float | None) -> int | float | None:
    if left is None or right is None or max(_bits(left), _bits(right)) > 1_000:
        return None
    try:
        match op:
            case ast.Add():
                result: int | float = left + right
            case ast.Sub():
                result = left - right
            case ast.Mult():
                result = left * right
            case ast.Div():
                result = left / right
            case ast.FloorDiv():
                result = left // right
            case _:
                return None
    except (ZeroDivisionError, OverflowError):
        return None
    return result if isinstance(result, int) or math.isfinite(result) else None


def _bits(value: float) -> int:
    return value.bit_length() if isinstance(value, int) else 0
