"""From a checked composition to its plan: names resolved, params set, compositions put in place.

`build` is where one composition that uses others becomes one graph of steps. Nothing is left out or reordered here;
that is what the passes do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from rmcompose.analysis import scope_of
from rmcompose.analysis.result import CONSTANT, RESPONSE, SAMPLE, STEP, CheckedComposition
from rmcompose.analysis.scope import Scope
from rmcompose.analysis.values import field_level
from rmcompose.diagnostics import SpecError
from rmcompose.diagnostics.source import Span
from rmcompose.ir import (
    GROUP_FUNCTIONS,
    REDUCE,
    WEIGHTED_AGGREGATES,
    Aggregate,
    Call,
    Compose,
    Constant,
    Expression,
    Input,
    Judge,
    Let,
    ListOf,
    Member,
    Name,
    Rule,
    Type,
)
from rmcompose.ir.aggregates import aggregate_range, dropped_range
from rmcompose.ir.arithmetic import NonFinite, finite, total
from rmcompose.ir.constants import NotConstant, evaluate
from rmcompose.ir.interval import EVERYTHING, Interval, hull, safely
from rmcompose.ir.judging import SETTINGS
from rmcompose.ir.ranges import GROUP_RANGES, range_of, rename
from rmcompose.ir.walk import names as names_of
from rmcompose.ir.walk import transform, walk
from rmcompose.plan.constants import constant_value, param_values, refused
from rmcompose.plan.judge_settings import constants_of, examples_of, is_answer, verdicts_of
from rmcompose.plan.kinds import constant, inferred_kind, kind_of
from rmcompose.plan.plan import Plan
from rmcompose.plan.reduction import reduction
from rmcompose.plan.scales import with_ranges
from rmcompose.plan.steps import (
    MODEL_CALL,
    RESULT,
    AggregateStep,
    FormulaStep,
    GroupStep,
    InputStep,
    JudgeStep,
    PlannedGate,
    ResultStep,
    RuleStep,
    Step,
    ValueKind,
)
from rmcompose.primitives.registry import ROLE_FIELDS, signature

MOST_STEPS = 100_000
DEEPEST = 64

Rank = tuple[int, ...]


def build(checked: CheckedComposition, params: Mapping[str, Any]) -> Plan:
    """The plan of a composition with these param values (all of them). Raises SpecError for what they make invalid."""
    builder = _Builder()
    builder.instantiate(checked, "", RESULT, {}, params, (), 0)
    composition = checked.composition
    return Plan(
        name=composition.name,
        path=checked.path,
        doc=composition.doc,
        returns=composition.returns,
        steps=builder.steps,
        result=RESULT,
        nodes=builder.nodes,
        composed=frozenset(builder.composed),
        params=dict(params),
        steps_from=checked.steps_from,
    )


@dataclass(slots=True)
class _Instance:
    """One use of a composition: its names, as expressions over step ids."""

    checked: CheckedComposition
    prefix: str
    rank: Rank
    params: dict[str, Any]
    names: dict[str, Expression]
    scope: Scope


@dataclass(slots=True)
class _Builder:
    steps: dict[str, Step] = field(default_factory=dict)
    nodes: dict[str, str] = field(default_factory=dict)
    composed: set[str] = field(default_factory=set)
    ranges: dict[str, Interval | None] = field(default_factory=dict)

    def add(self, step: Step) -> None:
        if len(self.steps) >= MOST_STEPS:
            raise _too_large(f"the composition has more than {MOST_STEPS:,} steps", step.span)
        self.steps[step.id] = step
        self.ranges[step.id] = step.range

    def instantiate(
        self,
        checked: CheckedComposition,
        prefix: str,
        result_id: str,
        bound: Mapping[str, Expression],
        params: Mapping[str, Any],
        rank: Rank,
        depth: int,
        on_unscored: Any = None,
    ) -> None:
        """Adds the steps of one use of a composition; the last is `result_id`."""
        composition = checked.composition
        if depth > DEEPEST:
            raise _too_large(f"compositions nest deeper than {DEEPEST} levels", composition.name_span)
        instance = _Instance(checked, prefix, rank, dict(params), {}, scope_of(checked))
        for name, value in params.items():
            instance.names[name] = constant(value)
        for place, declared in enumerate(composition.inputs):
            if declared.name in bound:
                instance.names[declared.name] = bound[declared.name]
            else:
                instance.names[declared.name] = self._input(instance, declared, (*rank, 0, place))
        by_name = {node.name: (place, node) for place, node in enumerate(composition.nodes)}
        for name in by_name:
            instance.names[name] = Name(name=prefix + name)
        for name in checked.order:
            place, node = by_name[name]
            self._node(instance, node, (*rank, 1, place), depth)
        gates = tuple(
            PlannedGate(
                self._expression(instance, gate.condition),
                self._expression(instance, gate.otherwise),
                gate.because,
                gate.span,
            )
            for gate in composition.gates
        )
        assert composition.result is not None
        returns = composition.returns
        result = ResultStep(
            id=result_id,
            kind=kind_of(returns),
            range=_with_constant(returns.bounds, on_unscored),
            level=RESPONSE,
            rank=(*rank, 2),
            span=composition.result.span,
            gates=gates,
            value=self._expression(instance, composition.result),
            on_unscored=on_unscored,
        )
        self.add(replace(result, level=max(RESPONSE, *map(self._level, result.expressions()))))

    def _node(self, instance: _Instance, node: Any, rank: Rank, depth: int) -> None:
        step_id = instance.prefix + node.name
        self.nodes[step_id] = step_id
        match node:
            case Rule():
                self._rule(instance, node, step_id, rank)
            case Judge():
                self._judge(instance, node, step_id, rank)
            case Let():
                value = self._expression(instance, node.value)
                inferred = instance.checked.nodes[node.name]
                kind = inferred_kind(inferred)
                reach = range_of(value, self.ranges) if kind in ("bool", "int", "float") else None
                level = max(inferred.level, self._own_level(value))
                self.add(FormulaStep(step_id, kind, reach, level, rank, node.span, value=value))
            case Aggregate():
                self._aggregate(instance, node, step_id, rank)
            case Compose():
                self._compose(instance, node, step_id, rank, depth)

    def _input(self, instance: _Instance, declared: Input, rank: Rank) -> Expression:
        step_id = instance.prefix + declared.name
        path = tuple(declared.path.split(".")) if declared.path else ()
        first = path[0] if path else declared.name
        if declared.name == "steps":
            # the steps of the response are where the plan says; another type is a column of that name
            first, path = declared.name, (() if declared.type.kind == "list" else path or (declared.name,))
        default, has_default = None, declared.default is not None
        if declared.default is not None:
            default = evaluate(declared.default, instance.params)
        reach = declared.type.bounds if declared.type.is_numeric or declared.type.kind == "bool" else None
        self.add(
            InputStep(
                id="@" + step_id,
                kind=kind_of(declared.type),
                range=_with_constant(reach, default) if reach is not None else None,
                level=field_level(first),
                rank=rank,
                span=declared.span,
                type=declared.type,
                field_name="" if path else declared.name,
                path=path,
                default=default,
                has_default=has_default,
            )
        )
        return Name(name="@" + step_id)

    def _field(self, instance: _Instance, field_name: str, rank: Rank, declared: Type | None) -> Expression:
        """The sample's own field of that name, where no input of that name is declared."""
        step_id = f"@{instance.prefix}field:{field_name}:{declared.kind if declared else 'any'}"
        if step_id not in self.steps:
            kind = kind_of(declared) if declared else "any"
            path = tuple(field_name.split(".")) if "." in field_name else ()
            name = "" if path else field_name
            level = field_level(field_name)
            self.add(InputStep(step_id, kind, None, level, rank, type=declared, field_name=name, path=path))
        return Name(name=step_id)

    def _held_steps(self, instance: _Instance, rank: Rank) -> Expression:
        """The steps of the response as the row holds them, with their labels."""
        step_id = f"@{instance.prefix}field:steps:held"
        if step_id not in self.steps:
            self.add(InputStep(step_id, "list", None, RESPONSE, rank, field_name="steps", path=("steps",)))
        return Name(name=step_id)

    def _rule(self, instance: _Instance, node: Rule, step_id: str, rank: Rank) -> None:
        known = signature(node.rule.name)
        assert known is not None
        given = {argument.name: argument.value for argument in node.arguments}
        bindings = instance.checked.bindings.get(node.name, {})
        constants: list[tuple[str, Any]] = []
        dynamic: list[tuple[str, Expression]] = []
        for spec in known.arguments:
            if spec.name in given:
                value = self._expression(instance, given[spec.name])
                if any(True for _ in names_of(value)):
                    dynamic.append((spec.name, value))
                else:
                    constants.append((spec.name, constant_value(value, instance.params)))
            elif spec.name in bindings:
                dynamic.append((spec.name, self._bound(instance, bindings[spec.name], rank, spec.kind)))
            elif spec.role is not None and spec.role in ROLE_FIELDS and not spec.required:
                dynamic.append((spec.name, self._bound(instance, f"field:{ROLE_FIELDS[spec.role]}", rank, spec.kind)))
            elif not spec.required:
                constants.append((spec.name, spec.default))
        reach: Interval | None = known.range if known.returns != "text" else None
        kind: ValueKind = known.returns
        if node.type is not None and reach is not None:
            reach = node.type.bounds if node.type.low is not None else reach
            kind = kind_of(node.type)
        fallback = self._fallback(instance, node.on_unscored)
        optional = frozenset(spec.name for spec in known.arguments if spec.optional)
        level = max((self._level(value) for _, value in dynamic), default=CONSTANT)
        model = str(dict(constants).get("model") or "") if known.ask is not None else ""
        levels = {name: max(self._level(value), SAMPLE) for name, value in dynamic}
        asks = tuple(max((levels.get(name, SAMPLE) for name in made_of), default=SAMPLE) for made_of in known.asks)
        self.add(
            RuleStep(
                id=step_id,
                kind=kind,
                range=_with_constant(reach, fallback) if reach is not None else None,
                level=RESPONSE if known.level == "group" else max(level, SAMPLE),
                rank=rank,
                span=node.span,
                cost=MODEL_CALL if model else known.cost,
                rule=known.name,
                constants=tuple(constants),
                arguments=tuple(dynamic),
                optional=optional,
                group=known.level == "group",
                model=model,
                asks=asks if model else (),
                on_unscored=fallback,
            )
        )

    def _bound(self, instance: _Instance, target: str, rank: Rank, kind: str) -> Expression:
        if not target.startswith("field:"):
            return instance.names[target]
        if target == "field:steps":
            return self._held_steps(instance, rank)
        return self._field(instance, target.removeprefix("field:"), rank, Type(kind="text") if kind == "text" else None)

    def _own_level(self, expression: Expression) -> int:
        """As `_level`, but for results of compositions, which may be the same for all responses at that level."""
        used = (self.steps[name.name] for name in names_of(expression))
        levels = (one.level for one in used if not isinstance(one, ResultStep) or one.level == STEP)
        return max(levels, default=CONSTANT)

    def _level(self, expression: Expression) -> int:
        return max((self.steps[name.name].level for name in names_of(expression)), default=CONSTANT)

    def _judge(self, instance: _Instance, node: Judge, step_id: str, rank: Rank) -> None:
        given: list[tuple[str, Expression]] = []
        criteria_from: Expression | None = None
        fallback: Any = None
        for setting in node.settings:
            shape = SETTINGS[setting.name].shape
            if shape == "names":
                assert isinstance(setting.value, ListOf)
                given = [(n.name, self._shown(instance, n.name, rank)) for n in setting.value.items]  # type: ignore[union-attr]  # names, by the shape
            elif shape == "name":
                assert isinstance(setting.value, Name)
                criteria_from = self._shown(instance, setting.value.name, rank)
            elif setting.name == "on_unscored":
                fallback = self._fallback(instance, setting.value)
        settings = constants_of(node, instance.params)
        compares = settings["mode"] != "pointwise"
        levels = [(label, self._level(value)) for label, value in given]
        shown_level = max((level for _, level in levels), default=SAMPLE)
        if criteria_from is not None:
            shown_level = max(shown_level, self._level(criteria_from))
        reach = node.type.bounds
        self.add(
            JudgeStep(
                id=step_id,
                kind=kind_of(node.type),
                range=_with_constant(reach, fallback),
                level=RESPONSE if compares else max(shown_level, SAMPLE),
                rank=rank,
                span=node.span,
                cost=MODEL_CALL,
                settings=tuple(sorted(settings.items())),
                given=tuple(given),
                varying=tuple(label for label, level in levels if level >= RESPONSE),
                answers=tuple(label for label, value in given if is_answer(value, self.steps)),
                rubric=node.rubric,
                criteria=tuple((c.name, c.text, self._weight(instance, c.weight, c.span)) for c in node.criteria),
                criteria_from=criteria_from,
                verdicts=verdicts_of(node, instance.params),
                examples=examples_of(node),
                scale=reach,
                on_unscored=fallback,
            )
        )

    def _shown(self, instance: _Instance, name: str, rank: Rank) -> Expression:
        if name in instance.names:
            return instance.names[name]
        if "." in name:
            return Name(name=instance.prefix + name)
        return self._field(instance, name, rank, None)

    def _weight(self, instance: _Instance, weight: Expression | None, span: Span | None) -> float:
        if weight is None:
            return 1
        try:
            value = finite(evaluate(weight, instance.params))
        except (NotConstant, NonFinite) as error:
            raise refused("RM504", f"the weight is not a finite constant: {error}", weight.span or span) from None
        return value

    def _aggregate(self, instance: _Instance, node: Aggregate, step_id: str, rank: Rank) -> None:
        members = tuple(self._expression(instance, member.value) for member in node.members)
        weights = self._weights(instance, node) if node.function in WEIGHTED_AGGREGATES else ()
        k = int(evaluate(node.parameter, instance.params)) if node.parameter is not None else 0
        drop = isinstance(node.on_unscored, Name)
        fallback = None if drop else self._fallback(instance, node.on_unscored)
        ranges = [range_of(member, self.ranges) or EVERYTHING for member in members]
        reach = (
            safely(dropped_range, node.function, ranges, weights)
            if drop
            else safely(aggregate_range, node.function, ranges, weights, k)
        )
        inferred = instance.checked.nodes[node.name]
        self.add(
            AggregateStep(
                id=step_id,
                kind="bool" if inferred.kind == "bool" else "float",
                range=_with_constant(reach, fallback),
                level=max((self._level(member) for member in members), default=RESPONSE),
                rank=rank,
                span=node.span,
                function=node.function,
                members=members,
                weights=weights,
                k=k,
                drop=drop,
                on_unscored=fallback,
            )
        )

    def _weights(self, instance: _Instance, node: Aggregate) -> tuple[float, ...]:
        weights = tuple(self._weight(instance, member.weight, _member_span(member)) for member in node.members)
        if node.function == "weighted_mean":
            for weight, member in zip(weights, node.members, strict=True):
                if weight < 0:
                    raise refused(
                        "RM504", f"a mean takes no negative weight, and this one is {weight}", _member_span(member)
                    )
            if total(weights) == 0:
                raise refused("RM503", f"the weights of `{node.name}` sum to zero", node.name_span)
        return weights

    def _compose(self, instance: _Instance, node: Compose, step_id: str, rank: Rank, depth: int) -> None:
        callee = instance.checked.targets[node.name]
        inputs = {declared.name: declared for declared in callee.composition.inputs}
        bound: dict[str, Expression] = {}
        params: dict[str, Any] = {}
        for argument in node.arguments:
            if argument.name in inputs:
                bound[argument.name] = self._argument(instance, argument.value, inputs[argument.name], step_id, rank)
            else:
                params[argument.name] = constant_value(self._expression(instance, argument.value), instance.params)
        self.composed.add(step_id)
        values = param_values(callee, params)
        fallback = self._fallback(instance, node.on_unscored)
        self.instantiate(callee, step_id + ".", step_id, bound, values, rank, depth + 1, fallback)

    def _argument(
        self, instance: _Instance, value: Expression, declared: Input, step_id: str, rank: Rank
    ) -> Expression:
        resolved = self._expression(instance, value)
        if isinstance(resolved, Name | Constant):
            return resolved
        argument_id = f"@{step_id}.{declared.name}"
        reach = range_of(resolved, self.ranges)
        level = max(self._level(resolved), SAMPLE)
        self.add(FormulaStep(argument_id, kind_of(declared.type), reach, level, rank, value.span, value=resolved))
        return Name(name=argument_id)

    def _fallback(self, instance: _Instance, value: Expression | None) -> Any:
        return None if value is None else evaluate(value, instance.params)

    def _expression(self, instance: _Instance, expression: Expression) -> Expression:
        """The expression over step ids: params set, `normalize` with its range, group functions as steps."""
        special = any(isinstance(one, Call) for one in walk(expression))
        if special:
            expression = with_ranges(expression, instance.scope)
        missing = {
            name.name: Name(name=instance.prefix + name.name, span=name.span)
            for name in names_of(expression)
            if name.name not in instance.names
        }
        expression = rename(expression, {**missing, **instance.names} if missing else instance.names)
        return transform(expression, lambda one: self._group(instance, one)) if special else expression

    def _group(self, instance: _Instance, expression: Expression) -> Expression:
        if not isinstance(expression, Call) or expression.function not in (*GROUP_FUNCTIONS, REDUCE):
            return expression
        if expression.function == REDUCE:
            return self._reduce(instance, expression)
        function = expression.function
        step_id = f"@{instance.prefix}{function}:{len(self.steps)}"
        kinds: dict[str, ValueKind] = {"rank": "int", "best": "bool"}
        self.add(
            GroupStep(
                id=step_id,
                kind=kinds.get(function, "float"),
                range=GROUP_RANGES[function],
                level=RESPONSE,
                rank=instance.rank,
                span=expression.span,
                function=function,
                value=expression.arguments[0],
            )
        )
        return Name(name=step_id)

    def _reduce(self, instance: _Instance, call: Call) -> Expression:
        by = constant_value(call.arguments[2], instance.params) if len(call.arguments) > 2 else None
        for step in reduction(call, by, self.steps, instance.prefix, instance.rank):
            self.add(step)
        return Name(name=step.id)


def _with_constant(reach: Interval, value: Any) -> Interval:
    return hull(reach, (value, value)) if isinstance(value, int | float) else reach


def _member_span(member: Member) -> Span | None:
    return member.weight.span if member.weight is not None else member.span


def _too_large(message: str, span: Span | None) -> SpecError:
    return refused("RM155", message, span)
