"""From the nodes of a saved line to the slots of a frame: values, reasons why there is none, and what is missing.

What the saved run did not evaluate is in a slot what a judge is that has not been asked yet: unknown, with a *want* and
no cause. So a result that does not hang on it is known, and in every other case neither `??` nor `on_unscored` nor
`drop` takes it for a value that could not be had.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rmcompose.plan.steps import JudgeStep, Step
from rmcompose.rescoring.matching import Match
from rmcompose.runtime.frame import EMPTY, Frame, Note
from rmcompose.runtime.program import Program
from rmcompose.runtime.rule_calls import acceptance
from rmcompose.runtime.unknown import Cause, Unknown

Node = Mapping[str, Any]

LEFT_FOR_LATER = "budget_exceeded"
"""The reason of what an earlier run was not allowed to ask. It says nothing of the value, which is missing."""

_TOLD = re.compile(r"no saved value \((.*)\), and no (?:model was asked|data to run it on)", re.DOTALL)

_HELD_TO_RANGE = ("off_scale", "non_finite", "rule_error", "malformed_reply")
"""Reasons that a value may have had because of the range that it was held to."""


class Filling:
    """Puts the saved values of one leaf into frames. `run` leaves what is missing to be evaluated."""

    def __init__(self, match: Match, program: Program, *, run: bool) -> None:
        self.step: Step = match.step
        self.place = program.places[match.step.id]
        self.name = match.saved
        self.match = match
        self.run = run
        self.once = program.once[self.place]
        self.stepwise = program.stepwise[self.place]
        self.accept = acceptance(match.step)
        self.rank = (match.step.tier, *match.step.rank)
        self.judged = isinstance(match.step, JudgeStep)
        self.boolean = match.step.kind == "bool"
        self.fallback = match.step.on_unscored
        before = match.before
        # where it changed, a value that equals the old one may have been put there and not found
        self.old_fallback = None
        if before is not None and not _same(before.on_unscored, self.fallback):
            self.old_fallback = before.on_unscored

    def fill(self, frame: Frame, responses: Sequence[Mapping[str, Any]], why: dict[tuple[int, int], str]) -> None:
        """Fills the slots of the leaf; `why` is told of what is missing."""
        if self.name is None:
            for at in self._indexes(frame):
                self._missing(frame, at, self.match.why, why)
            return
        if self.stepwise:
            for response, span in zip(responses, frame.spans, strict=True):
                node = response["nodes"].get(self.name) or {}
                each = node.get("steps") or [{}] * len(span)
                for at, one in zip(span, each, strict=True):
                    self._one(frame, at, one, why)
        elif self.once:
            found = [response["nodes"].get(self.name) or {} for response in responses]
            told = next((one for one in found if one.get("status") in ("scored", "unscored")), found[0])
            self._one(frame, 0, told, why)
        else:
            for at, response in enumerate(responses):
                self._one(frame, at, response["nodes"].get(self.name) or {}, why)

    def _indexes(self, frame: Frame) -> Sequence[int]:
        if self.stepwise:
            return range(frame.count, frame.count + len(frame.owners))
        return range(1 if self.once else frame.count)

    def _missing(self, frame: Frame, at: int, reason: str, why: dict[tuple[int, int], str]) -> None:
        # of lines that were scored anew before: the first reason is the one to tell
        found = _TOLD.match(reason)
        why[self.place, at] = found[1] if found else reason
        if not self.run:
            frame.slots[self.place][at] = Unknown(self.step.range, None, ((self.place, at),))

    def _one(self, frame: Frame, at: int, node: Node, why: dict[tuple[int, int], str]) -> None:
        status, reason = node.get("status"), node.get("reason")
        cause = self._cause(reason, at) if isinstance(reason, Mapping) else None
        if status == "unscored" and cause is None:
            status = None
        if status not in ("scored", "unscored"):
            self._missing(frame, at, str(reason or "it is not in its results"), why)
            return
        if cause is not None:
            if self.match.narrowed and cause.kind in _HELD_TO_RANGE:
                self._missing(frame, at, f"unscored as {cause.kind} in another range", why)
                return
            if cause.kind == LEFT_FOR_LATER:
                self._missing(frame, at, "left by its budget", why)
                return
            value: Any = Unknown(self.step.range, cause) if self.fallback is None else self.fallback
        else:
            raw = node.get("value")
            if self.old_fallback is not None and _equal(raw, self.old_fallback):
                self._missing(frame, at, "its value is that of `on_unscored`, which has changed", why)
                return
            value, kind, message = self.accept(_bool(raw) if self.boolean else raw)
            if kind:
                cause = Cause(self.rank, kind, self.step.id, f"the saved value does not fit: {message}", at)
                value = Unknown(self.step.range, cause) if self.fallback is None else self.fallback
        frame.slots[self.place][at] = value
        frame.notes[self.place, at] = Note(
            cached=bool(node.get("cached")) or bool(node.get("calls")),
            text="" if reason is None or isinstance(reason, Mapping) else str(reason),
            detail=node.get("detail") or {},
            cause=cause if self.judged and type(value) is not Unknown else None,
        )

    def _cause(self, reason: Mapping[str, Any], at: int) -> Cause:
        kind, node, message = (str(reason.get(key, "")) for key in ("kind", "node", "message"))
        return Cause(self.rank, kind, self.step.id if node == self.name else node, message, at)


def absent_inputs(program: Program, frame: Frame, places: Sequence[int]) -> None:
    """Fills inputs that there is no sample to read from."""
    for place in places:
        slots, reach = frame.slots[place], program.steps[place].range
        for at, value in enumerate(slots):
            if value is EMPTY:
                slots[at] = Unknown(reach, None, ((place, at),))


def _bool(value: Any) -> Any:
    # bools are 1.0 and 0.0 in results
    return bool(value) if value in (0, 1) and isinstance(value, bool | int | float) else value


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def _equal(value: Any, fallback: Any) -> bool:
    return isinstance(value, str) == isinstance(fallback, str) and bool(value == fallback)
