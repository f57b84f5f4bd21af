"""What came of a sample: scores, statuses and the trace of every named node, as plain data for results.

The shape is that of a result line: see `sample_result`.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from rmcompose.ir import If, Name, Route
from rmcompose.ir.walk import parts
from rmcompose.plan.steps import Step
from rmcompose.runtime.frame import EMPTY, Frame, Note
from rmcompose.runtime.program import Program
from rmcompose.runtime.unknown import Unknown

_NO_NOTE = Note()


class Reporter:
    """Makes the results of one program's frames."""

    def __init__(self, program: Program, digest: str) -> None:
        self.program = program
        self.digest = digest
        self.nodes = [(name, program.places[step_id]) for name, step_id in program.plan.nodes.items()]

    def sample_result(self, frame: Frame, sample_id: str | None) -> dict[str, Any]:
        """One result line: `id composition spec best responses`, each response with `score status reason nodes`."""
        responses = [self.response_result(frame, index) for index in range(frame.count)]
        return self.line(sample_id, responses)

    def failed(self, sample_id: str | None, message: str) -> dict[str, Any]:
        """The result line of a row that cannot be read: one unscored response with the reason."""
        reason = {"kind": "missing_input", "node": "", "message": message}
        response = {"index": 0, "score": None, "status": "unscored", "reason": reason, "nodes": {}}
        return self.line(sample_id, [response])

    def line(self, sample_id: str | None, responses: list[dict[str, Any]]) -> dict[str, Any]:
        """The result line around the responses; `best` is the index of the highest score, ties by index."""
        scored = [(-r["score"], r["index"]) for r in responses if r["score"] is not None]
        return {
            "id": sample_id,
            "composition": self.program.plan.name,
            "spec": self.digest,
            "best": min(scored)[1] if scored else None,
            "responses": responses,
        }

    def response_result(self, frame: Frame, index: int) -> dict[str, Any]:
        """The score of one response with the trace of every node."""
        value = result_value(self.program, frame, index)
        unscored = type(value) is Unknown
        return {
            "index": index,
            "score": None if unscored else plain(value, as_float=True),
            "status": "unscored" if unscored else "scored",
            "reason": value.cause.as_dict() if unscored and value.cause else None,
            "nodes": self._trace(frame, index, unscored=unscored),
        }

    def _trace(self, frame: Frame, index: int, *, unscored: bool) -> dict[str, Any]:
        """What became of every named node for one response."""
        seen: set[int] = set()
        nodes: dict[str, Any] = {}
        for name, place in self.nodes:
            nodes[name] = self._node(frame, place, index, told=place in seen, unscored=unscored)
            seen.add(place)
        return nodes

    def _node(self, frame: Frame, place: int, index: int, *, told: bool, unscored: bool) -> dict[str, Any]:
        step = self.program.steps[place]
        at = 0 if self.program.once[place] else index
        value = frame.slots[place][at]
        if value is EMPTY:
            # a value whose range is still open is told once it is sure that it is unscored
            value = frame.open.get((place, at), EMPTY)
            if value is not EMPTY and value.cause is None:
                value = EMPTY
        note = frame.notes.get((place, at), _NO_NOTE)
        # what is evaluated once is counted once: at the first response, under the first of its names
        counted = not told and (index == 0 or not self.program.once[place])
        told_of: dict[str, Any] = {
            "value": None,
            "status": "scored",
            "reason": note.text or None,
            "ms": round(note.ms, 3) if counted else 0.0,
            "calls": note.calls if counted else 0,
            "tokens": note.tokens if counted else 0,
            "cached": note.cached or (not counted and note.calls > 0),
        }
        if note.cost and counted:
            told_of["cost"] = note.cost
        if note.detail:
            told_of["detail"] = note.detail
        if value is EMPTY:
            told_of.update(status="skipped", reason=self._why_skipped(frame, step, index, unscored=unscored))
        elif type(value) is Unknown:
            told_of.update(status="unscored", reason=value.cause.as_dict() if value.cause else None)
        else:
            told_of["value"] = plain(value, as_float=step.kind == "float")
            if note.cause is not None:
                # what stands in for a value must not look like one
                told_of["reason"] = note.cause.as_dict()
        return told_of

    def _why_skipped(self, frame: Frame, step: Step, index: int, *, unscored: bool) -> str:
        for guard in self.program.plan.guards.get(step.id, ()):
            place = self.program.places[guard]
            because = frame.decisions.get((place, 0 if self.program.once[place] else index))
            if because is not None:
                return f"a gate failed: {because}"
        if unscored:
            return "the result was already unscored"
        if step.id in self._in_arms:
            return "its arm was not taken"
        return "the result was settled without it"

    @cached_property
    def _in_arms(self) -> frozenset[str]:
        """Steps that are read only within arms of `if` and `route`."""
        outside = {self.program.plan.result}
        for step in reversed(self.program.steps):
            if step.id not in outside:
                continue
            stack = list(step.expressions())
            while stack:
                one = stack.pop()
                if isinstance(one, Name):
                    outside.add(one.name)
                elif isinstance(one, If):
                    stack.append(one.condition)
                elif isinstance(one, Route):
                    if one.subject is not None:
                        stack.append(one.subject)
                    else:
                        stack.append(one.arms[0].when)
                else:
                    stack.extend(parts(one))
        return frozenset(self.program.places) - outside


def result_value(program: Program, frame: Frame, index: int) -> Any:
    """The result for one response: a number, or an `Unknown` with its cause."""
    value = frame.slots[program.result][index]
    return value if value is not EMPTY else program.walk(frame, program.result, index)


def plain(value: Any, *, as_float: bool) -> Any:
    """A value as it stands in results: numbers without negative zero, bools as 1.0 and 0.0, texts as they are."""
    if value is True or value is False:
        return float(value)
    if isinstance(value, int | float):
        # -0.0 + 0.0 is 0.0: which zero it was depends on the way it was computed, and means nothing
        return float(value) + 0.0 if as_float or isinstance(value, float) else value
    return value
