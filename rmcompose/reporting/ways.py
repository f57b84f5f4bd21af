"""The ways that a composition's result can take, read from its plan: gates that stop it, arms, and sums at their ends.

A result is told apart by what the results hold: the values of named nodes and the score. No rule or judge is asked
again; a condition is looked up where the values that it reads are there. Where they are not, for inputs are not in
results, arms that cannot have given the score are ruled out, and the way is known if one is left.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rmcompose.ir import Binary, Call, Constant, Expression, If, Name, Route, Unary
from rmcompose.ir.arithmetic import NonFinite
from rmcompose.ir.constants import NotConstant, evaluate
from rmcompose.ir.interval import BOOLEAN, Interval
from rmcompose.ir.ranges import NORMALIZED, range_of
from rmcompose.ir.walk import names, transform
from rmcompose.plan.formulas import formula
from rmcompose.plan.plan import Plan
from rmcompose.plan.show import shown
from rmcompose.plan.steps import AggregateStep, FormulaStep, PlannedGate, ResultStep

MOST_WAYS = 40
"""Arms that are told apart; what has more is one way."""

_Case = tuple[str, Expression | None, Expression]
"""An arm: its name, the condition for it, and its value."""

_FAULTS = (NotConstant, NonFinite, ArithmeticError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Way:
    """One way to the result: its `name`, and what it adds up at its end.

    `terms` are nodes with the factor that each has in the sum; `rest` are the parts of the sum that are no named node,
    as text. `gate` is the place of the gate that ends here, None where the result is returned.
    """

    name: str
    terms: Mapping[str, float] = field(default_factory=dict)
    rest: tuple[str, ...] = ()
    gate: int | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate of the composition, or of one that it composes: then `of` is its name."""

    of: str
    require: str
    otherwise: str
    because: str
    condition: Expression


@dataclass(frozen=True, slots=True)
class _Arm:
    """A way that ends with a value: the conditions that all must hold for it, and the formula of the value."""

    conditions: tuple[Expression, ...]
    value: Expression
    way: Way


UNKNOWN = Way("not known from the results")


class Ways:
    """The ways of one plan, which must be the one that is not optimised: it holds the formulas as they are written."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.names = {step_id: name for name, step_id in reversed(plan.nodes.items())}
        self._ranges = {name: plan.steps[step_id].range for name, step_id in plan.nodes.items()}
        self.gates: list[Gate] = []
        self._gated: list[tuple[str, list[int]]] = []
        for step in plan.steps.values():
            if isinstance(step, ResultStep) and step.gates:
                of = "" if step.id == plan.result else shown(step.id)
                places = range(len(self.gates), len(self.gates) + len(step.gates))
                self.gates += [self._gate(of, gate) for gate in step.gates]
                self._gated.append((of, list(places)))
        final = plan.final
        self.stops = [Way(f"stopped by {one.require}", gate=i) for i, one in enumerate(self.gates) if not one.of]
        self._arms = list(self._read(self._plain(final.value), (), (), MOST_WAYS))
        self.formula = formula(final.value)

    @property
    def ways(self) -> list[Way]:
        """All ways, those that gates end first."""
        return [*self.stops, *(arm.way for arm in self._arms)]

    @property
    def branches(self) -> bool:
        """Whether there is more than one way."""
        return len(self._arms) + len(self.stops) > 1

    def taken(self, score: float, values: Mapping[str, Any], absent: set[str], told: set[str]) -> Way:
        """The way that a response took to its score.

        `values` are those of its nodes, `absent` the nodes that have none, and `told` what the skipped among them say
        of gates that failed.
        """
        for way in self.stops:
            assert way.gate is not None
            passed = self.passed(way.gate, values, told)
            if passed is None:
                return UNKNOWN
            if not passed:
                return way
        possible = []
        for arm in self._arms:
            met = [truth(one, values) for one in arm.conditions]
            if all(met):
                return arm.way
            if False not in met and self._may_give(arm, score, values, absent):
                possible.append(arm.way)
        return possible[0] if len(possible) == 1 else UNKNOWN

    def passed(self, gate: int, values: Mapping[str, Any], told: set[str]) -> bool | None:
        """Whether a gate let a response through; None where neither the values nor the skipped nodes say so."""
        known = truth(self.gates[gate].condition, values)
        if known is None and self.gates[gate].because in told and self._because_is_one(gate):
            return False
        return known

    def reached(self, of: str, nodes: Mapping[str, Mapping[str, Any]]) -> bool:
        """Whether a composed composition was evaluated for a response."""
        return not of or nodes.get(of, {}).get("status") == "scored"

    def by_composition(self) -> list[tuple[str, list[int]]]:
        """The name of each composition with gates (empty for the plan's own), and the places of its gates in order."""
        return self._gated

    def _may_give(self, arm: _Arm, score: float, values: Mapping[str, Any], absent: set[str]) -> bool:
        """Whether a response may have got its score by an arm.

        What was not evaluated stands for its whole range, and must not have mattered: where no input is read as well,
        the conditions are settled all the same, and so is the value.
        """
        reach: dict[str, Interval | None] = {name: self._ranges[name] for name in absent if name in self._ranges}
        for name, value in values.items():
            if isinstance(value, bool | int | float):
                reach[name] = (value, value)
        for condition in arm.conditions:
            if self._reads_nodes(condition) and truth(condition, values) is None:
                low, high = range_of(condition, reach) or BOOLEAN
                if low != high or not low:
                    return False
        found = range_of(arm.value, reach)
        if found is None:
            return True
        slack = 1e-9 * max(1.0, abs(score))
        if not found[0] - slack <= score <= found[1] + slack:
            return False
        return not self._reads_nodes(arm.value) or found[1] - found[0] <= slack

    def _reads_nodes(self, expression: Expression) -> bool:
        """Whether an expression reads nothing but named nodes."""
        return all(name.name in self._ranges for name in names(expression))

    def _because_is_one(self, gate: int) -> bool:
        return sum(one.because == self.gates[gate].because for one in self.gates) == 1

    def _gate(self, of: str, gate: PlannedGate) -> Gate:
        because = gate.because or "its condition does not hold"
        return Gate(of, formula(gate.condition), formula(gate.otherwise), because, self._plain(gate.condition))

    def _plain(self, expression: Expression) -> Expression:
        """The expression over names of nodes, with `normalize` as the arithmetic that it is."""

        def change(one: Expression) -> Expression:
            if isinstance(one, Name):
                return Name(name=self.names.get(one.name, one.name))
            if isinstance(one, Call) and one.function == NORMALIZED:
                x, low, high = one.arguments
                return Binary(
                    op="/", left=Binary(op="-", left=x, right=low), right=Binary(op="-", left=high, right=low)
                )
            return one

        return transform(expression, change)

    def _read(
        self, value: Expression, conditions: tuple[Expression, ...], path: tuple[str, ...], most: int
    ) -> Iterator[_Arm]:
        """The ways through a value, in the order they are tried."""
        cases = self._cases(value)
        if cases is None or len(cases) > most:
            terms, rest = self.terms(value)
            yield _Arm(conditions, value, Way(", then ".join(path) or "returned", terms, tuple(rest)))
            return
        for name, condition, then in cases:
            further = conditions if condition is None else (*conditions, condition)
            yield from self._read(then, further, (*path, name), most // len(cases))

    def _cases(self, value: Expression) -> list[_Case] | None:
        if isinstance(value, Name):
            step = self._plan.steps.get(self._plan.nodes.get(value.name, ""))
            if isinstance(step, FormulaStep):
                inner = self._plain(step.value)
                return self._cases(inner) if isinstance(inner, If | Route | Name) else None
            return None
        if isinstance(value, If):
            fails = Unary(op="not", operand=value.condition)
            yes, no = f"if {formula(value.condition)}", f"if {formula(fails)}"
            return [(yes, value.condition, value.then), (no, fails, value.otherwise)]
        return _arms_of(value) if isinstance(value, Route) else None

    def terms(self, value: Expression) -> tuple[dict[str, float], list[str]]:
        """The nodes that a value adds up, with their factors, and the parts of the sum that are none, as text."""
        found: dict[str, float] = {}
        rest: list[str] = []
        self._add(value, 1.0, found, rest, 0)
        return {name: factor for name, factor in found.items() if factor}, rest

    def _add(self, value: Expression, factor: float, found: dict[str, float], rest: list[str], depth: int) -> None:
        constant = _constant(value)
        if constant is not None or factor == 0:
            return
        parts = self._sum(value)
        if parts is not None and depth < 50:
            for share, part in parts:
                self._add(part, factor * share, found, rest, depth + 1)
        elif isinstance(value, Name) and value.name in self._plan.nodes:
            found[value.name] = found.get(value.name, 0.0) + factor
        else:
            rest.append(formula(value) if factor == 1 else f"{factor:.4g} * {formula(value)}")

    def _sum(self, value: Expression) -> list[tuple[float, Expression]] | None:
        """The factors and summands of a sum; None where the value is none."""
        match value:
            case Unary(op="-"):
                return [(-1.0, value.operand)]
            case Binary(op="+"):
                return [(1.0, value.left), (1.0, value.right)]
            case Binary(op="-"):
                return [(1.0, value.left), (-1.0, value.right)]
            case Binary(op="*" | "/"):
                return _scaled(value)
            case Call(function="mean" | "sum") if len(value.arguments) > 1:
                share = 1.0 / len(value.arguments) if value.function == "mean" else 1.0
                return [(share, one) for one in value.arguments]
            case Name():
                step = self._plan.steps.get(self._plan.nodes.get(value.name, ""))
                if isinstance(step, FormulaStep):
                    inner = self._plain(step.value)
                    # a value of its own is told under its name; only what is a sum itself is looked into
                    return [(1.0, inner)] if isinstance(inner, Name) or self._sum(inner) is not None else None
                return self._members(step) if isinstance(step, AggregateStep) else None
        return None

    def _members(self, step: AggregateStep) -> list[tuple[float, Expression]] | None:
        """The members of a mean or a sum; what is left out of it or stands in for it depends on the response."""
        if step.drop or step.on_unscored is not None:
            return None
        members = [self._plain(one) for one in step.members]
        if step.function == "mean":
            return [(1.0 / len(members), one) for one in members]
        if step.function in ("weighted_mean", "weighted_sum"):
            total = sum(step.weights) if step.function == "weighted_mean" else 1.0
            return [(weight / total, one) for weight, one in zip(step.weights, members, strict=True)] if total else None
        return None


def _arms_of(route: Route) -> list[_Case]:
    cases: list[_Case] = []
    not_before: Expression | None = None
    for arm in route.arms:
        when = arm.when if route.subject is None else Binary(op="==", left=route.subject, right=arm.when)
        holds = when if not_before is None else Binary(op="and", left=not_before, right=when)
        cases.append((f"when {formula(when)}", holds, arm.then))
        fails = Unary(op="not", operand=when)
        not_before = fails if not_before is None else Binary(op="and", left=not_before, right=fails)
    if route.otherwise is not None:
        cases.append(("otherwise", not_before, route.otherwise))
    return cases


def truth(condition: Expression, values: Mapping[str, Any]) -> bool | None:
    """Whether a condition holds; None where what is known does not settle it."""
    if isinstance(condition, Unary) and condition.op == "not":
        inner = truth(condition.operand, values)
        return None if inner is None else not inner
    if isinstance(condition, Binary) and condition.op in ("and", "or"):
        sides = truth(condition.left, values), truth(condition.right, values)
        settling = condition.op == "or"
        if settling in sides:
            return settling
        return None if None in sides else not settling
    try:
        return bool(evaluate(condition, values))
    except _FAULTS:
        return None


def _scaled(value: Binary) -> list[tuple[float, Expression]] | None:
    right = _constant(value.right)
    if value.op == "/":
        return [(1.0 / right, value.left)] if right else None
    left = _constant(value.left)
    if left is not None:
        return [(left, value.right)]
    return [(right, value.left)] if right is not None else None


def _constant(value: Expression) -> float | None:
    if isinstance(value, Constant) and isinstance(value.value, str):
        return None
    try:
        found = evaluate(value, {})
    except _FAULTS:
        return None
    return float(found) if isinstance(found, bool | int | float) else None
