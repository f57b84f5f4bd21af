"""What the rules of the grammar build: IR nodes and the parts that become them, with the characters they cover."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from rmcompose import ir
from rmcompose.diagnostics import Span
from rmcompose.syntax.literals import prose

Child = Any
"""A child of a rule: a Lark token or a `Value`; both have `start_pos` and `end_pos`."""


class TooDeep(Exception):
    """An expression nests deeper than any pass is made for; `span` is where it first does."""

    def __init__(self, span: Span) -> None:
        super().__init__("too deep")
        self.span = span


class Value(NamedTuple):
    """What a rule built. `what` is an IR node or a part of one; the positions are offsets into the parsed text."""

    what: Any
    start_pos: int
    end_pos: int
    depth: int = 1
    """Levels of IR nodes, for expressions."""
    is_number: bool = False
    """Whether it is a bare number: `-` before it makes a negative literal, before `(1)` an operation."""


class Return(NamedTuple):
    """A `return` statement."""

    value: ir.Expression


class Broken(NamedTuple):
    """A statement that holds a token without a value: only the name it would declare is known."""

    keyword: str
    name: str | None


class Otherwise(NamedTuple):
    """The last arm of a route."""

    value: ir.Expression


class Expect(NamedTuple):
    """A condition of a test."""

    value: ir.Expression


class Option(NamedTuple):
    """`name = value` in the body of an aggregate."""

    name: str
    value: ir.Expression


class Rubric(NamedTuple):
    """The rubric of a judge."""

    text: str


def values(children: Sequence[Child]) -> list[Value]:
    """The children that were built, without the tokens between them."""
    return [child for child in children if isinstance(child, Value)]


def documentation(children: list[Child]) -> tuple[str, list[Child]]:
    """The prose of the leading `##` lines, and the children after them."""
    count = next(i for i, child in enumerate(children) if isinstance(child, Value) or child.type != "DOC")
    lines = [str(line)[2:].removeprefix(" ") for line in children[:count]]
    return prose("\n".join(lines)), children[count:]
