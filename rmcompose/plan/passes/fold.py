"""Constant folding: what is known when the composition is compiled is computed then.

let scale = 2 * 0.25          →   0.5 wherever `scale` is read
if strict then a else b       →   a, where the param `strict` is true
"""

from __future__ import annotations

from typing import Any

from rmcompose.ir import Binary, Call, Constant, Expression, If, Route, Unary
from rmcompose.ir.arithmetic import NonFinite
from rmcompose.ir.constants import NotConstant, evaluate
from rmcompose.ir.walk import transform
from rmcompose.plan.plan import Plan, rewrite
from rmcompose.plan.steps import FormulaStep


def fold(plan: Plan) -> Plan:
    """The plan with constant parts of formulas computed and decided arms taken."""
    known: dict[str, Expression] = {}
    steps = []
    for step in plan.steps.values():
        folded = rewrite(step, known)
        expressions = folded.expressions()
        if expressions:
            folded = folded.with_expressions(tuple(transform(one, fold_one) for one in expressions))
        if isinstance(folded, FormulaStep) and isinstance(folded.value, Constant):
            known[folded.id] = folded.value
        steps.append(folded)
    return plan.with_steps(steps)


def fold_one(expression: Expression) -> Expression:
    """One expression whose parts are folded already."""
    match expression:
        case If() if isinstance(expression.condition, Constant):
            return expression.then if expression.condition.value else expression.otherwise
        case Route():
            return _route(expression)
        case Unary() | Binary() | Call():
            return _computed(expression)
        case _:
            return expression


def _computed(expression: Expression) -> Expression:
    if isinstance(expression, Binary):
        decided = _logic(expression)
        if decided is not None:
            return decided
    try:
        value: Any = evaluate(expression, {})
    except (NotConstant, NonFinite):
        # what is not finite is told at run time, with its reason, where its value is needed
        return expression
    return Constant(value=value, span=expression.span) if isinstance(value, bool | int | float | str) else expression


def _logic(expression: Binary) -> Expression | None:
    # false and x, x and false: false even where x is unscored, which stands for true or false
    if expression.op not in ("and", "or"):
        return None
    settles = expression.op == "or"
    for side, other in ((expression.left, expression.right), (expression.right, expression.left)):
        if isinstance(side, Constant):
            return Constant(value=settles, span=expression.span) if side.value is settles else other
    return None


def _route(expression: Route) -> Expression:
    """Arms that cannot match are dropped, up to the first that surely does."""
    subject = expression.subject
    if subject is not None and not isinstance(subject, Constant):
        return expression
    kept = []
    for arm in expression.arms:
        if not isinstance(arm.when, Constant):
            kept.append(arm)
            continue
        matches = arm.when.value == subject.value if subject is not None else arm.when.value is True
        if matches:
            if not kept:
                return arm.then
            return expression.model_copy(update={"arms": tuple(kept), "otherwise": arm.then})
    if not kept and expression.otherwise is not None:
        return expression.otherwise
    return expression.model_copy(update={"arms": tuple(kept)}) if kept else expression
