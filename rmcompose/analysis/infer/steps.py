"""Values that differ by step of a response: `reduce` makes one of them; what needs one per response refuses them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from rmcompose.analysis import wording
from rmcompose.analysis.fixed import fixed
from rmcompose.analysis.infer.demands import as_number
from rmcompose.analysis.report import Report
from rmcompose.analysis.result import RESPONSE, STEP, Inferred
from rmcompose.analysis.scope import Scope
from rmcompose.analysis.values import ERROR, boolean, numeric
from rmcompose.ir import Call, Constant, Expression
from rmcompose.ir.interval import safely
from rmcompose.ir.reducing import BOOL_THRESHOLD, KEEPS_KIND, REDUCERS, unknown_count


def per_response(expression: Expression, value: Inferred, report: Report, user: str) -> Inferred:
    """The value where it is one for each response; RM306 where it is one for each step."""
    if value.level != STEP or value.kind == "error":
        return value
    written = wording.formula(expression, "x")
    report.error(
        "RM306",
        f"{user} needs one value per response, and this is one per step",
        expression.span,
        label="differs by step of the response",
        help=(f'write `reduce({written}, "min")`, or another way to make one value of the steps',),
    )
    return ERROR


def reduce(call: Call, arguments: Sequence[Inferred], scope: Scope) -> Inferred:
    """`reduce(x, "how")` or `reduce(x, "how", constant)`, where `x` differs by step."""
    scope.looks.add("steps")
    operand, how_part, *_ = call.arguments
    value, by = arguments[0], arguments[2] if len(arguments) > 2 else None
    number = as_number(operand, value, scope.report, "`reduce`")
    how = _how(how_part, scope)
    if number.kind == "error":
        return ERROR
    if number.level != STEP:
        scope.report.error(
            "RM306",
            "`reduce` goes over the steps of a response, but this is the same for all of them",
            operand.span,
            label="does not depend on the step",
            help=("declare `input step: text`, and let the value read it",),
        )
        return ERROR
    if how is None:
        return ERROR
    third = call.arguments[2] if len(call.arguments) > 2 else None
    constant = _third(call, how, third, by, value, scope)
    if constant is None:
        return ERROR
    bounds = safely(unknown_count, how, number.range, constant.low)
    if how == "first_error" and constant.low != constant.high:
        bounds = (0, 1)  # a param may move the threshold
    if how in KEEPS_KIND and value.kind == "bool":
        return boolean(bounds, RESPONSE)
    whole = number.kind == "int" and how in (*KEEPS_KIND, "sum", "product")
    found = numeric("int" if whole else "float", bounds, RESPONSE)
    return replace(found, declared=value.declared) if how in KEEPS_KIND or how in ("mean", "discounted") else found


def _how(expression: Expression, scope: Scope) -> str | None:
    """The way to reduce, which is a literal; None after a diagnostic."""
    if isinstance(expression, Constant) and expression.value in REDUCERS:
        return str(expression.value)
    said = str(expression.value) if isinstance(expression, Constant) else ""
    scope.report.error(
        "RM301",
        f'`reduce` has no way "{said}"' if said else "the way to `reduce` is a literal text",
        expression.span,
        label=f"there are {wording.listed(tuple(REDUCERS))}",
        help=wording.did_you_mean(said, REDUCERS) if said else (),
    )
    return None


def _third(
    call: Call, how: str, third: Expression | None, by: Inferred | None, value: Inferred, scope: Scope
) -> Inferred | None:
    """What is known of the threshold or discount; None after a diagnostic."""
    meaning = REDUCERS[how]
    if third is None or by is None:
        if meaning is None or (how == "first_error" and value.kind == "bool"):
            return numeric("float", (BOOL_THRESHOLD, BOOL_THRESHOLD), 0)
        example = "0.5" if how == "first_error" else "0.9"
        scope.report.error(
            "RM205",
            f'`reduce` with "{how}" needs a {meaning}',
            call.arguments[1].span,
            label=f"{meaning} missing",
            help=(f'write `reduce({wording.formula(call.arguments[0], "x")}, "{how}", {example})`',),
        )
        return None
    if meaning is None:
        scope.report.error("RM301", f'`reduce` with "{how}" takes no third argument', third.span, label="has no effect")
        return None
    number = as_number(third, by, scope.report, f"the {meaning}")
    told = fixed(third, number, scope)
    if number.kind == "error" or told.state == "silent":
        return None
    if told.state != "known":
        varies = told.state == "varies"
        scope.report.error(
            "RM306" if varies else "RM302",
            f"the {meaning} is a constant" if varies else f"the {meaning} is not a finite number",
            third.span,
            label="known only when the sample is read" if varies else "",
        )
        return None
    if how == "discounted" and not (number.low > 0 and number.high <= 1):
        scope.report.error(
            "RM302",
            "the discount is above 0 and at most 1",
            third.span,
            label=f"lies in {wording.interval(number.range)}" if math.isfinite(number.low) else "",
        )
        return None
    return number
