"""`on_unscored = value`: the constant that stands in for a missing score must be one the node could have given."""

from __future__ import annotations

from rmcompose.analysis import wording
from rmcompose.analysis.fixed import fixed
from rmcompose.analysis.infer import infer
from rmcompose.analysis.infer.demands import as_number
from rmcompose.analysis.result import Inferred
from rmcompose.analysis.scope import Scope
from rmcompose.ir import Expression
from rmcompose.ir.interval import contains_range


def check_substitute(
    expression: Expression | None, value: Inferred, scope: Scope, subject: str = "`on_unscored`"
) -> None:
    """Checks the constant against what the node gives: RM301 for its kind, RM302 for its range, RM306 if it varies.

    `subject` names it in messages; the stub of a test is held to the same.
    """
    if expression is None:
        return
    given = infer(expression, scope)
    told = fixed(expression, given, scope)
    if told.state == "silent" or value.kind == "error":
        return
    if told.state != "known":
        scope.report.error(
            "RM306" if told.state == "varies" else "RM302",
            f"{subject} is a constant" if told.state == "varies" else f"{subject} is not a finite number",
            expression.span,
            label="known only when the sample is read" if told.state == "varies" else "",
        )
        return
    if value.kind in ("text", "enum", "list", "any"):
        if given.kind not in ("text", "enum") or value.kind == "list":
            _wrong_kind(expression, given, value, scope, subject)
        return
    if value.kind == "bool" and given.kind != "bool":
        _wrong_kind(expression, given, value, scope, subject)
        return
    number = as_number(expression, given, scope.report, subject)
    if number.kind == "error":
        return
    if not contains_range(value.range, number.range):
        said = wording.interval(value.range)
        scope.report.error(
            "RM302",
            f"{subject} lies outside of the values of the node, {said}",
            expression.span,
            label=f"not within {said}",
        )


def _wrong_kind(expression: Expression, given: Inferred, value: Inferred, scope: Scope, subject: str) -> None:
    scope.report.error(
        "RM301",
        f"{subject} is {wording.kind_of(given)}, not {wording.kind_of(value)}",
        expression.span,
        label=wording.kind_of(given),
    )
