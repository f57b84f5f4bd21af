"""The base of every IR node: frozen, strict about its fields, and equal whatever its position.

Spans say where a node was written. They never take part in equality or hashing, so a round trip through another
syntax compares equal with `==`.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SkipValidation

from rmcompose.diagnostics.source import Span


class Node(BaseModel):
    """A frozen node of the IR. `span` covers the whole of it, `name_span` its name where it declares or uses one."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, defer_build=True)

    span: SkipValidation[Span | None] = Field(default=None, exclude=True, repr=False)
    name_span: SkipValidation[Span | None] = Field(default=None, exclude=True, repr=False)

    def _key(self) -> tuple[Any, ...]:
        # bool, int and float are told apart: 1, 1.0 and true print differently
        return tuple(
            (type(value), value) for name, value in self.__dict__.items() if name not in ("span", "name_span")
        )

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(self) is not type(other):
            return NotImplemented
        return self._key() == other._key()  # type: ignore[attr-defined]  # same class as self, just checked

    def __hash__(self) -> int:
        return hash((type(self).__name__, self._key()))
