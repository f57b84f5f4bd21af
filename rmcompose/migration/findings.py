"""What a conversion finds out: errors, all of them at once, and notes. Nothing of a config is left out in silence."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from rmcompose.diagnostics.suggest import nearest

SECRETS = ("api_key", "openai_api_key", "base_url", "api_base", "organization", "default_headers", "extra_headers")
"""Settings of a model that say where it lives or who pays: never written, and never shown."""


class ConversionError(ValueError):
    """A config that cannot be converted; `errors` are lines of one sentence each, all that was found."""

    def __init__(self, errors: Iterable[str]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join(self.errors))


class Findings:
    """Collects errors and notes, each once and in order."""

    def __init__(self) -> None:
        self._errors: dict[str, None] = {}
        self._notes: dict[str, None] = {}

    def error(self, message: str) -> None:
        """Something that cannot be converted."""
        self._errors.setdefault(one_line(message))

    def note(self, message: str) -> None:
        """Something that a user must know of the spec."""
        self._notes.setdefault(one_line(message))

    @property
    def notes(self) -> tuple[str, ...]:
        """What was noted so far."""
        return tuple(self._notes)

    def settle(self) -> None:
        """Raises ConversionError where there are errors."""
        if self._errors:
            raise ConversionError(self._errors)


def one_line(text: str, most: int = 400) -> str:
    """A text on one line that can be printed, cut where it is very long."""
    line = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def shown(name: object) -> str:
    """A name of a config between backticks, short enough to read."""
    return f"`{one_line(str(name) if isinstance(name, str) else type(name).__name__, 60)}`"


def meant(name: str, known: Iterable[str]) -> str:
    """`: did you mean …?`, or nothing."""
    near = nearest(name, known)
    return f": did you mean `{near}`?" if near else ""


def kind_of(value: Any) -> str:
    """What a value of a config is, in words; its content is not shown."""
    if value is None:
        return "null"
    words = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "a text",
        list: "a list",
        dict: "a mapping",
    }
    return words.get(type(value), f"a Python object ({type(value).__name__})")


def mapping(value: Any, what: str, found: Findings) -> dict[str, Any]:
    """A mapping with texts as keys; what else it is is an error, and an empty one comes back."""
    if not isinstance(value, Mapping):
        found.error(f"{what} is {kind_of(value)}, not a mapping")
        return {}
    for key in value:
        if not isinstance(key, str):
            found.error(f"{what}: a key is {kind_of(key)}, not a text")
    return {key: one for key, one in value.items() if isinstance(key, str)}


def number(value: Any, what: str, found: Findings) -> float | None:
    """A finite number as a float; None after an error."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        found.error(f"{what} is {kind_of(value)}, not a number")
        return None
    try:
        plain = float(value)
    except OverflowError:
        plain = math.inf
    if not math.isfinite(plain):
        found.error(f"{what} is not a finite number")
        return None
    return plain
