"""Values in a plan: their kinds, from the types that authors write, and how one is written as an expression."""

from __future__ import annotations

from typing import Any

from rmcompose.analysis.result import Inferred
from rmcompose.ir import Constant, Expression, ListOf, Type
from rmcompose.plan.steps import ValueKind


def kind_of(declared: Type) -> ValueKind:
    """The kind of the values of a declared type."""
    if declared.kind == "score":
        return "float"
    return "text" if declared.kind == "enum" else declared.kind


def inferred_kind(inferred: Inferred) -> ValueKind:
    """The kind of the values of what was inferred."""
    if inferred.kind == "enum":
        return "text"
    return "any" if inferred.kind == "error" else inferred.kind


def constant(value: Any) -> Expression:
    """A value as an expression."""
    if isinstance(value, list):
        return ListOf(items=tuple(constant(item) for item in value))
    return Constant(value=value)
