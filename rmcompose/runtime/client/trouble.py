"""What came of a request that failed, in one line, and whether it may succeed later."""

from __future__ import annotations

import email.utils
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass

from rmcompose.runtime.client.config import Endpoint

TRANSIENT = frozenset({408, 409, 425, 429})
"""Statuses below 500 after which the same request may succeed."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A request that failed: the HTTP status (None: no answer at all), one line, and when to come back."""

    status: int | None
    message: str
    after: float | None = None
    param: str = ""
    timed_out: bool = False
    final: bool = False

    @property
    def passing(self) -> bool:
        """Whether the same request may succeed later."""
        if self.final or self.timed_out:
            return False
        return self.status is None or self.status in TRANSIENT or self.status >= 500


def refused(status: int, body: object, headers: Mapping[str, str], endpoint: Endpoint) -> Trouble:
    """What a status and the body that came with it mean."""
    error = body if isinstance(body, dict) else {}
    said = error.get("message") if isinstance(error.get("message"), str) else body if isinstance(body, str) else ""
    said = said or (error["detail"] if isinstance(error.get("detail"), str) else "")  # as servers on FastAPI say it
    message = f"the server answered {status}" + (f": {said}" if said else "")
    return Trouble(
        status,
        line(message, endpoint),
        after=retry_after(headers),
        param=str(error.get("param") or ""),
        # a quota that is used up does not come back by waiting, though it is told as a 429
        final="insufficient_quota" in (error.get("code"), error.get("type")),
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that a response asks to wait, at least 0; None where it does not say (or not so that it is clear)."""
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) * scale
        except ValueError:
            continue
        if math.isfinite(seconds):
            return max(seconds, 0.0)
    try:
        then = email.utils.parsedate_to_datetime(headers.get("retry-after", "")).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
    return max(then - time.time(), 0.0)


def line(text: str, endpoint: Endpoint) -> str:
    """One line of at most 300 characters, without the key."""
    line = " ".join(endpoint.without_key(text).split())
    return line if len(line) <= 300 else line[:297] + "..."
