"""Cost order: every step learns the greatest cost class among what it needs.

The runtime takes operands that may settle a result (`min`, `all`, products, comparisons, gates) cheap before dear,
equal ones as they are declared:

    min(judge, rule)              →   the rule first; the judge only where the rule leaves it open
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from rmcompose.ir import Expression
from rmcompose.ir.walk import names
from rmcompose.plan.plan import Plan
from rmcompose.plan.steps import Step


def order(plan: Plan) -> Plan:
    """The plan with `tier` set on every step."""
    steps: dict[str, Step] = {}
    for step in plan.steps.values():
        needed = (steps[name].tier for name in step.depends)
        steps[step.id] = replace(step, tier=max(step.cost, *needed, 0))
    return plan.with_steps(steps.values())


def tier_of(expression: Expression, steps: Mapping[str, Step]) -> int:
    """The greatest cost class among what an expression needs."""
    return max((steps[name.name].tier for name in names(expression)), default=0)
