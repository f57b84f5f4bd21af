"""`escalate`: a cheaper judge first, a dearer one only where the cheaper one leaves it unsure."""

from __future__ import annotations

from typing import Any

from rmcompose.runtime.judging.bill import charge
from rmcompose.runtime.judging.fencing import number_text
from rmcompose.runtime.judging.spec import Answer, JudgeSpec

FINAL = frozenset({"missing_input", "budget_exceeded"})
"""Reasons that a dearer judge would have as well."""


def unsure(spec: JudgeSpec, answer: Answer) -> str | None:
    """Why the dearer judge is to be asked, in words; None where the answer stands.

    It is where there is no value, where the votes agree by less than `escalate_below`, and where the value is no
    further than `escalate_margin` from `escalate_near`.
    """
    if answer.value is None:
        return None if answer.kind in FINAL else f"{answer.kind}: {answer.message}"
    agreed = answer.detail.get("agreement")
    if agreed is not None and agreed < spec.escalate_below:
        return f"the votes agree by {number_text(round(agreed, 4))}"
    near = spec.escalate_near
    if near is not None and abs(answer.value - near) <= spec.escalate_margin:
        return f"{number_text(answer.value)} is within {number_text(spec.escalate_margin)} of {number_text(near)}"
    return None


def escalated(first: Answer, second: Answer, why: str) -> Answer:
    """The dearer judge's answer, with what led to it in the trace, and the cost of both."""
    before: dict[str, Any] = {"because": why, "value": first.value}
    if "votes" in first.detail:
        before["votes"] = first.detail["votes"]
    second.detail = {**second.detail, "escalated": before}
    charge(second, [first])
    return second
