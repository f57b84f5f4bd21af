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
from rmcompose.ir import Composition, Expression, Name, Test
from rmcompose.ir.constants import evaluate
from rmcompose.ir.walk import names
from rmcompose.plan.conditions import condition_id, named, with_conditions
from rmcompose.plan.plan import Plan
from rmcompose.plan.steps import JudgeStep
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
    local = named(plan, composition)
    program = Program(with_conditions(plan, composition, test.expects))
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


def _expectation(program: Program, frame: Frame, number: int, expect: Expression) -> Diagnostic | None:
    place = program.places[condition_id(number)]
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
