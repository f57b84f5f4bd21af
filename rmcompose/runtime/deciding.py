"""What may be decided about a sample with less than its whole evaluation; `rmcompose/selection/` has what is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from rmcompose.runtime.frame import Frame
from rmcompose.runtime.outcome import Reporter
from rmcompose.runtime.unknown import Want


class Decision(Protocol):
    """A decision about one sample: what it reads, what it asks next, and what comes of it."""

    @property
    def goals(self) -> Sequence[int]:
        """The numbers of the steps that it reads, each per response."""

    def next(self, frame: Frame) -> Want | None:
        """The question to ask next; None once it is decided."""

    def line(self, frame: Frame, sample_id: str | None, reporter: Reporter) -> dict[str, Any]:
        """What comes of it, once it is decided."""

    def failed(self, sample_id: str | None, message: str, reporter: Reporter) -> dict[str, Any]:
        """What comes of a row that cannot be read."""
