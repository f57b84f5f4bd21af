"""Types of inputs, params, rules, judges and results.

`bool int float text list enum["a", "b"] score[lo, hi]`; `int` and `float` may carry a closed constant range. The range
arithmetic that infers ranges of expressions is in `interval.py`.
"""

from __future__ import annotations

import math
from typing import Literal

from rmcompose.ir.base import Node

Kind = Literal["bool", "int", "float", "score", "text", "list", "enum"]
Number = int | float


class Type(Node):
    """A declared type. `low` and `high` are both given or both None, a `score` has them; `choices` is for enums."""

    kind: Kind
    low: Number | None = None
    high: Number | None = None
    choices: tuple[str, ...] = ()

    @property
    def is_numeric(self) -> bool:
        """Whether values are numbers (a bool is not one, though it widens to 0 or 1)."""
        return self.kind in ("int", "float", "score")

    @property
    def bounds(self) -> tuple[float, float]:
        """The closed range of the values as floats; infinite where none is declared, (0, 1) for a bool."""
        if self.kind == "bool":
            return 0.0, 1.0
        if self.low is None or self.high is None:
            return -math.inf, math.inf
        return float(self.low), float(self.high)
