"""Inputs: from a field of the sample to a value of the declared type, or unscored with the reason.

Nothing is guessed: a field that is absent or null is `missing_input`, one of another type too, a number outside the
declared range is `off_scale`, NaN and infinity are `non_finite`. Ints widen to floats, a number under a text input is
read as its text (`42` as "42"), and CSV cells, which are all text, are read as what the input declares.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

from rmcompose.data.content import Absent
from rmcompose.data.steps import ResponseSteps
from rmcompose.data.view import MISSING, SAMPLE_FIELDS, SampleView, step_field
from rmcompose.ir import Type
from rmcompose.plan.steps import InputStep

Bound = tuple[Any, str, str]
"""(value, "", "") or (None, reason kind, message)."""


def reader(step: InputStep) -> Callable[[SampleView, int], Any]:
    """The function that fetches the raw value from a sample view."""
    if step.path:
        path = step.path
        return lambda view, index: view.lookup(path, index)
    name = step.field_name
    if name in SAMPLE_FIELDS:
        return lambda view, index: view.sample(name)
    return lambda view, index: view.response(name, index)


def binder(step: InputStep) -> Callable[[SampleView, int], Bound]:
    """The function that gives the input's value for a response, or why there is none."""
    fetch = reader(step)
    where = ".".join(step.path) or step.field_name
    declared = step.type

    def bind(view: SampleView, index: int) -> Bound:
        raw = fetch(view, index)
        if raw is MISSING or raw is None:
            if step.has_default:
                return step.default, "", ""
            return None, "missing_input", view.why(where, index)
        return (raw, "", "") if declared is None else convert(raw, declared, where)

    return bind


def step_binder(step: InputStep) -> Callable[[ResponseSteps | Absent, int], Bound]:
    """The function that gives the value of a field of steps: of the step at a number, or of all of them.

    `steps` are the texts, or with a path the steps as the row holds them.
    """
    path = step.path or (step.field_name,)
    where = ".".join(path)
    declared = step.type

    def bind(steps: ResponseSteps | Absent, number: int) -> Bound:
        raw: Any = MISSING
        if isinstance(steps, Absent):
            why = steps.why
        elif where == "steps" and step.path:
            raw, why = list(steps.held), ""
        elif where == "steps":
            lost = [f"step {n}: {one.why}" for n, one in enumerate(steps.texts, start=1) if isinstance(one, Absent)]
            raw, why = (MISSING, lost[0]) if lost else (list(steps.texts), "")
        else:
            raw = step_field(steps, number, path)
            text = steps.texts[number]
            why = text.why if where == "step" and isinstance(text, Absent) else f"the step has no `{where}`"
        if raw is MISSING:
            return (step.default, "", "") if step.has_default else (None, "missing_input", why)
        return (raw, "", "") if declared is None else convert(raw, declared, where)

    return bind


def convert(raw: Any, declared: Type, where: str) -> Bound:
    """A raw value as the declared type, or why it is not one."""
    kind = declared.kind
    if kind in ("text", "enum"):
        return _text(raw, declared, where)
    if kind == "list":
        if isinstance(raw, list | tuple):
            return list(raw), "", ""
        return _mismatch(raw, "a list", where)
    raw = _from_cell(raw)
    if kind == "bool":
        return (raw, "", "") if isinstance(raw, bool) else _mismatch(raw, "true or false", where)
    if isinstance(raw, bool):
        raw = int(raw)
    if not isinstance(raw, int | float):
        return _mismatch(raw, "a number", where)
    return _number(raw, declared, where)


def _number(raw: float, declared: Type, where: str) -> Bound:
    try:
        finite = math.isfinite(raw)
    except OverflowError:
        finite = False
    if not finite:
        return None, "non_finite", f"`{where}` is not a finite number"
    if declared.kind == "int" and not isinstance(raw, int):
        if raw != int(raw):
            return _mismatch(raw, "a whole number", where)
        raw = int(raw)
    low, high = declared.bounds
    if not low <= raw <= high:
        return None, "off_scale", f"`{where}` is {raw}, outside its range [{low:g}, {high:g}]"
    return raw, "", ""


def _text(raw: Any, declared: Type, where: str) -> Bound:
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        raw = json.dumps(raw)
    if not isinstance(raw, str):
        return _mismatch(raw, "text", where)
    if declared.kind == "enum" and raw not in declared.choices:
        return None, "off_scale", f"`{where}` is {raw[:60]!r}, not one of its choices"
    return raw, "", ""


def _from_cell(raw: Any) -> Any:
    # CSV has only text; the reader marks its cells, other text is never read as a number
    if type(raw).__name__ != "CsvText":
        return raw
    try:
        return json.loads(raw.strip().lower() if raw.strip().lower() in ("true", "false") else raw)
    except ValueError:
        return raw


def _mismatch(raw: Any, wanted: str, where: str) -> Bound:
    names = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list", dict: "an object"}
    found = next((name for kind, name in names.items() if isinstance(raw, kind)), type(raw).__name__)
    return None, "missing_input", f"`{where}` holds {found} where {wanted} is declared"
