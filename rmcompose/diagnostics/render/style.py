"""The few ANSI styles of the formats for people."""

from __future__ import annotations

from typing import Literal

Style = Literal["", "error", "warning", "bold", "quiet", "label", "good"]

_CODES: dict[Style, str] = {
    "error": "1;31",
    "warning": "1;33",
    "bold": "1",
    "quiet": "1;34",
    "label": "1;34",
    "good": "1;32",
}


class Painter:
    """Wraps text in ANSI codes, or leaves it as it is where colours are off."""

    def __init__(self, *, color: bool) -> None:
        self.color = color

    def __call__(self, text: str, style: Style) -> str:
        """The text in the style."""
        if not self.color or not style or not text:
            return text
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m"
