"""Formulas of a plan as text, over the names people know. Not a way back into the language: see `syntax/printer.py`."""

from __future__ import annotations

from rmcompose.ir import Binary, Call, Constant, Expression, If, ListOf, Name, Route, Unary

_TIGHTNESS = {"??": 7, "*": 6, "/": 6, "+": 5, "-": 5, "in": 4, "and": 2, "or": 1}
_COMPARISON = 4
_UNARY = 8


def formula(expression: Expression) -> str:
    """The formula with as few parentheses as its meaning allows."""
    return _text(expression, 0)


def _text(expression: Expression, outer: int) -> str:
    match expression:
        case Constant():
            value = expression.value
            if isinstance(value, bool):
                return "true" if value else "false"
            return f'"{value}"' if isinstance(value, str) else repr(value)
        case Name():
            name = expression.name.removeprefix("@")
            return name.split("field:")[1].split(":")[0] if "field:" in name else name
        case ListOf():
            return f"[{', '.join(formula(item) for item in expression.items)}]"
        case Unary():
            return f"{'not ' if expression.op == 'not' else '-'}{_text(expression.operand, _UNARY)}"
        case Binary():
            own = _TIGHTNESS.get(expression.op, _COMPARISON)
            text = f"{_text(expression.left, own)} {expression.op} {_text(expression.right, own + 1)}"
            return f"({text})" if own < outer else text
        case If():
            condition, then, otherwise = map(formula, (expression.condition, expression.then, expression.otherwise))
            text = f"if {condition} then {then} else {otherwise}"
            return f"({text})" if outer else text
        case Route():
            subject = f"{formula(expression.subject)} " if expression.subject is not None else ""
            arms = [f"when {formula(arm.when)} => {formula(arm.then)}" for arm in expression.arms]
            if expression.otherwise is not None:
                arms.append(f"otherwise => {formula(expression.otherwise)}")
            return f"route {subject}{{ {'  '.join(arms)} }}"
        case Call():
            if expression.function == "normalized":
                return f"normalize({formula(expression.arguments[0])})"
            return f"{expression.function}({', '.join(formula(one) for one in expression.arguments)})"
    raise AssertionError(expression)
