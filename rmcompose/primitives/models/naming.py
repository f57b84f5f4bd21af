"""The settings that rules have in common which ask a model, and how they tell that none was asked."""

from __future__ import annotations

from collections.abc import Sequence

from rmcompose.primitives.asking import Answer
from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.registry import setting

TIMEOUT = setting("seconds that an answer may take", constant=True, low=0.001)


def _name(value: object) -> str | None:
    return None if isinstance(value, str) and value.strip() else "the name of the model is empty"


MODEL = setting("the model, by its name in `rmcompose.toml`", constant=True, check=_name)


def classes(answers: Sequence[Answer]) -> dict[str, float]:
    """The probabilities that a classifier gave. Raises `RuleError` where none was asked."""
    if not answers:
        raise RuleError("no model was asked")
    (found,) = answers
    if not isinstance(found, dict):
        raise RuleError("the model gave no classes")
    return found


def numbers(answer: Answer) -> list[float]:
    """The numbers that a model gave."""
    if isinstance(answer, dict):
        raise RuleError("the model gave classes, not numbers")
    return answer


def pick(found: dict[str, float], wanted: Sequence[str]) -> tuple[str, float]:
    """The one class that has one of the names, upper or lower case. Raises `RuleError`, with those there are."""
    chosen = [(name, value) for name, value in found.items() if name.casefold() in wanted]
    if len(chosen) != 1:
        names = ", ".join(f"`{name}`" for name in sorted(found))
        what = " or ".join(f"`{name}`" for name in wanted)
        raise RuleError(f"the model has {'no class' if not chosen else 'several classes'} {what}, it has {names}")
    return chosen[0]
