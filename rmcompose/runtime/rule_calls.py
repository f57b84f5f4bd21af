"""Calling rules: constants bound once, every way of failing a reason, every value held to the signature."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

from rmcompose.ir import interval
from rmcompose.ir.interval import EVERYTHING
from rmcompose.plan.plan import Plan
from rmcompose.plan.steps import RuleStep, Step
from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.packages import require
from rmcompose.primitives.registry import RuleSignature, signature
from rmcompose.runtime.frame import Frame, Note
from rmcompose.runtime.operators import shown_name
from rmcompose.runtime.unknown import Cause, Unknown, all_wants, first_cause


class RuleCall:
    """One rule with its constants bound, and what becomes of each call."""

    def __init__(self, step: RuleStep, known: RuleSignature, place: int) -> None:
        self.step, self.known, self.place = step, known, place
        self.constants = dict(step.constants)
        self.function = known.bind(**self.constants)
        self.accept = acceptance(step)
        self.rank = (step.tier, *step.rank)
        self.name = shown_name(step.id)

    def fail(self, kind: str, node: str, message: str) -> Any:
        """The value where the rule gives none."""
        if self.step.on_unscored is not None:
            return self.step.on_unscored
        return Unknown(self.step.range, self.cause(kind, node, message))

    def cause(self, kind: str, node: str, message: str) -> Cause:
        """Why the rule gives no value."""
        return Cause(self.rank, kind, node, message)

    def not_run(self, unknown: Sequence[Unknown]) -> Any:
        """The value where arguments are not known: not yet, or never."""
        cause = first_cause(unknown)
        if cause is None:
            return Unknown(self.step.range, None, all_wants(unknown))
        return self.fail(cause.kind, self.name if cause.kind == "missing_input" else cause.node, cause.message)

    def run(self, frame: Frame, index: int, values: dict[str, Any]) -> Any:
        """Calls the rule for one response."""
        started = perf_counter()
        try:
            value = self.function(**values)
        except RuleError as error:
            return self.fail(error.kind, self.name, str(error))
        except Exception as error:  # noqa: BLE001  # a rule is code of anyone's: what it raises is this value's reason
            return self.fail("rule_error", self.name, f"{type(error).__name__}: {error}"[:500])
        value, kind, message = self.accept(value)
        if kind:
            return self.fail(kind, self.name, message)
        if frame.traced:
            ms = (perf_counter() - started) * 1000
            frame.notes[self.place, index] = Note(ms=ms, text=self.explained(value, values))
        return value

    def run_group(self, frame: Frame, index: int, listed: dict[str, list[Any]]) -> Any:
        """Calls the rule once for all responses, and keeps what it gives for each: a value, or a `RuleError`."""
        started = perf_counter()
        try:
            values = list(self.function(**listed))
        except RuleError as error:
            values = [self.fail(error.kind, self.name, str(error))] * frame.count
        except Exception as error:  # noqa: BLE001  # as for one response
            values = [self.fail("rule_error", self.name, f"{type(error).__name__}: {error}"[:500])] * frame.count
        if len(values) != frame.count:
            message = f"the rule gave {len(values)} values for {frame.count} responses"
            values = [self.fail("rule_error", self.name, message)] * frame.count
        slots = frame.slots[self.place]
        slots[:] = [self.held(value) for value in values]
        frame.notes[self.place, 0] = Note(ms=(perf_counter() - started) * 1000)
        return slots[index]

    def held(self, value: Any) -> Any:
        """A value of the rule, or what becomes of it where the rule's signature does not allow it."""
        if type(value) is Unknown:
            return value
        if isinstance(value, RuleError):
            return self.fail(value.kind, self.name, str(value))
        accepted, kind, message = self.accept(value)
        return self.fail(kind, self.name, message) if kind else accepted

    def explained(self, value: Any, values: dict[str, Any]) -> str:
        """What the rule says of its value, where it has something to say."""
        if self.known.explain is None:
            return ""
        try:
            return str(self.known.explain(value, **self.constants, **values))
        except Exception:  # noqa: BLE001  # an explanation is never a reason to lose a value
            return ""


def require_packages(plan: Plan) -> None:
    """Raises `MissingPackage` where a rule needs what is not installed: before anything is paid for, not row by row."""
    for step in plan.steps.values():
        # where a model is asked elsewhere, what would compute it here is not needed
        if isinstance(step, RuleStep) and not step.asks:
            known = signature(step.rule)
            if known is not None:
                require(known.name, known.needs_with(dict(step.constants)))


def acceptance(step: Step) -> Callable[[Any], tuple[Any, str, str]]:
    """The check of a value a step gives: (value, "", "") or (None, reason kind, message).

    A number may pass a bound by rounding only (1e-9 of its size) and is then that bound; further out it is
    `off_scale`, never moved into the range.
    """
    if step.kind == "text":
        return lambda value: (
            (value, "", "") if isinstance(value, str) else (None, "rule_error", "the value is not text")
        )
    if step.kind == "bool":
        return lambda value: (
            (value, "", "") if isinstance(value, bool) else (None, "rule_error", "the value is not true or false")
        )
    low, high = step.range or EVERYTHING
    low_slack, high_slack = low - interval.slack(low), high + interval.slack(high)

    def accept(value: Any) -> tuple[Any, str, str]:
        if value is True or value is False:
            value = int(value)
        if not isinstance(value, int | float):
            return None, "rule_error", f"the value is {type(value).__name__}, not a number"
        if low <= value <= high and -interval.LARGEST <= value <= interval.LARGEST:
            return value, "", ""
        if not -interval.LARGEST <= value <= interval.LARGEST:
            return None, "non_finite", "the value is not a finite number"
        if low_slack <= value <= high_slack:
            return (low if value < low else high), "", ""
        return None, "off_scale", f"{value:g} is outside [{low:g}, {high:g}]"

    return accept
