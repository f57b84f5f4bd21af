"""Which params are fitted, between which bounds, and from which values."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rmcompose.analysis.result import CheckedComposition
from rmcompose.diagnostics import nearest
from rmcompose.ir import WEIGHTED_AGGREGATES, Aggregate, Compose, Expression
from rmcompose.ir.types import Number
from rmcompose.ir.walk import names
from rmcompose.learning.errors import FitError


@dataclass(frozen=True, slots=True)
class Fitted:
    """A param that is fitted: its bounds (infinite where its type has none), the value it had, and whether it is whole.

    `is_weight` says that it is, or is part of, the weight of a member.
    """

    name: str
    low: float
    high: float
    start: Number
    whole: bool
    is_weight: bool

    @property
    def width(self) -> float:
        """What a step of the param is measured by: the width of its bounds, or its own size where they are open."""
        wide = self.high - self.low
        return wide if 0 < wide < math.inf else max(1.0, abs(float(self.start)))

    def held(self, value: float) -> float:
        """The value moved into the bounds."""
        return min(max(value, self.low), self.high)


def fitted_params(
    checked: CheckedComposition, values: Mapping[str, Any], asked: Sequence[str] | None
) -> tuple[Fitted, ...]:
    """The params that are asked for, or those that weights of members are made of, in declared order.

    `values` are those of all params. Raises FitError for what is no param of this composition or no number, and where
    no weight is made of a param.
    """
    declared = {param.name: param for param in checked.composition.params}
    weights = weight_params(checked)
    chosen = list(asked) if asked is not None else [name for name in declared if name in weights]
    if not chosen:
        raise FitError(
            f"no weight of `{checked.composition.name}` is a param: write weights as params (`param w: float[0, 1] = "
            "0.5`, `member x weight w`), or name params with `--params`"
        )
    found = []
    for name, param in declared.items():
        if name not in chosen:
            continue
        type_ = param.type
        if not type_.is_numeric:
            raise FitError(f"the param `{name}` is {type_.kind}, and only numbers are fitted")
        low, high = type_.bounds
        found.append(Fitted(name, low, high, values[name], type_.kind == "int", name in weights))
    for name in chosen:
        if name not in declared:
            raise FitError(_unknown(checked, name))
    if len(set(chosen)) < len(chosen):
        raise FitError("a param is named twice")
    return tuple(found)


def weight_params(checked: CheckedComposition) -> frozenset[str]:
    """The params that weights of aggregates are made of, also those of compositions that take them as arguments."""
    found: set[str] = set()
    for node in checked.composition.nodes:
        if isinstance(node, Aggregate) and node.function in WEIGHTED_AGGREGATES:
            found.update(_used(member.weight for member in node.members))
        elif isinstance(node, Compose) and node.name in checked.targets:
            inner = weight_params(checked.targets[node.name])
            found.update(_used(one.value for one in node.arguments if one.name in inner))
    return frozenset(found & {param.name for param in checked.composition.params})


def _used(expressions: Iterator[Expression | None]) -> Iterator[str]:
    return (name.name for one in expressions if one is not None for name in names(one))


def _unknown(checked: CheckedComposition, name: str) -> str:
    own = checked.composition.name
    node, dot, param = name.partition(".")
    target = checked.targets.get(node)
    if dot and target is not None and param in {one.name for one in target.composition.params}:
        return (
            f"`{name}` is a param of `{target.composition.name}` ({target.path}), not of `{own}`: fit that "
            f"composition, or give `{own}` a param of its own and pass it on"
        )
    near = nearest(name, [one.name for one in checked.composition.params])
    return f"`{own}` has no param `{name}`" + (f": did you mean `{near}`?" if near else "")
