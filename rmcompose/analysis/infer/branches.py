"""Inference of `if` and `route`: their sides, where a condition says more of the names in them."""

from __future__ import annotations

from rmcompose.analysis.infer.choices import conditional, route
from rmcompose.analysis.infer.expression import infer
from rmcompose.analysis.infer.narrow import narrowed
from rmcompose.analysis.result import Inferred
from rmcompose.analysis.scope import Scope
from rmcompose.ir import Expression, If, Route


def infer_if(expression: If, scope: Scope) -> Inferred:
    """`if`: each side is inferred with what the condition says of the names in it."""
    condition = infer(expression.condition, scope)
    quiet = scope.quiet()

    def known(part: Expression) -> Inferred:
        return infer(part, quiet)

    then = infer(expression.then, scope.within(narrowed(expression.condition, known)))
    otherwise = infer(expression.otherwise, scope.within(narrowed(expression.condition, known, holds=False)))
    return conditional(expression, (condition, then, otherwise), scope.report)


def infer_route(expression: Route, scope: Scope) -> Inferred:
    """`route`: an arm that is a condition narrows its own side, and that it does not hold the arms after it."""
    if expression.subject is not None:
        subject = infer(expression.subject, scope)
        whens = [infer(arm.when, scope) for arm in expression.arms]
        sides = [infer(arm.then, scope) for arm in expression.arms]
        if expression.otherwise is not None:
            sides.append(infer(expression.otherwise, scope))
        return route(expression, subject, whens, sides, scope.report)
    whens, sides = [], []
    here = scope
    for arm in expression.arms:
        quiet = here.quiet()

        def known(part: Expression, quiet: Scope = quiet) -> Inferred:
            return infer(part, quiet)

        whens.append(infer(arm.when, here))
        sides.append(infer(arm.then, here.within(narrowed(arm.when, known))))
        here = here.within(narrowed(arm.when, known, holds=False))
    if expression.otherwise is not None:
        sides.append(infer(expression.otherwise, here))
    return route(expression, None, whens, sides, scope.report)
