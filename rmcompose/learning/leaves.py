"""The runtime's part of a fit: leaves evaluated once, and scores for other values of the params made of them.

`Evaluated` holds a frame for each row with everything that does not depend on the fitted params. `scores` puts that
into the frames of another plan and walks its result: the same numbers that the new spec would give, with no model asked
a second time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from rmcompose.data.view import SampleView
from rmcompose.learning.dual import Array
from rmcompose.learning.model import Leaf
from rmcompose.learning.moving import reached
from rmcompose.plan.formulas import formula
from rmcompose.plan.plan import Plan
from rmcompose.runtime.composition import RMComposition
from rmcompose.runtime.frame import EMPTY, Frame
from rmcompose.runtime.loop import ordered
from rmcompose.runtime.outcome import plain, result_value
from rmcompose.runtime.program import Program
from rmcompose.runtime.rule_calls import require_packages
from rmcompose.runtime.unknown import Unknown

if TYPE_CHECKING:
    from rmcompose.runtime.client import Client

UNDER_WAY = 512

Show = Callable[[int], None]
"""Is told how many rows are done."""


class Evaluated:
    """Rows with their leaves evaluated under `plan`, which has a step for each leaf.

    `frozen` are the steps of the plan that no fitted param changes. `first[i]` is the number of the first response of
    row i among all responses.
    """

    def __init__(
        self,
        plan: Plan,
        leaves: Sequence[Leaf],
        frozen: Iterable[str],
        views: Sequence[SampleView],
        client: Client | None,
        show: Show = lambda _: None,
    ) -> None:
        require_packages(plan)
        self.program = Program(plan)
        self.frozen = [name for name in plan.steps if name in set(frozen)]
        counts = [view.count for view in views]
        self.first = np.concatenate([[0], np.cumsum(counts)]).astype(int)
        self._asks = bool(plan.asking)
        self._client = client
        self._leaves = list(leaves)
        self.frames: list[Frame] = list(self._evaluate(views, show))
        self.columns = {leaf.name: self._column(leaf) for leaf in leaves}

    @property
    def responses(self) -> int:
        """How many responses there are."""
        return int(self.first[-1])

    # ---- once --------------------------------------------------------------------------------------------------------

    def _evaluate(self, views: Sequence[SampleView], show: Show) -> Iterable[Frame]:
        if self._asks:
            from rmcompose.runtime.model_rules import check_models

            if self._client is None:
                from rmcompose.runtime.client import Client

                self._client = Client()
            check_models(self.program.plan, self._client)
            frames: Iterable[Frame] = ordered(views, self._asked, UNDER_WAY)
        else:
            frames = map(self._walked, views)
        for done, frame in enumerate(frames, start=1):
            show(done)
            yield frame

    def _goals(self, frame: Frame, *, gates: bool) -> list[tuple[int, int]]:
        """The leaves to evaluate; those behind a gate that fails in any case are left out."""
        goals = []
        for leaf in self._leaves:
            if leaf.gate is gates:
                place = self.program.places[leaf.step.id]
                goals += [(place, index) for index in self.program.indexes(frame, place)]
        if gates or not self._asks:
            return goals
        shut = {index for index in range(frame.count) if self._is_shut(frame, index)}
        return [(place, index) for place, index in goals if self.program.once[place] or index not in shut]

    def _is_shut(self, frame: Frame, index: int) -> bool:
        """Whether a gate fails before any that depends on a fitted param: then nothing behind it matters."""
        by_name = {leaf.name: leaf for leaf in self._leaves}
        for gate in self.program.plan.final.gates:
            leaf = by_name.get(formula(gate.condition))
            if leaf is None:
                return False
            place = self.program.places[leaf.step.id]
            value = frame.slots[place][0 if self.program.once[place] else index]
            if value is not True:
                return value is False
        return False

    def _walked(self, view: SampleView) -> Frame:
        frame = self.program.frame(view)
        for gates in (True, False):
            for place, index in self._goals(frame, gates=gates):
                self.program.walk(frame, place, index)
        if not self._leaves:
            for place, index in self._everything(frame):
                self.program.walk(frame, place, index)
        return frame

    def _everything(self, frame: Frame) -> list[tuple[int, int]]:
        """All that the result may need and no param changes."""
        read = reached(self.program.plan)
        places = [self.program.places[name] for name in self.frozen if name in read]
        return [(place, index) for place in places for index in self.program.indexes(frame, place)]

    async def _asked(self, view: SampleView) -> Frame:
        from rmcompose.runtime.engine import solve

        frame = self.program.frame(view, defers=True)
        for gates in (True, False):
            await solve(self.program, frame, self._client, self._goals(frame, gates=gates))
        if not self._leaves:
            await solve(self.program, frame, self._client, self._everything(frame))
        return frame

    def _column(self, leaf: Leaf) -> Array:
        """The values of a leaf, one a response; NaN where there is none."""
        place = self.program.places[leaf.step.id]
        once = self.program.once[place]
        found = np.full(self.responses, np.nan)
        for row, frame in enumerate(self.frames):
            slots = frame.slots[place]
            for index in range(frame.count):
                value = slots[0 if once else index]
                if isinstance(value, bool | int | float):
                    found[self.first[row] + index] = float(value)
        return found

    # ---- for other values --------------------------------------------------------------------------------------------

    def scores(self, plan: Plan, rows: Sequence[int] | None = None) -> Array:
        """The scores of all responses of some rows (default: all) under another plan of the composition.

        What is not asked for, and what is unscored, is NaN.
        """
        program = RMComposition(plan).program
        kept = [(program.places[name], self.program.places[name]) for name in self.frozen if name in program.places]
        found = np.full(self.responses, np.nan)
        for row in range(len(self.frames)) if rows is None else rows:
            old = self.frames[row]
            frame = program.frame(old.view, traced=False)
            for place, before in kept:
                frame.slots[place] = old.slots[before]
            for index in range(frame.count):
                value = result_value(program, frame, index)
                if type(value) is not Unknown:
                    found[self.first[row] + index] = plain(value, as_float=True)
                else:
                    assert value.cause is not None, "a fitted param needs what was not evaluated"
        return found

    def reasons(self) -> dict[str, int]:
        """How many values of named nodes are unscored, by node."""
        plan = self.program.plan
        lost: dict[str, int] = {}
        for name, step_id in plan.nodes.items():
            place = self.program.places.get(step_id)
            if place is not None and step_id in self.frozen:
                count = sum(_is_lost(value) for frame in self.frames for value in frame.slots[place])
                if count:
                    lost[name] = count
        return lost


def _is_lost(value: Any) -> bool:
    return value is not EMPTY and type(value) is Unknown and value.cause is not None
