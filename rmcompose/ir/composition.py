"""A composition and the document that holds it."""

from __future__ import annotations

from rmcompose.ir.base import Node
from rmcompose.ir.expressions import Expression
from rmcompose.ir.nodes import Gate, Input, Param, Statement, Test
from rmcompose.ir.types import Type

LANGUAGE_VERSION = 1


class Import(Node):
    """`import "path" as name`. `span` covers the path's text with its quotes, `name_span` the name."""

    name: str
    path: str


class Composition(Node):
    """The unit of reuse. `result` is the `return`; it is None only where the author left it out (RM406)."""

    name: str
    doc: str = ""
    returns: Type
    inputs: tuple[Input, ...] = ()
    params: tuple[Param, ...] = ()
    nodes: tuple[Statement, ...] = ()
    gates: tuple[Gate, ...] = ()
    result: Expression | None = None
    tests: tuple[Test, ...] = ()


class Document(Node):
    """One file: its imports and its compositions, in source order."""

    version: int = LANGUAGE_VERSION
    imports: tuple[Import, ...] = ()
    compositions: tuple[Composition, ...] = ()
