"""The score as a function of the fitted params, over all responses at once and with its derivatives.

Only what depends on the params is computed here. The rest, the *leaves*, are the largest parts of formulas that do not:
they are steps of the plan of their own, which the runtime evaluates once for each response (`leaves.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from rmcompose.ir import Binary, Call, Constant, Expression, If, ListOf, Name, Route, Unary
from rmcompose.ir.constants import NotConstant, evaluate
from rmcompose.ir.ranges import NORMALIZED
from rmcompose.ir.walk import names, parts
from rmcompose.learning import dual
from rmcompose.learning.dual import Array, Dual
from rmcompose.learning.moving import Unsuited, Variants, numbers_of, same, unsuited_step
from rmcompose.plan.formulas import formula
from rmcompose.plan.steps import (
    RESPONSE,
    STEP,
    AggregateStep,
    FormulaStep,
    ResultStep,
    Step,
    ValueKind,
)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A part of a formula that does not depend on the fitted params; `name` is what people call it.

    `step` is what evaluates it. `gate` says that it is a condition of a gate of the whole composition.
    """

    name: str
    step: FormulaStep
    gate: bool = False

    @property
    def is_bool(self) -> bool:
        """Whether it is true or false."""
        return self.step.kind == "bool"


@dataclass(frozen=True, slots=True)
class Group:
    """The members of a weighted aggregate whose weights are fitted.

    The weights are `base + slopes @ (params - start)`. `mean` says that only their ratios count.
    """

    step: str
    mean: bool
    base: Array
    slopes: Array

    def weights(self, delta: Array) -> Array:
        """The weights where the params are moved by `delta`."""
        found: Array = self.base + self.slopes @ delta
        return found


@dataclass(frozen=True, slots=True)
class Threshold:
    """`value op param`: a comparison with a fitted param alone, which is what a threshold is."""

    param: int
    of: Callable[[State], Dual]


@dataclass(slots=True)
class State:
    """One evaluation: how far each param is from the start, the column of each leaf, and the steps so far.

    `memo` is kept from one evaluation of the same columns to the next.
    """

    delta: Array
    columns: Mapping[str, Array]
    memo: Memo
    steps: dict[str, Dual] = field(default_factory=dict)


Compute = Callable[[State], Dual]
Memo = dict[str, "_Members"]


@dataclass(frozen=True, slots=True)
class _Members:
    """The values of members, NaN made 0, with what of them is there; and what both are by the slopes of the weights."""

    filled: Array
    unknown: Array
    there: Array
    top: Array
    bottom: Array

    @staticmethod
    def of(found: Sequence[Dual], slopes: Array, *, drop: bool) -> _Members:
        values = np.stack(np.broadcast_arrays(*(one.value for one in found)), axis=-1)
        unknown = np.isnan(values)
        filled = np.where(unknown, 0.0, values)
        there = (~unknown if drop else np.ones_like(unknown)).astype(float)
        return _Members(filled, unknown, there, filled @ slopes, there @ slopes)


class Model:
    """The formulas of one plan. Making one raises Unsuited where the score is more than a formula of one response."""

    def __init__(self, variants: Variants) -> None:
        self.variants = variants
        self.leaves: dict[str, Leaf] = {}
        self.groups: list[Group] = []
        self.members: dict[str, list[Compute]] = {}
        self.thresholds: list[Threshold] = []
        self._order = [step for step in variants.start.steps.values() if step.id in variants.moving]
        self._result = variants.start.result
        self._computes: dict[str, Compute] = {}
        self._fixed: set[Compute] = set()
        for step in self._order:
            self._computes[step.id] = self._step(step)

    def scores(self, delta: Array, columns: Mapping[str, Array], memo: Memo | None = None) -> Dual:
        """The score of every response, NaN where it is not known, with its slope by each param.

        `memo` may be given anew for the same columns: an empty dict at first.
        """
        state = self.state(delta, columns, memo)
        return state.steps[self._result]

    def state(self, delta: Array, columns: Mapping[str, Array], memo: Memo | None = None) -> State:
        """All that is computed for these values of the params."""
        state = State(delta, columns, {} if memo is None else memo)
        with np.errstate(all="ignore"):
            for step_id, compute in self._computes.items():
                state.steps[step_id] = compute(state)
        return state

    # ---- steps -------------------------------------------------------------------------------------------------------

    def _step(self, step: Step) -> Compute:
        if step.level == STEP:
            raise Unsuited(f"`{step.id}` has a value per step of a response")
        variants = self.variants.steps(step.id)
        each = [one.expressions() for one in variants]
        match step:
            case FormulaStep():
                return self._compile(step, [one[0] for one in each])
            case AggregateStep():
                members = [self._compile(step, list(one)) for one in zip(*each, strict=True)]
                return self._filled(step, self._aggregate(step, members))
            case ResultStep():
                return self._filled(step, self._gated(step, each))
            case _:
                raise Unsuited(unsuited_step(step))

    def _filled(self, step: AggregateStep | ResultStep, compute: Compute) -> Compute:
        """With `on_unscored`, where there is one."""
        given = [one.on_unscored for one in self.variants.steps(step.id)]  # type: ignore[attr-defined]  # same kind
        if step.on_unscored is None:
            return compute
        instead = self._number([float(one) for one in given])
        return lambda state: dual.where_known(compute(state), instead(state))

    def _gated(self, step: ResultStep, each: Sequence[tuple[Expression, ...]]) -> Compute:
        main = step.id == self._result
        sides = [
            self._compile(step, list(one), gate=main and place % 2 == 0 and place < 2 * len(step.gates))
            for place, one in enumerate(zip(*each, strict=True))
        ]
        *gates, body = sides
        pairs = list(zip(gates[::2], gates[1::2], strict=True))

        def compute(state: State) -> Dual:
            result = body(state)
            for condition, otherwise in reversed(pairs):
                result = dual.choose(condition(state).value, result, otherwise(state))
            return result

        return compute

    def _aggregate(self, step: AggregateStep, members: list[Compute]) -> Compute:
        if step.function in ("weighted_mean", "weighted_sum"):
            return self._weighted(step, members)
        function, k = step.function, step.k
        if step.drop:
            raise Unsuited(f"`{step.id}` drops members, and depends on fitted params otherwise than by weights")
        return lambda state: _combined(function, [member(state) for member in members], k)

    def _weighted(self, step: AggregateStep, members: list[Compute]) -> Compute:
        variants = self.variants.steps(step.id)
        rows = [numbers_of(self.variants, one) for one in zip(*(v.weights for v in variants), strict=True)]  # type: ignore[attr-defined]  # all are aggregates
        group = Group(
            step.id,
            step.function == "weighted_mean",
            np.array([value for value, _ in rows]),
            np.array([slope for _, slope in rows]),
        )
        if np.any(group.slopes):
            self.groups.append(group)
            self.members[step.id] = members
        drop, name = step.drop, step.id
        fixed = all(member in self._fixed for member in members)

        def compute(state: State) -> Dual:
            known = state.memo.get(name)
            found: list[Dual] = []
            if known is None:
                found = [member(state) for member in members]
                known = _Members.of(found, group.slopes, drop=drop)
                if fixed:
                    state.memo[name] = known
            weights = group.weights(state.delta)
            summed, slope = known.filled @ weights, known.top
            for place, one in enumerate(found):
                if one.slope is not None:
                    slope = slope + (weights[place] * known.there[..., place])[..., None] * np.nan_to_num(one.slope)
            # a member of weight 0 counts for nothing, whatever it is
            lost = ~known.there.any(axis=-1) if drop else (known.unknown & (weights != 0)).any(axis=-1)
            top = Dual(np.where(lost, np.nan, summed), slope)
            return dual.divide(top, Dual(known.there @ weights, known.bottom)) if group.mean else top

        return compute

    # ---- expressions -------------------------------------------------------------------------------------------------

    def _compile(self, owner: Step, variants: Sequence[Expression], *, gate: bool = False) -> Compute:
        """An expression, given as it is in every plan."""
        first = variants[0]
        if same(variants) and not any(name.name in self.variants.moving for name in names(first)):
            try:
                value = evaluate(first, {})
            except NotConstant:
                return self._leaf(owner, first, gate=gate)
            if isinstance(value, bool | int | float):
                fixed = dual.constant(value)
                return self._same_always(lambda _: fixed)
            raise Unsuited(f"a {type(value).__name__} depends on a fitted param")
        if not all(type(one) is type(first) for one in variants):
            raise Unsuited("the form of a formula depends on a fitted param")
        match first:
            case Constant():
                return self._number([_float(one) for one in variants])
            case Name():
                return lambda state: state.steps[first.name]
        inner = [list(one) for one in zip(*(parts(v) for v in variants), strict=True)]
        match first:
            case Unary():
                operand = self._compile(owner, inner[0])
                change = dual.negate if first.op == "-" else dual.opposite
                return lambda state: change(operand(state))
            case Binary():
                return self._binary(first.op, owner, inner)
            case If():
                condition, then, otherwise = (self._compile(owner, one) for one in inner)
                return lambda state: dual.choose(condition(state).value, then(state), otherwise(state))
            case Route():
                return self._route(first, owner, inner)
            case Call():
                return self._call(first, owner, inner)
        raise Unsuited("a list depends on a fitted param")

    def _leaf(self, owner: Step, expression: Expression, *, gate: bool) -> Compute:
        name = formula(expression)
        known = self.leaves.get(name)
        if known is None or (gate and not known.gate):
            self.leaves[name] = Leaf(name, self._leaf_step(name, owner, expression), gate)
        return self._same_always(lambda state: Dual(state.columns[name]))

    def _same_always(self, compute: Compute) -> Compute:
        """Notes that the params do not change it."""
        self._fixed.add(compute)
        return compute

    def _leaf_step(self, name: str, owner: Step, expression: Expression) -> FormulaStep:
        used = [self.variants.start.steps[one.name] for one in names(expression)]
        if any(one.level == STEP for one in used):
            raise Unsuited(f"`{name}` has a value per step of a response")
        alone = used[0] if isinstance(expression, Name) else None
        kind: ValueKind = alone.kind if alone is not None else "bool" if _is_condition(expression) else "any"
        level = max((one.level for one in used), default=RESPONSE)
        # what a formula of several steps can be is not needed, only whether it is a number
        reach = alone.range if alone is not None else (-np.inf, np.inf)
        return FormulaStep(
            id=f"@leaf:{len(self.leaves)}:{name}",
            kind=kind,
            range=reach,
            level=level,
            rank=owner.rank,
            tier=max((one.tier for one in used), default=0),
            value=expression,
        )

    def _number(self, values: Sequence[float]) -> Compute:
        start, slope = numbers_of(self.variants, values)

        def compute(state: State) -> Dual:
            return Dual(np.asarray(start + slope @ state.delta), slope)

        return compute

    def _binary(self, op: str, owner: Step, inner: list[list[Expression]]) -> Compute:
        if op == "in":
            raise Unsuited("`in` looks for a value that depends on a fitted param")
        left, right = (self._compile(owner, one) for one in inner)
        if op in ("<", "<=", ">", ">="):
            self._note_threshold(inner, left, right)
        combine = _BINARY.get(op) or (lambda a, b: dual.compare(op, a, b))
        return lambda state: combine(left(state), right(state))

    def _note_threshold(self, inner: list[list[Expression]], left: Compute, right: Compute) -> None:
        for side, other in ((inner[0], right), (inner[1], left)):
            if not all(isinstance(one, Constant) for one in side) or same(side):
                continue
            start, slope = numbers_of(self.variants, [_float(one) for one in side])
            [*which] = np.flatnonzero(slope)
            if len(which) == 1:
                at = int(which[0])
                # a plain param, not `2 * cut`: its value is then that of what it is compared with
                if abs(slope[at] - 1) < 1e-9 and abs(start - float(self.variants.params[at].start)) < 1e-9:
                    self.thresholds.append(Threshold(at, other))

    def _route(self, route: Route, owner: Step, inner: list[list[Expression]]) -> Compute:
        rest = list(inner)
        subject = rest.pop(0) if route.subject is not None else None
        last = self._compile(owner, rest.pop()) if route.otherwise is not None else None
        whens = rest[::2]
        thens = [self._compile(owner, one) for one in rest[1::2]]
        conditions: list[Compute]
        if subject is None:
            conditions = [self._compile(owner, one) for one in whens]
        else:
            conditions = [self._equal(owner, subject, one) for one in whens]

        def compute(state: State) -> Dual:
            result = last(state) if last is not None else dual.constant(np.nan)
            for condition, then in zip(reversed(conditions), reversed(thens), strict=True):
                result = dual.choose(condition(state).value, then(state), result)
            return result

        return compute

    def _equal(self, owner: Step, subject: list[Expression], when: list[Expression]) -> Compute:
        """Whether the subject of a route is the literal of an arm, as a leaf where it can be."""
        together: list[Expression] = [
            Binary(op="==", left=one, right=other) for one, other in zip(subject, when, strict=True)
        ]
        return self._compile(owner, together)

    def _call(self, call: Call, owner: Step, inner: list[list[Expression]]) -> Compute:
        function = call.function
        if function in ("min", "max", "mean", "sum"):
            if len(inner) == 1 and isinstance(inner[0][0], ListOf):
                inner = [list(one) for one in zip(*(parts(v) for v in inner[0]), strict=True)]
            members = [self._compile(owner, one) for one in inner]
            return lambda state: _combined(function, [member(state) for member in members], 0)
        if function == "round":
            digits = int(evaluate(call.arguments[1], {})) if len(call.arguments) > 1 else 0
            only = self._compile(owner, inner[0])
            return lambda state: dual.rounded(only(state), digits)
        arguments = [self._compile(owner, one) for one in inner]
        if function == "piecewise":
            points = list(zip(arguments[1::2], arguments[2::2], strict=True))
            return lambda state: dual.piecewise(arguments[0](state), [(x(state), y(state)) for x, y in points])
        if function == "clamp":
            return lambda state: _clamped(*(one(state) for one in arguments))
        if function == NORMALIZED:
            return lambda state: _normalized(*(one(state) for one in arguments))
        if function in _FUNCTIONS:
            change = _FUNCTIONS[function]
            return lambda state: change(arguments[0](state))
        raise Unsuited(f"`{function}` of what depends on a fitted param")


def with_leaves(variants: Variants, leaves: Mapping[str, Leaf]) -> Variants:
    """The start plan with a step for each leaf."""
    steps = [*variants.start.steps.values(), *(leaf.step for leaf in leaves.values())]
    return replace(variants, start=variants.start.with_steps(steps))


def _is_condition(expression: Expression) -> bool:
    """Whether a formula is true or false by its form."""
    match expression:
        case Unary():
            return expression.op == "not"
        case Binary():
            return expression.op in ("and", "or", "in", "==", "!=", "<", "<=", ">", ">=")
        case Call():
            return expression.function in ("contains", "matches", "best")
        case _:
            return False


def _float(expression: Expression) -> float:
    if not isinstance(expression, Constant) or isinstance(expression.value, str):
        raise Unsuited("a text depends on a fitted param")
    return float(expression.value)


def _combined(function: str, members: Sequence[Dual], k: int) -> Dual:
    match function:
        case "mean":
            return dual.multiply(dual.total(members), dual.constant(1 / len(members)))
        case "sum":
            return dual.total(members)
        case "min":
            return dual.least(members)
        case "max":
            return dual.greatest(members)
        case "median":
            return dual.median(members)
        case "product":
            return dual.product(members)
        case "geometric_mean":
            logs = dual.multiply(dual.total([_log(one) for one in members]), dual.constant(1 / len(members)))
            return _zero_where_any(members, _exp(logs))
        case "harmonic_mean":
            inverse = dual.total([dual.divide(dual.constant(1.0), one) for one in members])
            return _zero_where_any(members, dual.divide(dual.constant(len(members)), inverse))
        case "all":
            return dual.every(members)
        case "any":
            return dual.some(members)
        case "at_least":
            return dual.at_least(members, k)
    raise Unsuited(f"`{function}` of what depends on a fitted param")


def _zero_where_any(members: Sequence[Dual], otherwise: Dual) -> Dual:
    zero = np.stack(np.broadcast_arrays(*(one.value == 0 for one in members))).any(axis=0)
    return dual.choose(zero.astype(float), dual.constant(0.0), otherwise)


def _clamped(x: Dual, low: Dual, high: Dual) -> Dual:
    return dual.choose(dual.compare("<", x, low).value, low, dual.least([x, high]))


def _normalized(x: Dual, low: Dual, high: Dual) -> Dual:
    return dual.divide(dual.subtract(x, low), dual.subtract(high, low))


def _exp(x: Dual) -> Dual:
    grown = np.exp(x.value)
    grown = np.where(np.isfinite(grown), grown, np.nan)
    return dual.mapped(x, grown, grown)


def _log(x: Dual) -> Dual:
    above = np.where(x.value > 0, x.value, np.nan)
    return dual.mapped(x, np.log(above), 1 / above)


def _sqrt(x: Dual) -> Dual:
    root = np.sqrt(np.where(x.value >= 0, x.value, np.nan))
    return dual.mapped(x, root, 0.5 / np.where(root == 0, np.nan, root))


def _sigmoid(x: Dual) -> Dual:
    grown = np.exp(-np.abs(x.value))
    value = np.where(x.value >= 0, 1 / (1 + grown), grown / (1 + grown))
    return dual.mapped(x, value, value * (1 - value))


def _tanh(x: Dual) -> Dual:
    value = np.tanh(x.value)
    return dual.mapped(x, value, 1 - value**2)


def _abs(x: Dual) -> Dual:
    return dual.mapped(x, np.abs(x.value), np.sign(x.value))


_BINARY: dict[str, Callable[[Dual, Dual], Dual]] = {
    "+": dual.add,
    "-": dual.subtract,
    "*": dual.multiply,
    "/": dual.divide,
    "??": dual.where_known,
    "and": lambda a, b: dual.every([a, b]),
    "or": lambda a, b: dual.some([a, b]),
}

_FUNCTIONS: dict[str, Callable[[Dual], Dual]] = {
    "abs": _abs,
    "exp": _exp,
    "log": _log,
    "sigmoid": _sigmoid,
    "sqrt": _sqrt,
    "tanh": _tanh,
}
