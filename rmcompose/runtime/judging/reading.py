"""What a reply says: a value, or the kind of reason why it has none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

T = TypeVar("T")
PREVIEW = 500
"""Characters of an unreadable reply that are kept for the trace."""


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """What a reply says. `message` is the model's reason, or why there is no value; `kind` is None with a value.

    The kinds are `malformed_reply` (worth asking again), `off_scale` and `abstained`.
    """

    value: T | None
    kind: str | None = None
    message: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


Reader = Callable[[str], Reading[T]]
"""Takes the text of one reply and never raises."""


def malformed(message: str, text: str) -> Reading[Any]:
    """A reading of a reply that does not say what was asked."""
    return Reading(None, "malformed_reply", message, {"reply": text[:PREVIEW]})
