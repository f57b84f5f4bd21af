"""The dispatcher of inference: one case per construct, parts before the whole.

Recursive over an expression only, which the readers hold to 100 levels; nodes are inferred one after the other.
"""

from __future__ import annotations

from rmcompose.analysis.infer.choices import conditional, route
from rmcompose.analysis.infer.functions import function, operands
from rmcompose.analysis.infer.narrow import narrowed
from rmcompose.analysis.infer.operators import binary, unary
from rmcompose.analysis.result import CONSTANT, Inferred
from rmcompose.analysis.scope import Scope
from rmcompose.analysis.values import ERROR, boolean, highest_level, is_finite, numeric, texts
from rmcompose.ir import Binary, Call, Constant, Expression, If, ListOf, Name, Route, Unary


def infer(expression: Expression, scope: Scope) -> Inferred:
    """What is known of the value. Faults go to the scope's report, once, and give the kind `error`."""
    match expression:
        case Constant():
            return _literal(expression, scope)
        case Name():
            return scope.look_up(expression)
        case ListOf():
            items = [infer(item, scope) for item in expression.items]
            return Inferred("list", level=highest_level(items)) if _sound(items) else ERROR
        case Unary():
            return unary(expression, infer(expression.operand, scope), scope.report)
        case Binary():
            left, right = infer(expression.left, scope), infer(expression.right, scope)
            return binary(expression, left, right, scope.report)
        case Call():
            # `normalize` maps one range, whatever condition stands before it
            inner = scope.whole() if expression.function == "normalize" else scope
            return function(expression, [infer(one, inner) for one in operands(expression)], scope)
        case If():
            return _if(expression, scope)
        case Route():
            return _route(expression, scope)


def _sound(items: list[Inferred]) -> bool:
    return all(item.kind != "error" for item in items)


def _literal(expression: Constant, scope: Scope) -> Inferred:
    value = expression.value
    if isinstance(value, bool):
        return boolean((int(value), int(value)))
    if isinstance(value, str):
        return texts(CONSTANT, (value,))
    if not is_finite(value):
        scope.report.error("RM302", "the number is too large", expression.span, label="does not fit a float")
        return ERROR
    return numeric("int" if isinstance(value, int) else "float", (value, value), CONSTANT)


def _if(expression: If, scope: Scope) -> Inferred:
    condition = infer(expression.condition, scope)
    quiet = scope.quiet()

    def known(part: Expression) -> Inferred:
        return infer(part, quiet)

    then = infer(expression.then, scope.within(narrowed(expression.condition, known)))
    otherwise = infer(expression.otherwise, scope.within(narrowed(expression.condition, known, holds=False)))
    return conditional(expression, (condition, then, otherwise), scope.report)


def _route(expression: Route, scope: Scope) -> Inferred:
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
