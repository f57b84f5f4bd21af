"""Rule-only plans as straight-line Python, compiled once per composition.

The code computes what `lowering` computes, operator by operator, for samples in which everything is scored. Whatever
is out of the ordinary (a field that is missing, a rule that fails, a value outside its range) makes it give up on the
sample, and the full evaluation, which knows of ranges and reasons, takes over. So it never decides what an unscored
value means.

    def run(view):
        for index in range(view.count):
            v0 = read0(view, index)
            if type(v0) is not str: return None
            v1 = rule1(text=v0)
            …
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from rmcompose.data.view import MISSING, SampleView
from rmcompose.ir import Binary, Call, Constant, Expression, If, ListOf, Name, Route, Unary, arithmetic
from rmcompose.ir.aggregates import aggregate
from rmcompose.ir.constants import evaluate, piecewise_points
from rmcompose.ir.interval import EVERYTHING, LARGEST, Interval
from rmcompose.ir.ranges import COMPARISONS, NORMALIZED, SEQUENCES, range_of
from rmcompose.ir.walk import parts
from rmcompose.plan.plan import Plan
from rmcompose.plan.steps import (
    RESPONSE,
    STEP,
    AggregateStep,
    FormulaStep,
    GroupStep,
    InputStep,
    JudgeStep,
    ReduceStep,
    ResultStep,
    RuleStep,
    Step,
)
from rmcompose.primitives.registry import signature
from rmcompose.runtime.binding import reader

MOST_LINES = 60_000
DEEPEST = 40
"""Past these the plan is left to the full evaluation: code for it would be larger than it is worth."""

Scores = Callable[[SampleView], "list[float] | None"]


class TooLarge(Exception):
    """The plan is not worth compiling."""


def straight(plan: Plan) -> Scores | None:
    """A function from a sample to the scores of its responses, or None from it where the full evaluation must decide.

    None instead of a function where the plan asks models, compares responses, or is to be run without optimisation.
    """
    if not plan.optimized or any(map(_beyond, plan.steps.values())):
        return None
    try:
        source, names = Writer(plan).write()
    except TooLarge:
        return None
    exec(compile(source, f"<{plan.name}>", "exec"), names)  # noqa: S102  # our own code; texts of the spec are in `names`
    run: Scores = names["run"]

    def guarded(view: SampleView) -> list[float] | None:
        try:
            return run(view)
        except Exception:  # noqa: BLE001  # told with its reason by the full evaluation
            return None

    return guarded


def _beyond(step: Step) -> bool:
    if isinstance(step, JudgeStep | GroupStep | ReduceStep) or step.level == STEP:
        return True
    if isinstance(step, RuleStep):
        return step.group or bool(step.asks)
    return isinstance(step, InputStep) and step.field_name == "steps"


class Writer:
    """Writes the body of `run`; one for saved results builds on it.

    `known` holds, innermost last, the steps that have a value in each open block.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.places = {step_id: place for place, step_id in enumerate(plan.steps)}
        self.ranges: dict[str, Interval | None] = {step.id: step.range for step in plan.steps.values()}
        self.lines: list[str] = []
        self.known: list[set[str]] = [set()]
        self.names: dict[str, Any] = {
            "MISSING": MISSING,
            "finite": arithmetic.finite,
            "aggregate": aggregate,
        }
        self.kept = 0
        self.temporaries = 0

    def write(self) -> tuple[str, dict[str, Any]]:
        """The source of `run` and the names it uses."""
        final = self.plan.final
        self.need([final.gates[0].condition if final.gates else final.value])
        self.result(final, "result")
        bounds = self.bounds(final.range or EVERYTHING)
        self.emit(f"if not {bounds}[0] <= result <= {bounds}[1]: return None")
        self.emit("append(float(result) + 0.0)")
        head = ["def run(view):", "    scores = []", "    append = scores.append", f"    kept = [None] * {self.kept}"]
        return "\n".join([*head, "    for index in range(view.count):", *self.lines, "    return scores"]), self.names

    # blocks

    def emit(self, line: str) -> None:
        """Writes one line of the innermost block."""
        if len(self.lines) >= MOST_LINES:
            raise TooLarge
        self.lines.append("    " * (len(self.known) + 1) + line)

    def block(self, condition: str) -> None:
        """Opens a block below a line."""
        if len(self.known) > DEEPEST:
            raise TooLarge
        self.emit(condition)
        self.known.append(set())

    def end(self) -> None:
        """Closes the innermost block."""
        self.known.pop()

    def has(self, step_id: str) -> bool:
        """Whether a step has a value where the next line stands."""
        return any(step_id in block for block in self.known)

    def name(self, value: Any, kind: str) -> str:
        """The name of a value of the spec within the code."""
        name = f"{kind}{len(self.names)}"
        self.names[name] = value
        return name

    def bounds(self, reach: Interval) -> str:
        """The name of a range as the finite numbers in it."""
        return self.name((max(reach[0], -LARGEST), min(reach[1], LARGEST)), "b")

    def temporary(self) -> str:
        """The name of a new variable."""
        self.temporaries += 1
        return f"t{self.temporaries}"

    # steps

    def need(self, expressions: Iterable[Expression]) -> None:
        """Writes the steps that the expressions read whatever happens, in the order of the plan."""
        wanted: set[str] = set()
        stack = [name for one in expressions for name in _always(one)]
        while stack:
            step_id = stack.pop()
            if step_id in wanted or self.has(step_id):
                continue
            wanted.add(step_id)
            stack.extend(name for one in _first(self.plan.steps[step_id]) for name in _always(one))
        for step_id in sorted(wanted, key=self.places.__getitem__):
            self.step(self.plan.steps[step_id])
            self.known[-1].add(step_id)

    def step(self, step: Step) -> None:
        """Writes one step."""
        target = f"v{self.places[step.id]}"
        match step:
            case InputStep():
                self.input(step, target)
            case RuleStep():
                self.rule(step, target)
            case FormulaStep():
                self.emit(f"{target} = {self.expression(step.value)}")
            case AggregateStep():
                self.emit(f"{target} = {self.aggregate(step)}")
            case ResultStep():
                self.result(step, target)
                if step.kind == "bool":
                    self.emit(f"if {target} is not True and {target} is not False: return None")
                else:
                    bounds = self.bounds(step.range or EVERYTHING)
                    self.emit(f"if not {bounds}[0] <= {target} <= {bounds}[1]: return None")

    def input(self, step: InputStep, target: str) -> None:
        """Writes the reading of an input, and what it is held to."""
        self.emit(f"{target} = {self.name(reader(step), 'read')}(view, index)")
        give_up = "return None"
        if step.has_default:
            default = self.name(step.default, "default")
            self.block(f"if {target} is MISSING:")
            self.emit(f"{target} = {default}")
            self.end()
        declared = step.type
        if declared is None:
            self.emit(f"if {target} is MISSING: {give_up}")
        elif declared.kind == "enum":
            self.emit(f"if {target} not in {self.name(frozenset(declared.choices), 'choices')}: {give_up}")
        elif declared.kind in ("text", "list", "bool"):
            wanted = {"text": "str", "list": "list", "bool": "bool"}[declared.kind]
            self.emit(f"if type({target}) is not {wanted}: {give_up}")
        else:
            kinds = (
                "type({0}) is not int" if declared.kind == "int" else "type({0}) is not float and type({0}) is not int"
            )
            self.emit(f"if {kinds.format(target)}: {give_up}")
            bounds = self.bounds(declared.bounds)
            self.emit(f"if not {bounds}[0] <= {target} <= {bounds}[1]: {give_up}")

    def rule(self, step: RuleStep, target: str) -> None:
        """Writes the call of a rule, once per sample where it is the same for all responses."""
        known = signature(step.rule)
        assert known is not None, step.rule
        function = self.name(known.bind(**dict(step.constants)), "rule")
        call = f"{function}({', '.join(f'{name}={self.expression(value)}' for name, value in step.arguments)})"
        if step.level >= RESPONSE:
            self.emit(f"{target} = {call}")
            self.accepted(step, target)
            return
        slot, self.kept = self.kept, self.kept + 1
        self.emit(f"{target} = kept[{slot}]")
        self.block(f"if {target} is None:")
        self.emit(f"{target} = kept[{slot}] = {call}")
        self.accepted(step, target)
        self.end()

    def accepted(self, step: RuleStep, target: str) -> None:
        """Writes what a rule's value is held to."""
        if step.kind == "bool":
            self.emit(f"if {target} is not True and {target} is not False: return None")
        elif step.kind == "text":
            self.emit(f"if type({target}) is not str: return None")
        else:
            bounds = self.bounds(step.range or EVERYTHING)
            self.emit(f"if type({target}) is not float and type({target}) is not int: return None")
            self.emit(f"if not {bounds}[0] <= {target} <= {bounds}[1]: return None")

    def result(self, step: ResultStep, target: str) -> None:
        """Writes the gates and the value of a composition."""
        for gate in step.gates:
            self.need([gate.condition])
            self.block(f"if not {self.expression(gate.condition)}:")
            self.assign(target, gate.otherwise)
            self.end()
            self.block("else:")
        self.assign(target, step.value)
        for _ in step.gates:
            self.end()

    def assign(self, target: str, value: Expression) -> None:
        """Writes a value, after the steps that it reads."""
        self.need([value])
        self.emit(f"{target} = {self.expression(value)}")

    def aggregate(self, step: AggregateStep) -> str:
        """The Python of an aggregate."""
        members = [self.expression(member) for member in step.members]
        listed = ", ".join(members)
        unbounded = not _finite_range(step.range)
        match step.function:
            case "weighted_sum" | "weighted_mean":
                weights = [self.name(weight, "w") for weight in step.weights]
                text = "0"
                for weight, member in zip(weights, members, strict=True):
                    text = f"({text} + {weight} * {member})"
                if len(members) > DEEPEST:
                    text = f"{self.name(arithmetic.weighted_sum, 'f')}([{listed}], {self.name(step.weights, 'w')})"
                if step.function == "weighted_mean":
                    text = f"({text} / {self.name(arithmetic.total(step.weights), 'w')})"
            case "all" | "any":
                text = f"({' and '.join(members)})" if step.function == "all" else f"({' or '.join(members)})"
            case "at_least":
                text = f"(({' + '.join(members)}) >= {step.k})"
            case function:
                return f"aggregate({function!r}, [{listed}])"
        return f"finite({text})" if unbounded else text

    # expressions

    def expression(self, expression: Expression) -> str:
        """The Python of an expression whose unconditional steps are written already."""
        match expression:
            case Constant():
                return self.name(expression.value, "c")
            case Name():
                return f"v{self.places[expression.name]}"
            case ListOf():
                return f"[{', '.join(self.expression(item) for item in expression.items)}]"
            case Unary():
                op = "not " if expression.op == "not" else "-"
                return f"({op}{self.expression(expression.operand)})"
            case Binary():
                return self.binary(expression)
            case If():
                return self.choice([(expression.condition, expression.then)], expression.otherwise)
            case Route():
                return self.route(expression)
            case Call():
                return self.call(expression)
        raise AssertionError(expression)

    def binary(self, expression: Binary) -> str:
        """The Python of an operator of two sides."""
        left = self.expression(expression.left)
        if expression.op == "??":
            return left
        text = f"({left} {expression.op} {self.expression(expression.right)})"
        if expression.op in COMPARISONS or expression.op in ("and", "or", "in"):
            return text
        return text if _finite_range(range_of(expression, self.ranges)) else f"finite{text}"

    def choice(self, arms: list[tuple[Expression, Expression]], otherwise: Expression) -> str:
        """The Python of the first of several arms whose condition holds."""
        target = self.temporary()
        opened = 0
        for when, then in arms:
            self.need([when])
            self.block(f"if {self.expression(when)}:")
            self.assign(target, then)
            self.end()
            self.block("else:")
            opened += 1
        self.assign(target, otherwise)
        for _ in range(opened):
            self.end()
        return target

    def route(self, expression: Route) -> str:
        """The Python of a route."""
        arms = [(arm.when, arm.then) for arm in expression.arms]
        if expression.subject is not None:
            subject = expression.subject
            arms = [(Binary(op="==", left=subject, right=when), then) for when, then in arms]
        otherwise = expression.otherwise
        if otherwise is None:
            *arms, (_, otherwise) = arms  # exhaustive: what no arm before it takes, the last does
        return self.choice(arms, otherwise) if arms else self.expression(otherwise)

    def call(self, expression: Call) -> str:
        """The Python of a function of the language."""
        function, operands = expression.function, expression.arguments
        checked = not _finite_range(range_of(expression, self.ranges))
        if function in SEQUENCES:
            if (
                len(operands) == 1
                and range_of(operands[0], self.ranges) is None
                and not isinstance(operands[0], ListOf)
            ):
                raise TooLarge  # over a list input: rare, and the full evaluation checks its items
            if len(operands) == 1 and isinstance(operands[0], ListOf):
                operands = operands[0].items
            values = ", ".join(self.expression(operand) for operand in operands)
            text = f"{self.name(arithmetic.SEQUENCE_FUNCTIONS[function], 'f')}([{values}])"
            return f"finite({text})" if checked else text
        if function == "matches":
            from rmcompose.primitives.patterns import compile_pattern

            pattern = compile_pattern(evaluate(operands[1], {}))
            return f"{self.name(pattern.search, 'f')}({self.expression(operands[0])})"
        if function == "piecewise":
            points = self.name(piecewise_points([evaluate(one, {}) for one in operands[1:]]), "p")
            return f"{self.name(arithmetic.piecewise, 'f')}({self.expression(operands[0])}, {points})"
        compute = _FUNCTIONS[function]
        text = f"{self.name(compute, 'f')}({', '.join(self.expression(operand) for operand in operands)})"
        numeric = function not in ("contains", "lower", "len")
        return f"finite({text})" if checked and numeric else text


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    **arithmetic.SCALAR_FUNCTIONS,
    NORMALIZED: arithmetic.normalize,
    "contains": arithmetic.text_contains,
    "lower": arithmetic.text_lower,
    "len": len,
}


def _finite_range(reach: Interval | None) -> bool:
    return reach is not None and math.isfinite(reach[0]) and math.isfinite(reach[1])


def _first(step: Step) -> tuple[Expression, ...]:
    """The expressions that a step evaluates whatever happens."""
    if isinstance(step, ResultStep):
        return (step.gates[0].condition,) if step.gates else (step.value,)
    return step.expressions()


def _always(expression: Expression) -> list[str]:
    """The names that an expression reads whatever arms are taken."""
    found: list[str] = []
    stack = [expression]
    while stack:
        one = stack.pop()
        match one:
            case Name():
                found.append(one.name)
            case If():
                stack.append(one.condition)
            case Route():
                if one.subject is not None:
                    stack.append(one.subject)
                else:
                    stack.append(one.arms[0].when)
            case _:
                stack.extend(parts(one))
    return found
