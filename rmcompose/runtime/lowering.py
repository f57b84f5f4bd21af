"""From an expression to a closure, once per composition.

A closure takes the frame and the response's index and gives a plain value or an `Unknown`. Operators that need every
operand are *strict*; those that some operands may settle take them cheap before dear.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rmcompose.ir import Binary, Call, Constant, Expression, If, ListOf, Name, Route, Unary, arithmetic, interval
from rmcompose.ir.constants import compare, evaluate, piecewise_points
from rmcompose.ir.interval import BOOLEAN, EVERYTHING, Interval, safely
from rmcompose.ir.ranges import COMPARISONS, NORMALIZED, SEQUENCES, STRICT_FUNCTIONS, range_of
from rmcompose.plan.passes.order import tier_of
from rmcompose.plan.steps import Step
from rmcompose.runtime.frame import Frame
from rmcompose.runtime.operators import (
    SETTLED_BY,
    Closure,
    added,
    checked,
    coalesce,
    divided,
    either,
    finite_or_unknown,
    of_list,
    settled,
    single,
    textual,
)
from rmcompose.runtime.unknown import Unknown, reach_of, settle, strict


class Lowering:
    """Lowers the expressions of one plan. `reads` gives the closure that reads a step."""

    def __init__(self, steps: Mapping[str, Step], reads: Mapping[str, Closure]) -> None:
        self.steps = steps
        self.reads = reads
        self.ranges: dict[str, Interval | None] = {name: step.range for name, step in steps.items()}

    def tier(self, expression: Expression) -> int:
        """The greatest cost class among what the expression needs."""
        return tier_of(expression, self.steps)

    def reach(self, expression: Expression) -> Interval:
        """The static range of a number."""
        return range_of(expression, self.ranges) or EVERYTHING

    def lower(self, expression: Expression, owner: Step) -> Closure:
        """The closure of an expression; `owner` is the step that a value that is not finite is told of."""
        match expression:
            case Constant():
                value = expression.value
                return lambda frame, index: value
            case Name():
                return self.reads[expression.name]
            case ListOf():
                return self._list(expression, owner)
            case Unary():
                return self._unary(expression, owner)
            case Binary():
                return self._binary(expression, owner)
            case If():
                return self._if(expression, owner)
            case Route():
                return self._route(expression, owner)
            case Call():
                return self._call(expression, owner)
        raise AssertionError(expression)

    def _list(self, expression: ListOf, owner: Step) -> Closure:
        items = [self.lower(item, owner) for item in expression.items]

        def listed(frame: Frame, index: int) -> Any:
            values = [item(frame, index) for item in items]
            if any(type(value) is Unknown for value in values):
                return strict(None, values)
            return values

        return listed

    def _unary(self, expression: Unary, owner: Step) -> Closure:
        operand = self.lower(expression.operand, owner)
        if expression.op == "not":

            def negated(frame: Frame, index: int) -> Any:
                value = operand(frame, index)
                if type(value) is Unknown:
                    low, high = reach_of(value)
                    return Unknown((1 - high, 1 - low), value.cause, value.wants)
                return not value

            return negated

        def minus(frame: Frame, index: int) -> Any:
            value = operand(frame, index)
            if type(value) is Unknown:
                return Unknown(interval.negate(reach_of(value)), value.cause, value.wants)
            return -value

        return minus

    def _binary(self, expression: Binary, owner: Step) -> Closure:
        op = expression.op
        if op in ("and", "or"):
            return self._logic(expression, owner)
        left, right = self.lower(expression.left, owner), self.lower(expression.right, owner)
        if op == "??":
            return coalesce(left, right)
        if op in ("+", "-"):
            return added(op, left, right, owner, self.reach(expression))
        if op == "*":
            return self._product(expression, owner)
        if op == "/":
            return divided(left, right, owner, self.reach(expression))
        if op in COMPARISONS:
            return self._comparison(expression, owner)

        def member(frame: Frame, index: int) -> Any:
            item, items = left(frame, index), right(frame, index)
            if type(item) is Unknown or type(items) is Unknown:
                return settle(BOOLEAN, [item, items])
            return compare("in", item, items)

        return member

    def _cheap_first(self, expressions: Sequence[Expression]) -> list[int]:
        return sorted(range(len(expressions)), key=lambda place: self.tier(expressions[place]))

    def _logic(self, expression: Binary, owner: Step) -> Closure:
        sides = (expression.left, expression.right)
        first, second = (self.lower(sides[place], owner) for place in self._cheap_first(sides))
        settles = expression.op == "or"

        def logic(frame: Frame, index: int) -> Any:
            one = first(frame, index)
            if one is settles:
                return settles
            other = second(frame, index)
            if other is settles:
                return settles
            if type(one) is not Unknown and type(other) is not Unknown:
                return not settles
            ranges = [reach_of(one), reach_of(other)]
            return settle(interval.maximum(ranges) if settles else interval.minimum(ranges), [one, other], boolean=True)

        return logic

    def _product(self, expression: Binary, owner: Step) -> Closure:
        sides = (expression.left, expression.right)
        swapped = self._cheap_first(sides) == [1, 0]
        left, right = (self.lower(side, owner) for side in sides)
        reach = self.reach(expression)

        def product(frame: Frame, index: int) -> Any:
            if swapped:
                b = right(frame, index)
                if type(b) is not Unknown and b == 0:
                    return 0
                a = left(frame, index)
            else:
                a = left(frame, index)
                if type(a) is not Unknown and a == 0:
                    return 0
                b = right(frame, index)
            if type(a) is Unknown or type(b) is Unknown:
                return settle(safely(interval.multiply, reach_of(a), reach_of(b)), [a, b])
            return checked(a, b, arithmetic.multiply, owner, reach)

        return product

    def _comparison(self, expression: Binary, owner: Step) -> Closure:
        op = expression.op
        sides = (expression.left, expression.right)
        left, right = (self.lower(side, owner) for side in sides)
        swapped = self._cheap_first(sides) == [1, 0]
        reaches = [range_of(side, self.ranges) for side in sides]
        left_reach, right_reach = reaches

        def comparison(frame: Frame, index: int) -> Any:
            if swapped:
                b = right(frame, index)
                if left_reach is not None and type(b) is not Unknown:
                    decided = interval.compare(op, left_reach, (b, b))
                    if decided[0] == decided[1]:
                        return bool(decided[0])
                a = left(frame, index)
            else:
                a = left(frame, index)
                if right_reach is not None and type(a) is not Unknown:
                    decided = interval.compare(op, (a, a), right_reach)
                    if decided[0] == decided[1]:
                        return bool(decided[0])
                b = right(frame, index)
            if type(a) is Unknown or type(b) is Unknown:
                if left_reach is None or right_reach is None:
                    return settle(BOOLEAN, [a, b])
                return settle(interval.compare(op, reach_of(a), reach_of(b)), [a, b], boolean=True)
            return compare(op, a, b)

        return comparison

    def _if(self, expression: If, owner: Step) -> Closure:
        condition = self.lower(expression.condition, owner)
        then, otherwise = self.lower(expression.then, owner), self.lower(expression.otherwise, owner)
        reach = range_of(expression, self.ranges)

        def choose(frame: Frame, index: int) -> Any:
            chosen = condition(frame, index)
            if type(chosen) is not Unknown:
                return then(frame, index) if chosen else otherwise(frame, index)
            if chosen.wants:
                return Unknown(reach, None, chosen.wants)
            return either([chosen], [then(frame, index), otherwise(frame, index)])

        return choose

    def _route(self, expression: Route, owner: Step) -> Closure:
        subject = self.lower(expression.subject, owner) if expression.subject is not None else None
        thens = [self.lower(arm.then, owner) for arm in expression.arms]
        otherwise = self.lower(expression.otherwise, owner) if expression.otherwise is not None else None
        reach = range_of(expression, self.ranges)
        everything = [*thens, otherwise] if otherwise is not None else thens
        if subject is not None:
            wanted = [evaluate(arm.when, {}) for arm in expression.arms]

            def by_subject(frame: Frame, index: int) -> Any:
                value = subject(frame, index)
                if type(value) is not Unknown:
                    for want, then in zip(wanted, thens, strict=True):
                        if value == want:
                            return then(frame, index)
                    assert otherwise is not None, "the route is exhaustive"
                    return otherwise(frame, index)
                if value.wants:
                    return Unknown(reach, None, value.wants)
                return either([value], [one(frame, index) for one in everything])

            return by_subject
        whens = [self.lower(arm.when, owner) for arm in expression.arms]

        def by_condition(frame: Frame, index: int) -> Any:
            unsure: list[Unknown] = []
            possible: list[Any] = []
            for when, then in zip(whens, thens, strict=True):
                value = when(frame, index)
                if type(value) is Unknown:
                    if value.wants:
                        return Unknown(reach, None, value.wants)
                    unsure.append(value)
                    possible.append(then(frame, index))
                elif value:
                    possible.append(then(frame, index))
                    break
            else:
                assert otherwise is not None, "a route over conditions has an otherwise"
                possible.append(otherwise(frame, index))
            return either(unsure, possible) if unsure else possible[-1]

        return by_condition

    def _call(self, expression: Call, owner: Step) -> Closure:
        function = expression.function
        if function in SEQUENCES:
            return self._sequence(expression, owner)
        arguments = [self.lower(argument, owner) for argument in expression.arguments]
        static = self.reach(expression)
        if function == "clamp":
            return settled(arguments, owner, static, arithmetic.clamp, interval.clamp, transparent=True)
        if function == "round":
            digits = int(evaluate(expression.arguments[1], {})) if len(arguments) > 1 else 0
            return settled(
                arguments[:1],
                owner,
                static,
                lambda value: arithmetic.rounded(value, digits),
                lambda value: interval.rounded(value, digits),
            )
        if function == "piecewise":
            points = piecewise_points([evaluate(one, {}) for one in expression.arguments[1:]])
            return settled(
                arguments[:1],
                owner,
                static,
                lambda value: arithmetic.piecewise(value, points),
                lambda value: interval.piecewise(value, points),
            )
        if function == NORMALIZED:
            low, high = (evaluate(one, {}) for one in expression.arguments[1:])
            return single(
                arguments[0],
                owner,
                static,
                lambda value: arithmetic.normalize(value, low, high),
                lambda value: interval.normalize(value, low, high),
            )
        if function in STRICT_FUNCTIONS:
            compute, compute_range = arithmetic.SCALAR_FUNCTIONS[function], STRICT_FUNCTIONS[function]
            return single(arguments[0], owner, static, compute, compute_range)
        return textual(function, arguments, expression)

    def _sequence(self, expression: Call, owner: Step) -> Closure:
        function = expression.function
        operands = expression.arguments
        if len(operands) == 1 and isinstance(operands[0], ListOf):
            operands = operands[0].items
        elif len(operands) == 1 and range_of(operands[0], self.ranges) is None:
            return of_list(function, self.lower(operands[0], owner), owner)
        closures = [self.lower(operand, owner) for operand in operands]
        compute, compute_range = arithmetic.SEQUENCE_FUNCTIONS[function], SEQUENCES[function]
        places = self._cheap_first(operands)
        settled_by = SETTLED_BY.get(function)
        static = self.reach(expression)
        reaches = [self.reach(operand) for operand in operands]

        def sequence(frame: Frame, index: int) -> Any:
            values: list[Any] = [None] * len(closures)
            open_places = list(places)
            best: Any = None
            for place in places:
                value = values[place] = closures[place](frame, index)
                if type(value) is Unknown:
                    continue
                open_places.remove(place)
                if settled_by is not None and open_places:
                    best = value if best is None else compute([best, value])
                    if settled_by(best, [reaches[other] for other in open_places]):
                        return best
            unknown = bool(open_places)
            if not unknown:
                return finite_or_unknown(lambda: compute(values), owner, static)
            reach = safely(compute_range, [reach_of(value) for value in values])
            return settle(reach, values) if settled_by is not None else strict(reach, values)

        return sequence
