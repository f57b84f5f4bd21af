"""What an operator or a statement needs of a value: a number, a condition, a text, the values of a type."""

from __future__ import annotations

import math
from dataclasses import replace

from rmcompose.analysis import wording
from rmcompose.analysis.report import Report
from rmcompose.analysis.result import Inferred
from rmcompose.analysis.values import ERROR
from rmcompose.diagnostics.source import Span
from rmcompose.ir import Expression, Type
from rmcompose.ir.interval import BOOLEAN, contains_range


def as_number(expression: Expression, inferred: Inferred, report: Report, user: str) -> Inferred:
    """The value as a number: a bool widens to 0 or 1, a value of unknown type can be any number. Else RM301."""
    match inferred.kind:
        case "int" | "float" | "error":
            return inferred
        case "bool":
            return replace(inferred, kind="int", declared=None)
        case "any":
            return replace(inferred, kind="float", low=-math.inf, high=math.inf)
    report.error(
        "RM301",
        f"{user} needs a number, not {wording.kind_of(inferred)}",
        expression.span,
        label=wording.kind_of(inferred),
    )
    return ERROR


def as_condition(expression: Expression, inferred: Inferred, report: Report, user: str) -> Inferred:
    """The value as a bool. A number is never one: RM301."""
    match inferred.kind:
        case "bool" | "error":
            return inferred
        case "any":
            return replace(inferred, kind="bool", low=BOOLEAN[0], high=BOOLEAN[1])
    help_: tuple[str, ...] = ()
    if inferred.is_number:
        middle = (inferred.low + inferred.high) / 2 if math.isfinite(inferred.low + inferred.high) else inferred.low
        bound = wording.number(middle if math.isfinite(middle) else 1)
        help_ = (f"write `{wording.formula(expression, 'x')} >= {bound}`",)
    report.error(
        "RM301",
        f"{user} needs a condition, not {wording.kind_of(inferred)}",
        expression.span,
        label=_said(inferred),
        help=help_,
    )
    return ERROR


def as_text(expression: Expression, inferred: Inferred, report: Report, user: str) -> Inferred:
    """The value as a text. Else RM301."""
    if inferred.kind in ("text", "enum", "any", "error"):
        return inferred
    report.error(
        "RM301",
        f"{user} needs a text, not {wording.kind_of(inferred)}",
        expression.span,
        label=wording.kind_of(inferred),
    )
    return ERROR


def must_fit(
    expression: Expression,
    inferred: Inferred,
    declared: Type,
    report: Report,
    subject: str,
    *,
    code: str = "RM302",
    declared_at: Span | None = None,
) -> bool:
    """Whether the values fit a declared type: RM301 for another kind, `code` where the range or choices are left.

    `subject` names the value in the message; `code` RM304 is for defaults.
    """
    if inferred.kind in ("error", "any"):
        return True
    place = ((declared_at, "declared here"),)
    if not _same_kind(inferred, declared):
        report.error(
            "RM301",
            f"{subject} is {wording.kind_of(inferred)}, not {_wanted(declared)}",
            expression.span,
            label=_said(inferred),
            labels=place,
            help=_other_kind(expression, inferred, declared),
        )
        return False
    if declared.kind == "enum":
        return _among_choices(expression, inferred, declared, report, subject, code, declared_at)
    if declared.kind in ("text", "list") or contains_range(declared.bounds, inferred.range):
        return True
    name = wording.type_of(declared)
    if inferred.low == inferred.high:
        message = f"{subject} is {wording.number(inferred.low)}, outside of `{name}`"
        help_: tuple[str, ...] = ()
    else:
        message = f"{subject} lies in {wording.interval(inferred.range)}, which leaves `{name}`"
        low, high = (wording.number(bound) for bound in declared.bounds)
        help_ = (f"wrap it in `clamp({wording.formula(expression)}, {low}, {high})`",)
    report.error(
        code,
        message,
        expression.span,
        label=f"not within {wording.interval(declared.bounds)}",
        labels=((declared_at, f"declared as {wording.interval(declared.bounds)}"),),
        help=help_,
    )
    return False


def _same_kind(inferred: Inferred, declared: Type) -> bool:
    match declared.kind:
        case "bool":
            return inferred.kind == "bool"
        case "int":
            return inferred.kind in ("bool", "int")
        case "float" | "score":
            return inferred.kind in ("bool", "int", "float")
        case "text":
            return inferred.kind in ("text", "enum")
        case "enum":
            return inferred.kind == "enum" or (inferred.kind == "text" and bool(inferred.choices))
        case "list":
            return inferred.kind == "list"


def _wanted(declared: Type) -> str:
    match declared.kind:
        case "bool" | "text" | "list":
            return f"a {declared.kind}"
        case "int":
            return "a whole number"
        case "enum":
            return f"one of {wording.listed(declared.choices)}" if declared.choices else "an enum"
        case _:
            return "a number"


def _said(inferred: Inferred) -> str:
    """`a number in [0, 1]`."""
    if not inferred.is_number or math.isinf(inferred.low) or math.isinf(inferred.high):
        return wording.kind_of(inferred)
    if inferred.low == inferred.high:
        return wording.kind_of(inferred)
    return f"{wording.kind_of(inferred)} in {wording.interval(inferred.range)}"


def _other_kind(expression: Expression, inferred: Inferred, declared: Type) -> tuple[str, ...]:
    written = wording.formula(expression, "x")
    if declared.kind == "bool" and inferred.is_number:
        return (f"write `{written} >= 0.5`",)
    if declared.kind == "int" and inferred.kind == "float":
        return (f"write `round({written})`",)
    return ()


def _among_choices(
    expression: Expression,
    inferred: Inferred,
    declared: Type,
    report: Report,
    subject: str,
    code: str,
    declared_at: Span | None,
) -> bool:
    stray = next((choice for choice in inferred.choices if choice not in declared.choices), None)
    if stray is None:
        return True
    report.error(
        "RM301" if code == "RM302" else code,
        f'{subject} can be "{stray}", which is not among the choices'
        if len(inferred.choices) > 1
        else f'{subject} is "{stray}", which is not among the choices',
        expression.span,
        label="not a choice",
        labels=((declared_at, f"the choices are {wording.listed(declared.choices)}"),),
        help=wording.did_you_mean(stray, declared.choices),
    )
    return False
