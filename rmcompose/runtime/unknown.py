"""What stands in for a value that is not known: its range, why, and what could make it known.

A value is a plain bool, int, float, text or list; anything else is an `Unknown`. The same object serves two ends. A
judge that has not been asked yet is unknown with a *want*; a value that could not be had is unknown with a *cause*.
Because both stand for their whole range, a result that is settled without a judge is exactly one that would stay the
same whatever the judge said, or if it failed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rmcompose.ir.interval import LARGEST, Interval, bounded, is_point

Want = tuple[int, int]
"""A judge step's index and the response's index; `WHOLE_GROUP` for one question about all responses."""

WHOLE_GROUP = -1


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a value is unscored. `rank` orders causes: cheap steps before dear ones, then as they are declared.

    `at` orders those of one node: by response, then by step of the response.
    """

    rank: tuple[int, ...]
    kind: str
    node: str
    message: str
    at: int | None = None

    @property
    def order(self) -> tuple[tuple[int, ...], int]:
        """What causes are compared by: the lowest is told."""
        return self.rank, self.at or 0

    def as_dict(self) -> dict[str, str]:
        """The reason as it stands in results."""
        return {"kind": self.kind, "node": self.node, "message": self.message}


class Unknown:
    """A value that lies in `range` (None: not a number) and is not known.

    `cause` is set once it is certain that the value is unscored. `wants` are the questions to ask next to know more; an
    unknown without wants is final. Both may be set: surely unscored, but its range may still shrink.
    """

    __slots__ = ("cause", "range", "wants")

    def __init__(self, reach: Interval | None, cause: Cause | None, wants: tuple[Want, ...] = ()) -> None:
        self.range = reach if reach is None else bounded(reach)
        self.cause = cause
        self.wants = wants

    def __repr__(self) -> str:
        return f"Unknown({self.range}, {self.cause}, {self.wants})"


def reach_of(value: Any) -> Interval:
    """The range a number or an unknown number stands for."""
    if type(value) is Unknown:
        return value.range if value.range is not None else (0, 1)
    return value, value


def first_cause(values: Iterable[Any]) -> Cause | None:
    """The cause of lowest rank among unknowns, or None."""
    causes = [value.cause for value in values if type(value) is Unknown and value.cause is not None]
    return min(causes, key=lambda cause: cause.order) if causes else None


def all_wants(values: Iterable[Any]) -> tuple[Want, ...]:
    """The wants of all of them, each once, in order."""
    return tuple(dict.fromkeys(want for value in values if type(value) is Unknown for want in value.wants))


def _only(reach: Interval | None) -> bool:
    """Whether there is one finite number that the result can be: then it is that, whatever is not known."""
    return reach is not None and is_point(reach) and -LARGEST <= reach[0] <= LARGEST


def strict(reach: Interval | None, values: Iterable[Any]) -> Any:
    """The result of an operator that needs every operand: unscored as soon as one operand is.

    Unless its range is one point. Otherwise `min(a, 0 * x)` would be settled, and not what a pass makes of it, `0 * x`.
    """
    if reach is not None and _only(reach):
        return reach[0]
    values = list(values)
    return Unknown(reach, first_cause(values), all_wants(values))


def settle(reach: Interval, values: Iterable[Any], *, boolean: bool = False) -> Any:
    """The result of an operator that some operands may settle: the value if the range is one point, else unknown.

    What could settle it is asked one question at a time, so that a later one is asked only if the earlier left it open.
    """
    if _only(reach):
        return bool(reach[0]) if boolean else reach[0]
    values = list(values)
    wants = all_wants(values)
    if wants:
        return Unknown(reach, None, wants[:1])
    return Unknown(reach, first_cause(values))
