"""Expressions: the formulas of `let`, `return`, `require`, weights, arguments and settings."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictFloat, StrictInt, StrictStr

from rmcompose.ir.base import Node

FUNCTIONS: dict[str, tuple[int, int | None]] = {
    # name: (fewest arguments, most arguments; None is no limit)
    "min": (1, None),
    "max": (1, None),
    "abs": (1, 1),
    "clamp": (3, 3),
    "round": (1, 2),
    "sqrt": (1, 1),
    "exp": (1, 1),
    "log": (1, 1),
    "sigmoid": (1, 1),
    "tanh": (1, 1),
    "mean": (1, None),
    "sum": (1, None),
    "len": (1, 1),
    "lower": (1, 1),
    "contains": (2, 2),
    "matches": (2, 2),
    "normalize": (1, 1),
    "piecewise": (2, None),
    "zscore": (1, 1),
    "minmax": (1, 1),
    "rank": (1, 1),
    "best": (1, 1),
    "reduce": (2, 3),
}
GROUP_FUNCTIONS = frozenset({"zscore", "minmax", "rank", "best"})
"""Functions over the responses of one sample."""
REDUCE = "reduce"
"""The function over the steps of one response; see `reducing.py`."""

BINARY_OPERATORS = ("or", "and", "==", "!=", "<", "<=", ">", ">=", "in", "+", "-", "*", "/", "??")


class Constant(Node):
    """A literal: bool, int, finite float or text."""

    kind: Literal["literal"] = "literal"
    value: StrictBool | StrictInt | StrictFloat | StrictStr


class ListOf(Node):
    """`[a, b]`."""

    kind: Literal["list"] = "list"
    items: tuple[Expression, ...]


class Name(Node):
    """A name, dotted (`solved.quality`) or plain; in a test's `expect`, `return` is the result."""

    kind: Literal["name"] = "name"
    name: str


class Unary(Node):
    """`-x` or `not x`."""

    kind: Literal["unary"] = "unary"
    op: Literal["-", "not"]
    operand: Expression


class Binary(Node):
    """`left op right`; `op` is one of `BINARY_OPERATORS`."""

    kind: Literal["binary"] = "binary"
    op: Literal["or", "and", "==", "!=", "<", "<=", ">", ">=", "in", "+", "-", "*", "/", "??"]
    left: Expression
    right: Expression


class If(Node):
    """`if condition then a else b`."""

    kind: Literal["if"] = "if"
    condition: Expression
    then: Expression
    otherwise: Expression


class Arm(Node):
    """`when x => y`: with a subject `when` is a literal to equal, without one a condition."""

    when: Expression
    then: Expression


class Route(Node):
    """`route subject { when … => …  otherwise => … }`: the first arm that matches."""

    kind: Literal["route"] = "route"
    subject: Expression | None = None
    arms: tuple[Arm, ...]
    otherwise: Expression | None = None


class Call(Node):
    """`function(arguments)`; `name_span` covers the function's name."""

    kind: Literal["call"] = "call"
    function: str
    arguments: tuple[Expression, ...]


Expression = Annotated[Constant | ListOf | Name | Unary | Binary | If | Route | Call, Field(discriminator="kind")]
