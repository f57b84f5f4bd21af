"""The passes that make a plan cheaper without changing a score: one file and one function each, `Plan -> Plan`.

In comes the plan as built, out goes one with the same result for every sample. Look first at `PASSES`, their order.
"""

from collections.abc import Callable

from rmcompose.plan.passes.bounds import bounds
from rmcompose.plan.passes.fold import fold
from rmcompose.plan.passes.gates import gates
from rmcompose.plan.passes.order import order
from rmcompose.plan.passes.share import share
from rmcompose.plan.plan import Plan

PASSES: tuple[Callable[[Plan], Plan], ...] = (fold, bounds, share, order, gates)

__all__ = ["PASSES", "bounds", "fold", "gates", "order", "share"]
