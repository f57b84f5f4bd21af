"""Spec tests: the `test` blocks of a composition, run without any model.

`given` sets fields of the sample, `stub` sets what a node answers, `expect` are conditions over the nodes and `return`.
A judge that is needed and has no stub fails the test: nothing is ever asked. A node may be stubbed whatever its kind.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

from rmcompose.data.errors import RowError
from rmcompose.data.view import view
from rmcompose.diagnostics import Diagnostic
from rmcompose.ir import REDUCE, Call, Composition, Constant, Expression, Name, Test
from rmcompose.ir.constants import evaluate
from rmcompose.ir.walk import names, transform
from rmcompose.plan.plan import Plan
from rmcompose.plan.reduction import reduction
from rmcompose.plan.steps import RESPONSE, RESULT, FormulaStep, JudgeStep, Step
from rmcompose.runtime.frame import Frame
from rmcompose.runtime.outcome import plain
from rmcompose.runtime.program import Program
from rmcompose.runtime.unknown import Unknown


@dataclass(frozen=True, slots=True)
class TestOutcome:
    """What came of one spec test; `ms` is milliseconds. A failed one has a diagnostic for each failed condition."""

    __test__ = False  # not a test for pytest

    name: str
    composition: str
    passed: bool
    diagnostics: tuple[Diagnostic, ...]
    ms: float


def run_test(plan: Plan, composition: Composition, test: Test) -> TestOutcome:
    """Runs one test against the plan of its composition (with the default params, not optimised or optimised)."""
    started = perf_counter()
    faults = _faults(plan, composition, test)
    ms = (perf_counter() - started) * 1000
    return TestOutcome(test.name, composition.name, not faults, tuple(faults), ms)


def _faults(plan: Plan, composition: Composition, test: Test) -> list[Diagnostic]:
    fields = {given.name: evaluate(given.value, {}) for given in test.given}
    if not fields.get("steps"):
        fields.setdefault("response", "")
    if "responses" in fields:
        fields.pop("response")
    try:
        seen = view(fields)
    except RowError as error:
        return [Diagnostic("RM601", f"test `{test.name}` gives no sample: {error}", test.name_span or test.span)]
    expects, local = _resolved(plan, composition, test)
    program = Program(_with_expectations(plan, expects))
    frame = program.frame(seen, traced=False)
    for stub in test.stubs:
        answered = local[stub.name] if stub.name in local else Name(name=stub.name)
        assert isinstance(answered, Name)
        place = program.places[answered.name]
        answer = evaluate(stub.value, {})
        if program.stepwise[place]:
            _fill_steps(frame, place, answer)
        else:
            _fill(frame.slots[place], answer)
    found = []
    for number, expect in enumerate(test.expects):
        fault = _expectation(program, frame, number, expect)
        if fault is not None:
            found.append(replace(fault, message=f"test `{test.name}`: {fault.message}"))
    return found


def _resolved(plan: Plan, composition: Composition, test: Test) -> tuple[list[Expression], dict[str, Expression]]:
    local: dict[str, Expression] = {name: Name(name=step_id) for name, step_id in plan.nodes.items()}
    for declared in composition.inputs:
        local[declared.name] = Name(name="@" + declared.name)
    for name, value in plan.params.items():
        if isinstance(value, bool | int | float | str):
            local[name] = Constant(value=value)
    local[RESULT] = Name(name=plan.result)
    expects = [
        transform(expect, lambda one: local.get(one.name, one) if isinstance(one, Name) else one)
        for expect in test.expects
    ]
    return expects, local


def _fill(slots: list[Any], answer: Any) -> None:
    """Puts a stub's answer where the node's values are kept: one for all responses, or a list with one for each."""
    answers = answer if isinstance(answer, list) else [answer] * len(slots)
    slots[: len(answers)] = answers[: len(slots)]


def _fill_steps(frame: Frame, place: int, answer: Any) -> None:
    """As `_fill`, per step: one for all steps, a list with one for each, or such a list for each response."""
    slots = frame.slots[place]
    nested = isinstance(answer, list) and bool(answer) and all(isinstance(one, list) for one in answer)
    for index, span in enumerate(frame.spans):
        answers = answer
        if nested:
            answers = answer[index] if index < len(answer) else []
        each = answers if isinstance(answers, list) else [answers] * len(span)
        for at, one in zip(span, each, strict=False):
            slots[at] = one


def _with_expectations(plan: Plan, expects: list[Expression]) -> Plan:
    """The plan with a step for each expectation."""
    steps = dict(plan.steps)
    for number, expect in enumerate(expects):
        value = transform(expect, lambda one: _reduced(one, steps))
        level = max((steps[name.name].level for name in names(value)), default=RESPONSE)
        step_id = _expected(number)
        span = expect.span
        steps[step_id] = FormulaStep(step_id, "bool", (0, 1), max(level, RESPONSE), (9, number), span, value=value)
    return plan.with_steps(steps.values())


def _reduced(expression: Expression, steps: dict[str, Step]) -> Expression:
    """A `reduce` of an expectation, as the steps that compute it."""
    if not (isinstance(expression, Call) and expression.function == REDUCE):
        return expression
    by = evaluate(expression.arguments[2], {}) if len(expression.arguments) > 2 else None
    for step in reduction(expression, by, steps, "expect:", (9,)):
        steps[step.id] = step
    return Name(name=step.id)


def _expected(number: int) -> str:
    return f"@expect:{number}"


def _expectation(program: Program, frame: Frame, number: int, expect: Expression) -> Diagnostic | None:
    place = program.places[_expected(number)]
    if program.stepwise[place] and not frame.owners:
        message = "no response has steps, so there is nothing to expect of one"
        return Diagnostic("RM601", message, expect.span, help=('write `given steps = ["…", "…"]`',))
    for index in program.indexes(frame, place):
        value = program.walk(frame, place, index)
        if value is True:
            continue
        which = _which(frame, index)
        notes = tuple(f"`{name}` is {text}" for name, text in _values(program, frame, index, expect))
        if type(value) is not Unknown:
            return Diagnostic("RM601", f"the condition does not hold{which}", expect.span, notes=notes)
        if value.wants:
            step = program.steps[value.wants[0][0]]
            judge, what = step.id, "judge" if isinstance(step, JudgeStep) else "rule"
            return Diagnostic(
                "RM601",
                f"{what} `{judge}` would be asked{which}, and it has no stub",
                expect.span,
                notes=notes,
                help=(f"write `stub {judge} = …` with what it should answer",),
            )
        assert value.cause is not None
        message = (
            f"the condition is unscored{which} ({value.cause.kind} at `{value.cause.node}`: {value.cause.message})"
        )
        return Diagnostic("RM601", message, expect.span, notes=notes)
    return None


def _which(frame: Frame, index: int) -> str:
    """Of which response and step a value is, where there are several."""
    if index < frame.count:
        return f" for response {index}" if frame.count > 1 else ""
    response = frame.owners[index - frame.count]
    step = f" for step {index - frame.spans[response].start}"
    return f"{step} of response {response}" if frame.count > 1 else step


def _values(program: Program, frame: Frame, index: int, expect: Expression) -> list[tuple[str, str]]:
    found = []
    for name in dict.fromkeys(one.name for one in names(expect)):
        step_id = name if name in program.places else "@" + name
        if step_id not in program.places:
            continue
        value = program.walk(frame, program.places[step_id], index)
        if type(value) is Unknown:
            text = f"unscored ({value.cause.kind})" if value.cause is not None else "not known without a model"
        else:
            shown = plain(value, as_float=False)
            text = f"{shown:g}" if isinstance(shown, float) else repr(shown)[:120]
        found.append((name, text))
    return found
