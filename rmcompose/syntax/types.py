"""Types from their written parts: which take a range, which take choices."""

from __future__ import annotations

from typing import get_args

from rmcompose.diagnostics import nearest
from rmcompose.ir import Kind, Type
from rmcompose.ir.types import Number

KINDS: tuple[Kind, ...] = get_args(Kind)
RANGED = frozenset({"int", "float", "score"})

_ALIASES = {"string": "text", "str": "text", "number": "float", "boolean": "bool", "integer": "int", "double": "float"}


class BadType(ValueError):
    """A type that cannot be: `whole` says whether the fault is in its brackets and not in its name."""

    def __init__(self, code: str, message: str, *advice: str, whole: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.advice = advice
        self.whole = whole


def make_type(name: str, numbers: list[Number], choices: list[str]) -> Type:
    """The type `name[numbers or choices]`.

    Raises:
        BadType: There is no such type, or its brackets do not hold what it takes.
    """
    if name not in KINDS:
        near = _ALIASES.get(name) or nearest(name, KINDS)
        advice = f"did you mean `{near}`?" if near else f"the types are {', '.join(f'`{kind}`' for kind in KINDS)}"
        raise BadType("RM201", f"unknown type `{name}`", advice)
    kind: Kind = name
    if kind == "enum":
        if numbers or not choices:
            raise BadType("RM101", "`enum` takes the texts it can be", 'write `enum["a", "b"]`', whole=True)
        return Type(kind=kind, choices=tuple(choices))
    if choices or (numbers and kind not in RANGED):
        raise BadType("RM101", f"`{name}` takes no {'choices' if choices else 'range'}", whole=True)
    if kind == "score" and not numbers:
        raise BadType("RM101", "`score` needs its range", "write `score[0, 1]`")
    if numbers and len(numbers) != 2:
        raise BadType("RM101", "a range is its two ends", f"write `{name}[low, high]`", whole=True)
    if not numbers:
        return Type(kind=kind)
    return Type(kind=kind, low=numbers[0], high=numbers[1])
