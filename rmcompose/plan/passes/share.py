"""Sharing: equal steps become one, across nodes and across composed compositions.

rule a = word_count()         →   one step, read by everything that named `a` or `b`
rule b = word_count()
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rmcompose.ir import Expression, Name
from rmcompose.plan.plan import Plan, rewrite
from rmcompose.plan.steps import Step


def share(plan: Plan) -> Plan:
    """The plan with each question asked by one step only; the names of the others point to it."""
    first: dict[tuple[Any, ...], str] = {}
    same: dict[str, str] = {}
    names: dict[str, Expression] = {}
    steps: list[Step] = []
    for step in plan.steps.values():
        rewritten = rewrite(step, names) if names else step
        if step.id == plan.result:
            steps.append(rewritten)
            continue
        kept = first.setdefault((rewritten.key(), rewritten.level), step.id)
        if kept == step.id:
            steps.append(rewritten)
        else:
            same[step.id] = kept
            names[step.id] = Name(name=kept)
    nodes = {name: same.get(step_id, step_id) for name, step_id in plan.nodes.items()}
    return replace(plan.with_steps(steps), nodes=nodes)
