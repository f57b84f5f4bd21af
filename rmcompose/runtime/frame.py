"""The state of evaluating one sample: a slot for every step and response, and what is worth telling of each.

Slots hold final values; `open` holds what one walk found to be still unknown, so that a walk visits a step once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rmcompose.data.content import Absent
from rmcompose.data.steps import ResponseSteps
from rmcompose.data.view import SampleView
from rmcompose.runtime.unknown import Cause, Unknown


class _Empty:
    """The content of a slot whose step was not evaluated."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "EMPTY"


EMPTY = _Empty()

DEEPEST_READ = 60
"""Steps read from within steps at most; past that the step is evaluated first, from the top of the stack."""


class TooDeep(Exception):
    """Raised to evaluate a step before those that read it, so that a long chain of steps needs no deep stack."""

    def __init__(self, step: int, index: int) -> None:
        super().__init__(step, index)
        self.step = step
        self.index = index


@dataclass(slots=True)
class Note:
    """What is told of one evaluated leaf beside its value. `ms` is milliseconds of wall time.

    `cause` is why the leaf had no value, where `on_unscored` stands in for it.
    """

    ms: float = 0.0
    calls: int = 0
    tokens: int = 0
    cached: bool = False
    text: str = ""
    detail: dict[str, Any] = field(default_factory=dict)
    cost: float = 0.0
    cause: Cause | None = None


class Frame:
    """One sample under evaluation. `slots[step][index]`: index 0 for what is the same for all responses.

    Where steps of responses are read, `steps` has those of each response or why there are none. They are numbered on
    from the responses, `spans` has the indexes of each response's steps, and `owners[index - count]` is the response of
    a step. A slot of what is evaluated once per step is `slots[step][index]` with such an index.

    `defers` is set on an event loop: rules that may take long are then wanted, like answers of judges, and not run.
    """

    __slots__ = (
        *("count", "decisions", "defers", "depth", "notes", "open", "slots", "traced", "view"),
        *("owners", "spans", "steps"),
    )

    def __init__(self, view: SampleView, once: list[bool], *, traced: bool, defers: bool = False) -> None:
        self.view = view
        self.count = view.count
        self.steps: list[ResponseSteps | Absent] = []
        self.spans: list[range] = []
        self.owners: list[int] = []
        self.slots: list[list[Any]] = [[EMPTY] * (1 if single else self.count) for single in once]
        self.open: dict[tuple[int, int], Unknown] = {}
        self.notes: dict[tuple[int, int], Note] = {}
        self.decisions: dict[tuple[int, int], str] = {}
        self.depth = 0
        self.traced = traced
        self.defers = defers

    def number_steps(self, path: tuple[str, ...], stepwise: list[bool]) -> None:
        """Finds the steps of every response, and makes the slots of what is evaluated once for each of them."""
        self.steps = [self.view.steps(index, path) for index in range(self.count)]
        for index, steps in enumerate(self.steps):
            first = self.count + len(self.owners)
            size = 0 if isinstance(steps, Absent) else len(steps.texts)
            self.spans.append(range(first, first + size))
            self.owners.extend([index] * size)
        for place, per_step in enumerate(stepwise):
            if per_step:
                self.slots[place] = [EMPTY] * (self.count + len(self.owners))
