"""The dispatcher of inference: one case per construct, parts before the whole.

Recursive over an expression only, which the readers hold to 100 levels; nodes are inferred one after the other. What
is known of a construct is imported when there is one: a small spec is checked fast.
"""

from __future__ import annotations

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
            from rmcompose.analysis.infer.operators import unary

            return unary(expression, infer(expression.operand, scope), scope.report)
        case Binary():
            from rmcompose.analysis.infer.operators import binary

            left, right = infer(expression.left, scope), infer(expression.right, scope)
            return binary(expression, left, right, scope.report)
        case Call():
            from rmcompose.analysis.infer.functions import function, operands

            # `normalize` maps one range, whatever condition stands before it
            inner = scope.whole() if expression.function == "normalize" else scope
            return function(expression, [infer(one, inner) for one in operands(expression)], scope)
        case If():
            from rmcompose.analysis.infer.branches import infer_if

            return infer_if(expression, scope)
        case Route():
            from rmcompose.analysis.infer.branches import infer_route

            return infer_route(expression, scope)


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
