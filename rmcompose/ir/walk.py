"""Walks over expressions: their parts, the names they use, and rewriting.

Iterative where a spec decides the size; an expression itself nests at most 100 levels, which the readers hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rmcompose.ir.expressions import Arm, Binary, Call, Expression, If, ListOf, Name, Route, Unary


def parts(expression: Expression) -> tuple[Expression, ...]:
    """The direct parts of an expression, in the order they are written."""
    match expression:
        case Unary():
            return (expression.operand,)
        case Binary():
            return expression.left, expression.right
        case If():
            return expression.condition, expression.then, expression.otherwise
        case ListOf():
            return expression.items
        case Call():
            return expression.arguments
        case Route():
            arms = [side for arm in expression.arms for side in (arm.when, arm.then)]
            ends = (expression.otherwise,) if expression.otherwise is not None else ()
            start = (expression.subject,) if expression.subject is not None else ()
            return (*start, *arms, *ends)
        case _:
            return ()


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression and all its parts, in the order they are written."""
    stack = [expression]
    while stack:
        one = stack.pop()
        yield one
        stack.extend(reversed(parts(one)))


def names(expression: Expression) -> Iterator[Name]:
    """Every use of a name, in the order they are written."""
    return (one for one in walk(expression) if isinstance(one, Name))


def transform(expression: Expression, change: Callable[[Expression], Expression]) -> Expression:
    """The expression with `change` applied to every part, innermost first. Unchanged parts are kept as they are."""
    match expression:
        case Unary():
            operand = transform(expression.operand, change)
            if operand is not expression.operand:
                expression = expression.model_copy(update={"operand": operand})
        case Binary():
            left, right = transform(expression.left, change), transform(expression.right, change)
            if left is not expression.left or right is not expression.right:
                expression = expression.model_copy(update={"left": left, "right": right})
        case If():
            condition, then, otherwise = (transform(one, change) for one in parts(expression))
            expression = expression.model_copy(update={"condition": condition, "then": then, "otherwise": otherwise})
        case ListOf():
            expression = expression.model_copy(update={"items": tuple(transform(i, change) for i in expression.items)})
        case Call():
            arguments = tuple(transform(a, change) for a in expression.arguments)
            expression = expression.model_copy(update={"arguments": arguments})
        case Route():
            arms = tuple(
                Arm(when=transform(a.when, change), then=transform(a.then, change), span=a.span)
                for a in expression.arms
            )
            subject = transform(expression.subject, change) if expression.subject is not None else None
            last = transform(expression.otherwise, change) if expression.otherwise is not None else None
            expression = expression.model_copy(update={"subject": subject, "arms": arms, "otherwise": last})
        case _:
            pass
    return change(expression)
