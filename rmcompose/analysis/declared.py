"""Inputs and params: their types, and defaults that must fit them (RM301, RM302, RM304, RM306)."""

from __future__ import annotations

from rmcompose.analysis import wording
from rmcompose.analysis.fixed import fixed
from rmcompose.analysis.infer import infer
from rmcompose.analysis.infer.demands import must_fit
from rmcompose.analysis.report import Report
from rmcompose.analysis.result import CONSTANT, Inferred
from rmcompose.analysis.scope import Scope
from rmcompose.analysis.values import ERROR, field_level, is_finite, of_type
from rmcompose.ir import Expression, Input, ListOf, Param, Type


def check_type(declared: Type, report: Report) -> bool:
    """Whether a type has values: a range from low to high, choices that differ."""
    if declared.kind == "enum":
        return _check_choices(declared, report)
    low, high = declared.low, declared.high
    if low is None or high is None:
        if declared.kind != "score" and low is high:
            return True
        report.error("RM302", f"`{declared.kind}` needs a range", declared.span, help=("write `score[0, 1]`",))
        return False
    if not is_finite(low) or not is_finite(high):
        report.error("RM302", "the bounds of a range are finite numbers", declared.span)
        return False
    if low > high:
        report.error(
            "RM302",
            f"the range {wording.interval((low, high))} is empty",
            declared.span,
            label="the lower bound is above the upper one",
            help=(f"write `{declared.kind}{wording.interval((high, low))}`",),
        )
        return False
    if declared.kind == "int" and not (float(low).is_integer() and float(high).is_integer()):
        report.error("RM301", "the bounds of an `int` are whole numbers", declared.span)
        return False
    return True


def _check_choices(declared: Type, report: Report) -> bool:
    if not declared.choices:
        report.error("RM302", "an `enum` needs at least one choice", declared.span)
        return False
    seen: set[str] = set()
    for choice in declared.choices:
        if choice in seen:
            report.error("RM302", f'the choice "{choice}" is there twice', declared.span)
            return False
        seen.add(choice)
    return True


def declared_input(node: Input, scope: Scope) -> Inferred:
    """What is known of an input; its default is checked."""
    sound = check_type(node.type, scope.report)
    if node.default is not None:
        _default(node, node.default, scope, sound=sound)
    return of_type(node.type, field_level(node.path or node.name)) if sound else ERROR


def declared_param(node: Param, scope: Scope) -> Inferred:
    """What is known of a param; a default that fits is remembered as its value."""
    sound = check_type(node.type, scope.report)
    told = _default(node, node.default, scope, sound=sound)
    if told is not None:
        scope.defaults.setdefault(node.name, told[0])
    return of_type(node.type, CONSTANT) if sound else ERROR


def _default(node: Input | Param, default: Expression, scope: Scope, *, sound: bool) -> tuple[object] | None:
    """The value of a default in a tuple, or None where it has none that fits."""
    inferred = infer(default, scope)
    told = fixed(default, inferred, scope)
    if told.state == "silent":
        return None
    if not told.literal:
        scope.report.error(
            "RM306" if told.state != "not_finite" else "RM304",
            f"the default of `{node.name}` is not a constant"
            if told.state != "not_finite"
            else f"the default of `{node.name}` is not a finite number",
            default.span,
            label="a default is made of literals",
        )
        return None
    if isinstance(default, ListOf) and node.type.kind == "list":
        return (told.value,)
    fits = sound and must_fit(
        default,
        inferred,
        node.type,
        scope.report,
        f"the default of `{node.name}`",
        code="RM304",
        declared_at=node.type.span,
    )
    return (told.value,) if fits else None
