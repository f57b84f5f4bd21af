"""What a judge is told, once every param has its value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rmcompose.analysis.patterns import pattern_fault
from rmcompose.analysis.verdicts import ABSTAIN
from rmcompose.diagnostics.source import Span
from rmcompose.ir import Expression, Judge
from rmcompose.ir.constants import evaluate
from rmcompose.ir.judging import SETTINGS
from rmcompose.ir.walk import names
from rmcompose.plan.constants import refused
from rmcompose.plan.steps import InputStep, Step

_OF_RESPONSE = frozenset({"response", "steps", "step", "previous_steps"})
"""Standard fields that are made of the response itself."""
_ELSEWHERE = frozenset({"names", "name", "constant"})
"""Shapes of settings that are no constants of the judge itself."""


def constants_of(node: Judge, params: Mapping[str, Any]) -> dict[str, Any]:
    """The constant settings by name, with the defaults of those left out that have one; lists become tuples.

    Raises SpecError for what only the value of a param makes wrong: a pattern, the models of a panel.
    """
    found: dict[str, Any] = {}
    for setting in node.settings:
        shape = SETTINGS[setting.name].shape
        if shape in _ELSEWHERE:
            continue
        value = evaluate(setting.value, params)
        if setting.name == "extract" and (wrong := pattern_fault(value)) is not None:
            raise refused("RM506", wrong, setting.value.span)
        if shape == "models":
            _check_models(setting.name, value, setting.value.span)
        found[setting.name] = tuple(value) if isinstance(value, list) else value
    for name, one in SETTINGS.items():
        if one.default is not None:
            found.setdefault(name, one.default)
    return found


def verdicts_of(node: Judge, params: Mapping[str, Any]) -> tuple[tuple[str, float | None], ...]:
    """The labels with what they are worth; None for `abstain`."""
    return tuple((one.label, _worth(one.value, params)) for one in node.verdicts)


def examples_of(node: Judge) -> tuple[tuple[tuple[str, Any], ...], ...]:
    """The fields of each example with their values."""
    return tuple(tuple((field.name, evaluate(field.value, {})) for field in one.fields) for one in node.examples)


def is_answer(value: Expression, steps: Mapping[str, Step]) -> bool:
    """Whether a given value is made of the response itself, and not only of what a row holds beside it."""
    pending = [name.name for name in names(value)]
    while pending:
        step = steps[pending.pop()]
        if isinstance(step, InputStep):
            if _OF_RESPONSE & {step.field_name, *step.path[:1]}:
                return True
        else:
            pending.extend(step.depends)
    return False


def _worth(value: Expression, params: Mapping[str, Any]) -> float | None:
    if value == ABSTAIN:
        return None
    worth: float = evaluate(value, params)
    return worth


def _check_models(name: str, value: Any, span: Span | None) -> None:
    names = value if isinstance(value, list) else [value]
    if not names or not all(isinstance(one, str) and one.strip() for one in names):
        raise refused("RM301", f"`{name}` needs the name of a model, or a list of them", span)
    if len(set(names)) < len(names):
        raise refused("RM202", f"a model is in the panel of `{name}` twice", span)
