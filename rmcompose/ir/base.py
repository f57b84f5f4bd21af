"""The base of every IR node: frozen, strict about its fields, and equal whatever its position.

Spans say where a node was written. They never take part in equality or hashing, so a round trip through another
syntax compares equal with `==`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SkipValidation

from rmcompose.diagnostics.source import Span


class _Trust(threading.local):
    """Whether nodes made in this thread are taken as they are."""

    on = False


_trust = _Trust()


@contextmanager
def checked_already() -> Iterator[None]:
    """Within it nodes are made without validation: for readers, whose grammar and tables have checked every part.

    It saves more than the time of validating: pydantic then never has to build its validators, which takes longer
    than reading a small spec.
    """
    before, _trust.on = _trust.on, True
    try:
        yield
    finally:
        _trust.on = before


class Node(BaseModel):
    """A frozen node of the IR. `span` covers the whole of it, `name_span` its name where it declares or uses one."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, defer_build=True)

    span: SkipValidation[Span | None] = Field(default=None, exclude=True, repr=False)
    name_span: SkipValidation[Span | None] = Field(default=None, exclude=True, repr=False)

    def __init__(self, **fields: Any) -> None:
        if not _trust.on:
            super().__init__(**fields)
            return
        given = set(fields)
        values = {
            name: fields.pop(name) if name in fields else field.get_default()
            for name, field in type(self).__pydantic_fields__.items()
        }
        if fields:
            raise TypeError(f"{type(self).__name__} has no field {', '.join(fields)}")
        object.__setattr__(self, "__dict__", values)
        object.__setattr__(self, "__pydantic_fields_set__", given)
        object.__setattr__(self, "__pydantic_extra__", None)
        object.__setattr__(self, "__pydantic_private__", None)

    def _key(self) -> tuple[Any, ...]:
        # bool, int and float are told apart: 1, 1.0 and true print differently
        return tuple((type(value), value) for name, value in self.__dict__.items() if name not in ("span", "name_span"))

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(self) is not type(other):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash((type(self).__name__, self._key()))
