"""Inference over a composition that was checked: what is known of a formula in it, or of a part of one."""

from __future__ import annotations

from rmcompose.analysis.report import Report
from rmcompose.analysis.result import CheckedComposition
from rmcompose.analysis.scope import Scope
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
