"""The best responses of each sample, found without asking about those that cannot be among them.

The method is best-first branch and bound (Land and Doig 1960): of all responses whose score is still open, the one with
the highest upper bound is looked at, one question at a time, until no upper bound beats the scores that are known. What
is chosen is what full evaluation chooses, ties included; a response that turns out unscored is never chosen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from rmcompose.runtime.frame import EMPTY, Frame
from rmcompose.runtime.outcome import Reporter
from rmcompose.runtime.program import Program
from rmcompose.runtime.unknown import Want, reach_of
from rmcompose.selection.bounds import bar_of, contender, is_open, ranked

if TYPE_CHECKING:
    from rmcompose.data.mapping import Mapping
    from rmcompose.runtime.composition import RMComposition


class Best:
    """The decision which `count` responses of a sample score highest."""

    def __init__(self, program: Program, count: int) -> None:
        self.program = program
        self.count = count
        self.goals = (program.result,)

    def next(self, frame: Frame) -> Want | None:
        """What to ask next, about the response that could be best of all."""
        values = self._values(frame)
        index = contender(values, self.count)
        if index is None:
            return None
        want: Want = values[index].wants[0]
        return want

    def line(self, frame: Frame, sample_id: str | None, reporter: Reporter) -> dict[str, Any]:
        """The result line of the sample, `best` being the indices of the best, best first.

        A response that was left alone is `skipped`; `range` says what its score lies in.
        """
        values = self._values(frame)
        bar = bar_of(values, self.count)
        responses = []
        for index, value in enumerate(values):
            told = reporter.response_result(frame, index)
            if is_open(value):
                assert bar is not None
                low, high = reach_of(value)
                told |= {"status": "skipped", "reason": self._beaten(low, high, -bar[0]), "range": [low, high]}
            responses.append(told)
        line = reporter.line(sample_id, responses)
        return line | {"best": [index for _, index in ranked(values)[: self.count]]}

    def failed(self, sample_id: str | None, message: str, reporter: Reporter) -> dict[str, Any]:
        """The line of a row that cannot be read: nothing is best."""
        return reporter.failed(sample_id, message) | {"best": []}

    def _beaten(self, low: float, high: float, bar: float) -> str:
        others = "another scores" if self.count == 1 else f"{self.count} others score at least"
        return f"its score lies in [{low:g}, {high:g}], and {others} {bar:g}"

    def _values(self, frame: Frame) -> list[Any]:
        result = self.program.result
        slots = frame.slots[result]
        return [
            slots[index] if slots[index] is not EMPTY else self.program.walk(frame, result, index)
            for index in range(frame.count)
        ]


def best_of_n(
    reward: RMComposition | str,
    rows: Iterable[Any],
    n: int = 1,
    *,
    mapping: Mapping | None = None,
    max_workers: int = 64,
) -> Iterator[dict[str, Any]]:
    """Result lines in the order of the rows, `best` being the indices of the `n` best responses, best first.

    `reward` is a composition, or a spec as `load` takes it. Ties go to the lower index; unscored responses are never
    chosen, so there may be fewer than `n`. A response that was not needed for the choice has the status `skipped` and
    the `range` that its score lies in. Raises what `load` raises, and ValueError where `n` is less than 1.
    """
    if n < 1:
        raise ValueError(f"the best {n} of a sample cannot be chosen: `n` is at least 1")
    if isinstance(reward, str):
        from rmcompose.compiler import load

        reward = load(reward)
    return reward.decide(rows, Best(reward.program, n), mapping=mapping, max_workers=max_workers)
