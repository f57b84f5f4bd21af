"""Ranges of the functions over the responses of one sample."""

from __future__ import annotations

import math

from rmcompose.analysis.infer.demands import as_number
from rmcompose.analysis.infer.steps import per_response
from rmcompose.analysis.report import Report
from rmcompose.analysis.result import RESPONSE, Inferred
from rmcompose.analysis.values import ERROR, boolean, numeric
from rmcompose.ir import Call
from rmcompose.ir.interval import EVERYTHING


def group(call: Call, argument: Inferred, report: Report) -> Inferred:
    """`zscore minmax rank best` of a value that differs by response; RM306 where all responses have the same.

    One that differs by step is RM306 too.
    """
    value = as_number(call.arguments[0], argument, report, f"`{call.function}`")
    if value.kind == "error":
        return ERROR
    value = per_response(call.arguments[0], value, report, f"`{call.function}`")
    if value.kind == "error":
        return ERROR
    if value.level < RESPONSE:
        report.error(
            "RM306",
            f"`{call.function}` compares responses, but all responses of a sample have the same value here",
            call.arguments[0].span,
            label="does not depend on the response",
        )
        return ERROR
    match call.function:
        case "zscore":
            return numeric("float", EVERYTHING, RESPONSE)
        case "minmax":
            return numeric("float", (0, 1), RESPONSE)
        case "rank":
            return numeric("int", (1, math.inf), RESPONSE)
        case _:
            return boolean(level=RESPONSE)
