"""Rows for which a condition over the score and the nodes holds, found without asking what cannot change the answer."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rmcompose.runtime.frame import EMPTY, Frame
from rmcompose.runtime.outcome import Reporter
from rmcompose.runtime.program import Program
from rmcompose.runtime.unknown import Want, first_cause
from rmcompose.selection.bounds import is_open

if TYPE_CHECKING:
    from rmcompose.compiler import Compilation
    from rmcompose.data.mapping import Mapping as FieldMapping
    from rmcompose.plan.plan import Plan
    from rmcompose.runtime.client import Client

Match = Literal["any", "all"]


class Kept:
    """The decision whether a condition holds for any, or for all, responses of a sample."""

    def __init__(self, program: Program, condition: str, match: Match) -> None:
        self.program = program
        self.place = program.places[condition]
        self.goals = (self.place,)
        self.settling = match == "any"

    def next(self, frame: Frame) -> Want | None:
        """What to ask next: about the first response that is open, unless one has settled it."""
        values = self._values(frame)
        if any(value is self.settling for value in values):
            return None
        found = next((value for value in values if is_open(value)), None)
        return found.wants[0] if found is not None else None

    def line(self, frame: Frame, sample_id: str | None, _: Reporter) -> dict[str, Any]:
        """`{"id", "kept", "reason"}`: `kept` is None where what is unscored decides it, and `reason` why."""
        values = self._values(frame)
        settled = any(value is self.settling for value in values)
        cause = None if settled else first_cause(values)
        if cause is not None:
            return {"id": sample_id, "kept": None, "reason": cause.as_dict()}
        return {"id": sample_id, "kept": settled is self.settling, "reason": None}

    def failed(self, sample_id: str | None, message: str, _: Reporter) -> dict[str, Any]:
        """The line of a row that cannot be read: nobody knows."""
        return {"id": sample_id, "kept": None, "reason": {"kind": "missing_input", "node": "", "message": message}}

    def _values(self, frame: Frame) -> list[Any]:
        slots = frame.slots[self.place]
        return [
            slots[index] if slots[index] is not EMPTY else self.program.walk(frame, self.place, index)
            for index in range(frame.count)
        ]


def plan_of(
    compilation: Compilation, where: str, *, name: str | None = None, params: Mapping[str, Any] | None = None
) -> Plan:
    """The plan of a composition with a condition over its names and `return`, for `Filter`.

    Raises SpecError where the condition is none, and what `Compilation.plan` raises.
    """
    from rmcompose.plan.conditions import with_conditions

    condition = compilation.condition(where, name)
    return with_conditions(compilation.plan(name, params), compilation.composition(name).composition, [condition])


class Filter:
    """A condition that rows are held to; `match` says whether of any, or of all, responses of a sample."""

    def __init__(self, plan: Plan, *, match: Match = "any", client: Client | None = None) -> None:
        from rmcompose.plan.conditions import condition_id
        from rmcompose.runtime.composition import RMComposition

        self.reward = RMComposition(plan, client)
        self._decision = Kept(self.reward.program, condition_id(0), match)

    def decided(
        self, records: Iterable[Any], *, mapping: FieldMapping | None = None, max_workers: int = 64
    ) -> Iterator[dict[str, Any]]:
        """For each row or record `{"id", "kept", "reason"}`, in order; `kept` is None where that is not known."""
        return self.reward.decide(records, self._decision, mapping=mapping, max_workers=max_workers)


def filter(  # noqa: A001  # the name of the command
    spec: str | Path,
    rows: Iterable[Mapping[str, Any]],
    where: str,
    *,
    params: Mapping[str, Any] | None = None,
    match: Match = "any",
    client: Client | None = None,
    max_workers: int = 64,
) -> Iterator[Mapping[str, Any]]:
    """The rows, as they are, for which `where` holds of any of their responses, or of all.

    A row for which it cannot be told, because what it depends on is unscored, is left out; `Filter.decided` tells which
    those are. Raises what `load` raises, and SpecError where `where` is no condition.
    """
    from rmcompose.compiler import Compilation, split_target
    from rmcompose.library.places import resolve

    path, name = split_target(spec)
    chosen = Filter(plan_of(Compilation(resolve(path)), where, name=name, params=params), match=match, client=client)
    under_way: deque[Mapping[str, Any]] = deque()  # lines come back in their order

    def noted() -> Iterator[Mapping[str, Any]]:
        for row in rows:
            under_way.append(row)
            yield row

    for line in chosen.decided(noted(), max_workers=max_workers):
        row = under_way.popleft()
        if line["kept"]:
            yield row
