"""Gates: conditions that can be decided before anything runs (RM404, RM405), and values that must fit the result."""

from __future__ import annotations

from dataclasses import replace

from rmcompose.analysis import wording
from rmcompose.analysis.infer import infer
from rmcompose.analysis.infer.demands import as_condition, must_fit
from rmcompose.analysis.result import STEP, Inferred
from rmcompose.analysis.scope import Scope
from rmcompose.ir import Binary, Expression, Gate, Name, Type
from rmcompose.ir.walk import walk


def check_gate(gate: Gate, returns: Type | None, scope: Scope, *, hushed: bool) -> Inferred:
    """What is known of the condition, at the level of the whole gate. `hushed` leaves the warnings out.

    `returns` is the declared result, None where it is faulty.
    """
    condition = as_condition(gate.condition, infer(gate.condition, scope), scope.report, "`require`")
    value = infer(gate.otherwise, scope)
    if STEP in (condition.level, value.level):
        from rmcompose.analysis.infer.steps import per_response

        condition = per_response(gate.condition, condition, scope.report, "`require`")
        value = per_response(gate.otherwise, value, scope.report, "the value of the gate")
    if returns is not None:
        must_fit(gate.otherwise, value, returns, scope.report, "the value of the gate", declared_at=returns.span)
    if condition.kind == "bool" and not hushed:
        _decided(gate, condition, scope)
    return replace(condition, level=max(condition.level, value.level))


def _decided(gate: Gate, condition: Inferred, scope: Scope) -> None:
    if condition.high == 0:
        scope.report.warn(
            "RM404",
            "this gate can never pass",
            gate.condition.span,
            label="always false",
            notes=_proof(gate.condition, scope),
        )
    elif condition.low == 1:
        scope.report.warn(
            "RM405",
            "this gate can never fail",
            gate.condition.span,
            label="always true",
            notes=_proof(gate.condition, scope),
        )


def _proof(condition: Expression, scope: Scope) -> tuple[str, ...]:
    """The range of each name, or of the side of a comparison, that decides the condition."""
    quiet = scope.quiet()
    parts: list[Expression] = [part for part in walk(condition) if isinstance(part, Name)]
    if isinstance(condition, Binary) and len(parts) != 1:
        parts = [condition.left, condition.right]
    told: dict[str, str] = {}
    for part in parts:
        value = infer(part, quiet)
        written = wording.formula(part)
        if value.is_number and value.low != value.high and written != "…":
            told[written] = f"`{written}` lies in {wording.interval(value.range)}"
    return tuple(told.values())
