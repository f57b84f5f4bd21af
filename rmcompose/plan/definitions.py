"""What a leaf of a plan asks, as a digest: two leaves with one digest give the same value for the same sample.

A digest covers the leaf and everything it reads, down to the inputs, so it is the same whatever the leaf is called and
whatever stands around it. What becomes of a value once it is there (`on_unscored`, the accepted range) is kept beside
the digest, because it can be decided anew without asking again.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from rmcompose.ir import Expression, Name
from rmcompose.ir.interval import Interval
from rmcompose.plan.plan import Plan, rewrite
from rmcompose.plan.steps import JudgeStep, ResultStep, RuleStep, Step
from rmcompose.primitives.registry import signature

_DIGITS = 16

Leaf = RuleStep | JudgeStep


@dataclass(frozen=True, slots=True)
class Definition:
    """What a leaf asks, and how its values are taken: `question` is the digest, `range` None for what is no number."""

    question: str
    kind: str
    range: Interval | None
    on_unscored: Any

    def as_list(self) -> list[Any]:
        """As plain data for JSON, whatever its ends are."""
        ends = None if self.range is None else [_end(end) for end in self.range]
        return [self.question, self.kind, ends, self.on_unscored]

    @classmethod
    def of_list(cls, told: Any) -> Definition | None:
        """From `as_list`; None for what is not of that form."""
        try:
            question, kind, ends, on_unscored = told
            reach = None if ends is None else (_number(ends[0]), _number(ends[1]))
        except (TypeError, ValueError, IndexError, KeyError):
            return None
        return cls(question, kind, reach, on_unscored) if isinstance(question, str) and isinstance(kind, str) else None


def leaves(plan: Plan) -> dict[str, Leaf]:
    """The rules and judges of a plan by the id of their step, in the order of the plan."""
    return {step.id: step for step in plan.steps.values() if isinstance(step, Leaf)}


def definitions(plan: Plan) -> dict[str, Definition]:
    """The definition of each leaf by its name. The plan is one without passes but `order`, which may rewrite a leaf."""
    digests = step_digests(plan)
    return {name: digests[step_id][0] for name, step_id in plan.nodes.items() if isinstance(plan.steps[step_id], Leaf)}


def step_digests(plan: Plan) -> dict[str, tuple[Definition, str]]:
    """For each step its definition, and the digest of all that its value hangs on."""
    found: dict[str, tuple[Definition, str]] = {}
    names: dict[str, Expression] = {}
    for step in plan.steps.values():
        resolved = rewrite(step, names)
        question = _digest(_asked(resolved))
        fallback = getattr(step, "on_unscored", None)
        definition = Definition(question, step.kind, step.range, fallback)
        whole = _digest((question, step.kind, step.range, type(fallback).__name__, fallback))
        found[step.id] = definition, whole
        names[step.id] = Name(name=whole)
    return found


def as_text(known: Mapping[str, Definition]) -> str:
    """Definitions by name as one line of JSON."""
    return json.dumps({name: one.as_list() for name, one in known.items()}, separators=(",", ":"))


def of_text(text: str) -> dict[str, Definition] | None:
    """From `as_text`; None for what is not of that form."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict):
        return None
    found = {name: Definition.of_list(one) for name, one in told.items()}
    return {name: one for name, one in found.items() if one is not None} if all(found.values()) else None


def _asked(step: Step) -> tuple[Any, ...]:
    """What a step asks, without its name, its place and what is made of its value."""
    if isinstance(step, RuleStep):
        known = signature(step.rule)
        version = known.version if known is not None else ""
        return (*replace(step, range=None, on_unscored=None).key(), version, step.level, sorted(step.optional))
    if isinstance(step, JudgeStep):
        return (*replace(step, on_unscored=None).key(), step.level)
    if isinstance(step, ResultStep):
        gates = tuple((gate.condition, gate.otherwise) for gate in step.gates)  # what a gate says is no part of it
        return (*replace(step, gates=()).key(), gates, step.level)
    return (*step.key(), step.level)


def _digest(key: tuple[Any, ...]) -> str:
    return hashlib.sha256(repr(key).encode("utf-8", "backslashreplace")).hexdigest()[:_DIGITS]


def _end(end: float) -> float | str:
    return end if math.isfinite(end) else str(end)


def _number(end: Any) -> float:
    value = float(end) if isinstance(end, str) else end
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(end)
    return value
