"""Conditions over a finished plan: formulas over its nodes, inputs, params and `return`, each as one more step.

Spec tests expect them, and rows are filtered by them.
"""

from __future__ import annotations

from collections.abc import Sequence

from rmcompose.ir import REDUCE, Call, Composition, Constant, Expression, Name
from rmcompose.ir.constants import evaluate
from rmcompose.ir.walk import names, transform
from rmcompose.plan.plan import Plan
from rmcompose.plan.reduction import reduction
from rmcompose.plan.steps import RESPONSE, RESULT, FormulaStep, Step


def named(plan: Plan, composition: Composition) -> dict[str, Expression]:
    """What each name of a composition stands for in its plan, `return` among them."""
    found: dict[str, Expression] = {name: Name(name=step_id) for name, step_id in plan.nodes.items()}
    for declared in composition.inputs:
        found[declared.name] = Name(name="@" + declared.name)
    for name, value in plan.params.items():
        if isinstance(value, bool | int | float | str):
            found[name] = Constant(value=value)
    found[RESULT] = Name(name=plan.result)
    return found


def with_conditions(plan: Plan, composition: Composition, conditions: Sequence[Expression]) -> Plan:
    """The plan with a step for each condition, called `condition_id(number)`."""
    local = named(plan, composition)
    steps = dict(plan.steps)
    for number, condition in enumerate(conditions):
        value = transform(condition, lambda one: local.get(one.name, one) if isinstance(one, Name) else one)
        value = transform(value, lambda one: _reduced(one, steps))
        level = max((steps[name.name].level for name in names(value)), default=RESPONSE)
        step_id = condition_id(number)
        steps[step_id] = FormulaStep(
            step_id, "bool", (0, 1), max(level, RESPONSE), (9, number), condition.span, value=value
        )
    return plan.with_steps(steps.values())


def condition_id(number: int) -> str:
    """The id of the step of a condition."""
    return f"@condition:{number}"


def _reduced(expression: Expression, steps: dict[str, Step]) -> Expression:
    """A `reduce` of a condition, as the steps that compute it."""
    if not (isinstance(expression, Call) and expression.function == REDUCE):
        return expression
    by = evaluate(expression.arguments[2], {}) if len(expression.arguments) > 2 else None
    for step in reduction(expression, by, steps, "condition:", (9,)):
        steps[step.id] = step
    return Name(name=step.id)
