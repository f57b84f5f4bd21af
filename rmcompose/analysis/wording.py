"""How ranges, types and formulas are written in messages."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from rmcompose.analysis.result import Inferred, InferredKind
from rmcompose.diagnostics.suggest import nearest
from rmcompose.ir import Constant, Expression, Name, Type
from rmcompose.ir.interval import Interval

LONGEST = 48
"""Formulas longer than this are not repeated in a message."""

KINDS: dict[InferredKind, str] = {
    "bool": "a bool",
    "int": "a whole number",
    "float": "a number",
    "text": "a text",
    "list": "a list",
    "enum": "an enum",
    "any": "a value of unknown type",
    "error": "an error",
}


def number(value: float) -> str:
    """`1`, `0.25`, `inf`: a bound as an author would write it."""
    if isinstance(value, int):
        return str(value) if abs(value) < 10**16 else f"{Decimal(value):.6e}"
    return str(int(value)) if value.is_integer() and abs(value) < 10**16 else f"{value:.10g}"


def interval(bounds: Interval) -> str:
    """`[0, 1]`."""
    return f"[{number(bounds[0])}, {number(bounds[1])}]"


def type_of(declared: Type) -> str:
    """A type as it is written: `score[0, 1]`, `enum["a", "b"]`."""
    if declared.kind == "enum":
        return "enum[" + ", ".join(f'"{choice}"' for choice in declared.choices) + "]"
    if declared.low is None or declared.high is None:
        return declared.kind
    return declared.kind + interval((declared.low, declared.high))


def kind_of(inferred: Inferred) -> str:
    """`a number`, `a text`: what a value is, in words."""
    return KINDS[inferred.kind]


def formula(expression: Expression, otherwise: str = "…") -> str:
    """The formula as it was written where that is short and on one line, else `otherwise`."""
    if isinstance(expression, Name):
        return expression.name
    if expression.span is None:
        return _literal(expression.value) if isinstance(expression, Constant) else otherwise
    text = expression.span.text.strip()
    return text if 0 < len(text) <= LONGEST and text.isprintable() else otherwise


def _literal(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{value}"' if len(value) < LONGEST else '"…"'
        case int() | float():
            return number(value)
        case _:
            return "…"


def listed(names: Iterable[str]) -> str:
    """`a`, `b` and `c`, in backticks; a long list is cut."""
    quoted = [f"`{name}`" for name in names]
    if len(quoted) > 6:
        quoted = [*quoted[:5], f"{len(quoted) - 5} more"]
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + f" and {quoted[-1]}"


def did_you_mean(name: str, candidates: Iterable[str]) -> tuple[str, ...]:
    """The help that proposes the nearest candidate, empty where none is near."""
    found = nearest(name, candidates)
    return (f"did you mean `{found}`?",) if found is not None else ()
