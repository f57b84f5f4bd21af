"""Constants of a composition: params, settings and options whose value must be known before a sample is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rmcompose.analysis.result import CheckedComposition
from rmcompose.diagnostics import Diagnostic, SpecError
from rmcompose.diagnostics.source import Span
from rmcompose.ir import Expression
from rmcompose.ir.constants import NotConstant, evaluate


def param_values(checked: CheckedComposition, given: Mapping[str, Any]) -> dict[str, Any]:
    """The value of every param: what is given, else the default."""
    values: dict[str, Any] = {}
    for param in checked.composition.params:
        values[param.name] = given[param.name] if param.name in given else evaluate(param.default, values)
    return values


def constant_value(expression: Expression, params: Mapping[str, Any]) -> Any:
    """The value of an expression over params; RM301 where it needs more than those."""
    try:
        return evaluate(expression, params)
    except NotConstant as error:
        message = f"the value must be known before the sample is read, and `{error}` is not"
        raise refused("RM301", message, expression.span) from None


def refused(code: str, message: str, span: Span | None) -> SpecError:
    """The error of one diagnostic that only shows once params have values."""
    return SpecError([Diagnostic(code, message, span)])
