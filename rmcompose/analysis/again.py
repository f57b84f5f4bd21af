"""Inference over a composition that was checked: what is known of a formula in it, or of a part of one."""

from __future__ import annotations

from rmcompose.analysis.infer import infer
from rmcompose.analysis.infer.demands import as_condition
from rmcompose.analysis.report import Report
from rmcompose.analysis.result import STEP, CheckedComposition
from rmcompose.analysis.scope import Scope
from rmcompose.diagnostics.diagnostic import Diagnostic
from rmcompose.ir import Expression
from rmcompose.ir.constants import evaluate


def scope_of(checked: CheckedComposition) -> Scope:
    """The names of a checked composition, for `infer(expression, scope)`; its report is for nobody."""
    values = {**checked.inputs, **checked.params, **checked.nodes}
    return Scope(
        Report(),
        declared=dict.fromkeys(values),
        values=values,
        targets=dict(checked.targets),
        defaults={one.name: evaluate(one.default, {}) for one in checked.composition.params},
        params=frozenset(checked.params),
    )


def condition_faults(checked: CheckedComposition, condition: Expression, subject: str) -> list[Diagnostic]:
    """What is wrong with a condition over the names of a composition and its `return`, with one value per response."""
    scope = scope_of(checked)
    scope.values["return"] = checked.result
    found = infer(condition, scope)
    as_condition(condition, found, scope.report, subject)
    if found.level == STEP:
        scope.report.error(
            "RM306",
            f"{subject} differs by step of the response",
            condition.span,
            label="one value per step",
            help=('make one of them: `reduce(…, "min")`',),
        )
    return scope.report.diagnostics
