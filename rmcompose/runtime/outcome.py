"""What came of a sample: scores, statuses and the trace of every named node, as plain data for results.

The shape is that of a result line: see `sample_result`.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from rmcompose.ir import If, Name, Route
from rmcompose.ir.walk import parts
from rmcompose.plan.steps import ReduceStep, Step
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
        steps = {} if self._step_value is None else {"steps": self._steps(frame, index, unscored=unscored)}
        return {
            "index": index,
            "score": None if unscored else plain(value, as_float=True),
            "status": "unscored" if unscored else "scored",
            "reason": value.cause.as_dict() if unscored and value.cause else None,
            **steps,
            "nodes": self._trace(frame, index, unscored=unscored),
        }

    @cached_property
    def _step_value(self) -> int | None:
        found = self.program.plan.step_value
        return None if found is None else self.program.places[found]

    def _steps(self, frame: Frame, index: int, *, unscored: bool) -> list[dict[str, Any]]:
        """The score of each step of a response: what the composition reduces over them."""
        place = self._step_value
        assert place is not None
        told = [self._node(frame, place, at, told=True, unscored=unscored) for at in frame.spans[index]]
        return [
            {
                "index": number,
                "score": None if one["value"] is None else float(one["value"]),
                "status": one["status"],
                "reason": one["reason"] if one["status"] != "scored" else None,
            }
            for number, one in enumerate(told)
        ]

    def _trace(self, frame: Frame, index: int, *, unscored: bool) -> dict[str, Any]:
        """What became of every named node for one response."""
        seen: set[int] = set()
        nodes: dict[str, Any] = {}
        for name, place in self.nodes:
            told = place in seen
            if self.program.stepwise[place]:
                each = [self._node(frame, place, at, told=told, unscored=unscored) for at in frame.spans[index]]
                nodes[name] = over_steps(each)
            else:
                nodes[name] = self._node(frame, place, index, told=told, unscored=unscored)
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
            told_of.update(status="skipped", reason=self.why_skipped(frame, step, index, unscored=unscored))
        elif type(value) is Unknown:
            told_of.update(status="unscored", reason=value.cause.as_dict() if value.cause else None)
        else:
            told_of["value"] = plain(value, as_float=step.kind == "float")
            if note.cause is not None:
                # what stands in for a value must not look like one
                told_of["reason"] = note.cause.as_dict()
        return told_of

    def why_skipped(self, frame: Frame, step: Step, index: int, *, unscored: bool) -> str:
        """Why a step has no value at an index; `unscored` says that the result has none either."""
        if step.id not in self._read:
            return "the result does not depend on it"
        for guard in self.program.plan.guards.get(step.id, ()):
            place = self.program.places[guard]
            at = index
            if index >= frame.count and not self.program.stepwise[place]:
                at = frame.owners[index - frame.count]
            because = frame.decisions.get((place, 0 if self.program.once[place] else at))
            if because is not None:
                return f"a gate failed: {because}"
        if unscored:
            return "the result was already unscored"
        if self.program.stepwise[self.program.places[step.id]] and self._untouched(frame, index):
            return "the result was settled without this step"
        return self.why_settled(step)

    def why_settled(self, step: Step) -> str:
        """Why a step was skipped where the result was scored and no gate stood before it."""
        if step.id not in self._read:
            return "the result does not depend on it"
        return "its arm was not taken" if step.id in self._in_arms else "the result was settled without it"

    def _untouched(self, frame: Frame, index: int) -> bool:
        """Whether nothing that is reduced was looked at for a step of a response."""
        return all(frame.slots[place][index] is EMPTY for place in self._reduced)

    @cached_property
    def _reduced(self) -> list[int]:
        steps = self.program.steps
        return [self.program.places[id_] for step in steps if isinstance(step, ReduceStep) for id_ in step.depends]

    @cached_property
    def _read(self) -> frozenset[str]:
        """Steps that the result depends on in some case: neither unused nor proven not to matter."""
        found: set[str] = set()
        left = [self.program.plan.result]
        while left:
            one = left.pop()
            if one not in found:
                found.add(one)
                left.extend(self.program.plan.steps[one].depends)
        return frozenset(found)

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


def over_steps(each: list[dict[str, Any]]) -> dict[str, Any]:
    """The result of a node that is evaluated once per step of a response: `steps` has it of each, in their order.

    The node has no value of its own. It is `scored` where it is for a step and `unscored` for none, and `unscored` with
    the first reason where it is for any; what it cost is the sum.
    """
    failed = next((one for one in each if one["status"] == "unscored"), None)
    scored = any(one["status"] == "scored" for one in each)
    skipped = each[0]["reason"] if each else "the response has no steps"
    told: dict[str, Any] = {
        "value": None,
        "status": "unscored" if failed is not None else "scored" if scored else "skipped",
        "reason": failed["reason"] if failed is not None else None if scored else skipped,
        "ms": round(sum(one["ms"] for one in each), 3),
        "calls": sum(one["calls"] for one in each),
        "tokens": sum(one["tokens"] for one in each),
        "cached": any(one["cached"] for one in each) and not any(one["calls"] for one in each),
    }
    cost = sum(one.get("cost", 0.0) for one in each)
    return {**told, **({"cost": cost} if cost else {}), "steps": each}


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
