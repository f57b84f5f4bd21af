"""Asking the judges a sample needs, on asyncio: as many at a time as are surely needed, none that cannot matter.

Each response is solved on its own; questions are shared between them. The result never depends on which answer comes
first: an answer can only make a result known sooner or narrow its range.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from rmcompose.plan.steps import JudgeStep, Step
from rmcompose.runtime.client import Client
from rmcompose.runtime.frame import Frame, Note
from rmcompose.runtime.judging import ask, compare
from rmcompose.runtime.judging.spec import Answer
from rmcompose.runtime.operators import shown_name
from rmcompose.runtime.program import Program, placed
from rmcompose.runtime.rule_calls import acceptance
from rmcompose.runtime.unknown import WHOLE_GROUP, Cause, Unknown, Want


async def finish(program: Program, frame: Frame, client: Client | None) -> None:
    """Asks until the result of every response is known, or surely unscored. Cancelling it cancels its calls.

    Raises what the client raises for the run as a whole: a call a cassette lacks, a configuration that cannot be used.
    """
    asking = Asking(program, frame, client)
    goals = [(program.result, index) for index in range(frame.count)]
    if not program.plan.optimized:
        await asking.solve_all(
            [(place, i) for place in range(len(program.steps)) for i in program.indexes(frame, place)]
        )
    await asking.solve_all(goals)


async def solve(program: Program, frame: Frame, client: Client | None, goals: list[tuple[int, int]]) -> None:
    """Asks until these steps, each at an index, are known or surely unscored."""
    await Asking(program, frame, client).solve_all(goals)


class Asking:
    """The questions of one sample in flight, and how many goals wait for each."""

    def __init__(self, program: Program, frame: Frame, client: Client | None) -> None:
        self.program = program
        self.frame = frame
        self.client = client
        self.tasks: dict[Want, asyncio.Task[None]] = {}
        self.waiting: Counter[Want] = Counter()

    async def solve_all(self, goals: list[tuple[int, int]]) -> None:
        """Solves every goal that a first walk leaves open."""
        left = [goal for goal in goals if _open(self.program.walk(self.frame, *goal))]
        if not left:
            return
        tasks = [asyncio.ensure_future(self.solve(*goal)) for goal in left]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def ask(self, want: Want) -> None:
        """Asks one question and waits for its answer."""
        self._join(want)
        try:
            await asyncio.wait([self.tasks[want]])
            self.tasks[want].result()
        finally:
            self._leave(want)

    async def solve(self, place: int, index: int) -> None:
        """Asks what one step needs for one response."""
        mine: dict[Want, None] = {}
        try:
            while True:
                value = self.program.walk(self.frame, place, index)
                if not _open(value):
                    return
                if value.cause is None:
                    for want in value.wants:
                        if want not in mine:
                            mine[want] = None
                            self._join(want)
                    waiting = [self.tasks[want] for want in mine if not self.tasks[want].done()]
                else:
                    # surely unscored: only what may give an earlier reason is waited for
                    waiting = [
                        self.tasks[w] for w in mine if not self.tasks[w].done() and self._order(w) < value.cause.order
                    ]
                if not waiting:
                    return
                done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
        finally:
            for want in mine:
                self._leave(want)

    def _order(self, want: Want) -> tuple[tuple[int, ...], int]:
        """The place among causes of what a question may leave unscored."""
        place, index = want
        step = self.program.steps[place]
        return (step.tier, *step.rank), max(index, 0)

    def _join(self, want: Want) -> None:
        self.waiting[want] += 1
        task = self.tasks.get(want)
        if task is None or task.cancelled():
            self.tasks[want] = asyncio.ensure_future(self._ask(*want))

    def _leave(self, want: Want) -> None:
        self.waiting[want] -= 1
        if self.waiting[want] <= 0:
            self.tasks[want].cancel()

    async def _ask(self, place: int, index: int) -> None:
        step = self.program.steps[place]
        if place in self.program.heavy:
            run = self.program.heavy[place]
            self.frame.slots[place][index] = self._placed(step, await asyncio.to_thread(run, self.frame, index), index)
            return
        assert self.client is not None
        if place in self.program.models:
            self.frame.slots[place][index] = await self.program.models[place](self.frame, index, self.client)
            return
        assert isinstance(step, JudgeStep)
        if index == WHOLE_GROUP:
            answers = await self._compare(step, place)
            for each, answer in enumerate(answers):
                self._answered(step, place, each, answer)
        else:
            shown, criteria = self._shown(step, place, index)
            self._answered(step, place, index, await ask(self.program.judges[place], shown, criteria, self.client))

    def _placed(self, step: Step, value: Any, index: int) -> Any:
        if type(value) is Unknown and value.cause is not None:
            value.cause = placed(self.frame, index, value.cause, (step.tier, *step.rank))
        return value

    async def _compare(self, step: JudgeStep, place: int) -> list[Answer]:
        assert self.client is not None
        spec = self.program.judges[place]
        each = [self._shown(step, place, index) for index in range(self.frame.count)]
        same = [self.program.is_shared(value) for _, value in step.given]
        shared = {label: value for label, value, once in zip(spec.given, each[0][0], same, strict=True) if once}
        own = [
            {label: value for label, value, once in zip(spec.given, shown, same, strict=True) if not once}
            for shown, _ in each
        ]
        return await compare(spec, shared, own, each[0][1], self.client)

    def _shown(self, step: JudgeStep, place: int, index: int) -> tuple[list[Any], Any]:
        """What the judge is given for a response, and its criteria where they come with the sample."""
        values = [closure(self.frame, index) for closure in self.program.shown[place]]
        return values[: len(step.given)], values[len(step.given)] if step.criteria_from is not None else None

    def _answered(self, step: JudgeStep, place: int, index: int, answer: Answer) -> None:
        value, cause = judged(step, answer)
        self.frame.slots[place][index] = self._placed(step, value, index)
        self.frame.notes[place, index] = Note(
            answer.ms,
            answer.calls,
            answer.tokens,
            answer.cached,
            answer.message if answer.kind is None else "",
            answer.detail,
            answer.cost,
            cause,
        )


def _open(value: Any) -> bool:
    return type(value) is Unknown and bool(value.wants)


def judged(step: JudgeStep, answer: Answer) -> tuple[Any, Cause | None]:
    """The value of a judge's answer (a number in its range, or unknown), and why it has none of its own."""
    kind, message, value = answer.kind, answer.message, answer.value
    if value is not None:
        value, kind, message = acceptance(step)(value)
        if not kind:
            return value, None
    cause = Cause((step.tier, *step.rank), kind or "malformed_reply", shown_name(step.id), message)
    return (Unknown(step.range, cause) if step.on_unscored is None else step.on_unscored), cause
