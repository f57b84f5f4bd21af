"""What is known of values: making, joining and bounding `Inferred`."""

from __future__ import annotations

import math
from collections.abc import Iterable

from rmcompose.analysis.result import CONSTANT, RESPONSE, SAMPLE, STEP, Inferred, InferredKind
from rmcompose.ir import Type
from rmcompose.ir.interval import BOOLEAN, Interval, bounded, hull

ERROR = Inferred("error", -math.inf, math.inf, level=RESPONSE)
"""A value a diagnostic was already given for: nothing more is said of what is computed from it."""

STANDARD_FIELDS: dict[str, str] = {
    "id": "text",
    "prompt": "text",
    "messages": "list",
    "response": "text",
    "reference": "text",
    "label": "float",
    "metadata": "text",
    "task_category": "text",
    "source": "text",
    "index": "int",
    "step": "text",
    "step_index": "int",
    "previous_steps": "list",
    "steps": "list",
}
"""The fields every sample has a place for, with the type that an input of that name would have."""

_SAMPLE_FIELDS = frozenset({"id", "prompt", "messages", "metadata", "task_category", "source"})
STEP_FIELDS = frozenset({"step", "step_index", "previous_steps"})
"""The standard fields that differ by step of a response."""
STEPS = ("steps",)
"""The path to the steps of a response where a composition does not say otherwise."""


def field_level(path: str) -> int:
    """The level of a sample field: by the first part of its dotted path, RESPONSE where it may differ by response."""
    first = path.partition(".")[0]
    return SAMPLE if first in _SAMPLE_FIELDS else STEP if first in STEP_FIELDS else RESPONSE


def of_type(declared: Type, level: int = CONSTANT) -> Inferred:
    """All values of a declared type."""
    match declared.kind:
        case "enum":
            return Inferred("enum", choices=declared.choices, level=level)
        case "text" | "list":
            return Inferred(declared.kind, level=level)
        case _:
            kind: InferredKind = "float" if declared.kind == "score" else declared.kind
            return declared_number(kind, declared.bounds, level)


def declared_number(kind: InferredKind, bounds: Interval, level: int) -> Inferred:
    """A number or bool whose range is declared; the range is remembered for `normalize` where it is finite."""
    low, high = bounds
    known = bounds if math.isfinite(low) and math.isfinite(high) else None
    return Inferred(kind, low, high, level=level, declared=known)


def numeric(kind: InferredKind, bounds: Interval, level: int) -> Inferred:
    """A computed number."""
    low, high = bounded(bounds)
    return Inferred(kind, low, high, level=level)


def normalized_range(inferred: Inferred) -> Interval:
    """The range that `normalize` maps to [0, 1]: the declared one where there is one, else the inferred one."""
    return inferred.declared if inferred.declared is not None else inferred.range


def boolean(bounds: Interval = BOOLEAN, level: int = CONSTANT) -> Inferred:
    """A computed bool."""
    return Inferred("bool", bounds[0], bounds[1], level=level)


def texts(level: int, choices: tuple[str, ...] = ()) -> Inferred:
    """A text; `choices` are all texts that it can be, where that is known."""
    return Inferred("text", choices=choices, level=level)


def highest_level(parts: Iterable[Inferred]) -> int:
    """The level of what is computed from the parts."""
    return max((part.level for part in parts), default=CONSTANT)


def is_finite(value: float) -> bool:
    """Whether a number fits a float: neither infinite nor NaN nor a whole number that is too large."""
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def join(a: Inferred, b: Inferred) -> Inferred | None:
    """What is known of a value that is either of two; None where they are of different kinds."""
    level = max(a.level, b.level)
    if "error" in (a.kind, b.kind):
        return ERROR
    if "any" in (a.kind, b.kind):
        return Inferred("any", -math.inf, math.inf, level=level)
    numbers = ("bool", "int", "float")
    if a.kind in numbers and b.kind in numbers:
        kind: InferredKind = max(a.kind, b.kind, key=numbers.index)
        return numeric(kind, hull(a.range, b.range), level)
    if a.kind in ("text", "enum") and b.kind in ("text", "enum"):
        known = a.choices and b.choices
        choices = tuple(dict.fromkeys((*a.choices, *b.choices))) if known else ()
        return Inferred("enum" if a.kind == b.kind == "enum" else "text", choices=choices, level=level)
    if a.kind == b.kind == "list":
        return Inferred("list", level=level)
    return None
