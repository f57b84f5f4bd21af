"""A plan made ready to run: every step as a closure, numbered, made once per composition.

`Program.walk` evaluates a step for a response as far as can be without asking a model.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from rmcompose.data.view import SampleView
from rmcompose.ir import Expression
from rmcompose.ir.walk import names
from rmcompose.plan.plan import Plan
from rmcompose.plan.steps import RESPONSE, STEP, JudgeStep, Step
from rmcompose.runtime.evaluators import Evaluators
from rmcompose.runtime.frame import DEEPEST_READ, EMPTY, Frame, TooDeep
from rmcompose.runtime.judging.spec import CriterionSpec, ExampleSpec, JudgeSpec
from rmcompose.runtime.operators import Closure, shown_name
from rmcompose.runtime.unknown import Cause, Unknown


class Program:
    """The closures of one plan. `steps` are numbered as in the plan, `places` gives the number of a step's id."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.steps: list[Step] = list(plan.steps.values())
        self.places = {step.id: place for place, step in enumerate(self.steps)}
        self.once = [step.level < RESPONSE for step in self.steps]
        self.stepwise = [step.level == STEP for step in self.steps]
        self.result = self.places[plan.result]
        self._closures: list[Closure] = []
        read = self._read if plan.steps_from is None else self._read_of_step
        reads = {step.id: read(place) for place, step in enumerate(self.steps)}
        self._reads = [reads[step.id] for step in self.steps]
        evaluators = Evaluators(plan, reads, self.places)
        self._closures.extend(evaluators.of(step) for step in self.steps)
        self.heavy = evaluators.heavy
        self.models = evaluators.models
        self.judges: dict[int, JudgeSpec] = {
            place: judge_spec(step) for place, step in enumerate(self.steps) if isinstance(step, JudgeStep)
        }
        self.shown: dict[int, list[Closure]] = {
            place: [evaluators.lowering.lower(value, step) for value in step.expressions()]
            for place, step in enumerate(self.steps)
            if isinstance(step, JudgeStep)
        }

    def frame(self, view: SampleView, *, traced: bool = True, defers: bool = False) -> Frame:
        """The empty state of evaluating one sample."""
        frame = Frame(view, self.once, traced=traced, defers=defers)
        if self.plan.steps_from is not None:
            frame.number_steps(self.plan.steps_from, self.stepwise)
        return frame

    def indexes(self, frame: Frame, place: int) -> Iterable[int]:
        """All indexes at which a step has a value."""
        if self.stepwise[place]:
            return range(frame.count, frame.count + len(frame.owners))
        return range(1 if self.once[place] else frame.count)

    def is_shared(self, expression: Expression) -> bool:
        """Whether an expression is the same for all responses of a sample."""
        return all(self.once[self.places[name.name]] for name in names(expression))

    def walk(self, frame: Frame, place: int, index: int) -> Any:
        """The value of a step for a response as far as it is known: plain, or an `Unknown` with what to ask next."""
        frame.open.clear()
        stack = [(place, 0 if self.once[place] else index)]
        value: Any = None
        while stack:
            frame.depth = 0
            try:
                value = self._reads[stack[-1][0]](frame, stack[-1][1])
            except TooDeep as deep:
                stack.append((deep.step, deep.index))
            else:
                stack.pop()
        return value

    def _read(self, place: int) -> Closure:
        once = self.once[place]
        closures = self._closures

        def read(frame: Frame, index: int) -> Any:
            if once:
                index = 0
            value = frame.slots[place][index]
            if value is not EMPTY:
                return value
            key = (place, index)
            if key in frame.open:
                return frame.open[key]
            if frame.depth >= DEEPEST_READ:
                raise TooDeep(place, index)
            frame.depth += 1
            value = closures[place](frame, index)
            frame.depth -= 1
            if type(value) is Unknown and value.wants:
                frame.open[key] = value
            else:
                frame.slots[place][index] = value
            return value

        return read

    def _read_of_step(self, place: int) -> Closure:
        """As `_read`, where the index may be that of a step of a response."""
        read = self._read(place)
        step = self.steps[place]
        rank = (step.tier, *step.rank)
        if not self.stepwise[place]:

            def read_whole(frame: Frame, index: int) -> Any:
                return read(frame, index if index < frame.count else frame.owners[index - frame.count])

            return read_whole

        def read_step(frame: Frame, index: int) -> Any:
            value = read(frame, index)
            if type(value) is Unknown and value.cause is not None and value.cause.at is None:
                value.cause = placed(frame, index, value.cause, rank)
            return value

        return read_step


def placed(frame: Frame, index: int, cause: Cause, rank: tuple[int, ...]) -> Cause:
    """The cause of a node of this rank at an index, with the step of the response that it is of; others as they are."""
    if cause.rank != rank or cause.at is not None:
        return cause
    if index < frame.count:
        return replace(cause, at=index)
    steps = frame.spans[frame.owners[index - frame.count]]
    return replace(
        cause, at=index, message=f"step {index - steps.start + 1} of {len(steps)}: {cause.message}".rstrip(": ")
    )


def judge_spec(step: JudgeStep) -> JudgeSpec:
    """What the judging package needs to know of a judge."""
    settings = {name: value for name, value in step.settings if name in _SETTINGS}
    low, high = step.scale
    model, *others = step.models()
    settings |= {"model": model, "panel": step.models() if others else (), "escalate": step.models("escalate")}
    return JudgeSpec(
        name=shown_name(step.id),
        low=float(low),
        high=float(high),
        whole=step.kind == "int",
        given=tuple(label for label, _ in step.given),
        varying=step.varying,
        answers=step.answers,
        rubric=step.rubric,
        criteria=tuple(CriterionSpec(id=name, text=text, weight=weight) for name, text, weight in step.criteria),
        criteria_from=step.criteria_from is not None,
        verdicts=step.verdicts,
        examples=tuple(_example(step, fields) for fields in step.examples),
        **settings,
    )


def _example(step: JudgeStep, fields: tuple[tuple[str, Any], ...]) -> ExampleSpec:
    labels = [label for label, _ in step.given]
    told = dict(fields)
    given = tuple((label, told[label]) for label in labels if label in told)
    return ExampleSpec(given, tuple((name, value) for name, value in fields if name not in labels))


_SETTINGS = frozenset(JudgeSpec.__dataclass_fields__) - {"criteria_from"}
