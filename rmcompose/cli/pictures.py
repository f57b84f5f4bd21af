"""How the picture of a rule looks on a terminal: rows with bars, curves, and marks below words.

Lines are as wide as they are told to be at most. With `ascii` nothing but ASCII is written.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from itertools import chain

from rmcompose.diagnostics.render.cells import columns, one_line
from rmcompose.primitives.pictures.marks import Marked, Piece
from rmcompose.primitives.pictures.picture import Line, Outcome, Picture, Row

BAR = 12
HEIGHT = 6
NARROWEST = 44
_EIGHTHS = " ▁▂▃▄▅▆▇█"
_LEFT_EIGHTHS = " ▏▎▍▌▋▊▉█"


def draw(picture: Picture, width: int, *, ascii: bool = False) -> list[str]:  # noqa: A002  # what it is
    """The lines of a picture, without a heading."""
    return _Drawer(max(width, NARROWEST), ascii).draw(picture)


def number(value: float) -> str:
    """A value as pictures write it: whole numbers in full, others with four digits."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and abs(value) < 10**9:
        return str(value)
    return f"{value:.4g}"


class _Drawer:
    def __init__(self, width: int, ascii_only: bool) -> None:  # noqa: FBT001  # private
        self.width = width
        self.ascii = ascii_only

    def draw(self, picture: Picture) -> list[str]:
        parts: list[list[str]] = []
        if picture.marked is not None:
            parts.append(self.marks(picture.marked))
        parts += [self.curve(line, picture) for line in picture.lines]
        if picture.rows:
            parts.append(self.rows(picture))
        if picture.why:
            parts.append(self.wrapped(("no picture: " if not parts else "") + picture.why))
        lines: list[str] = []
        for part in parts:
            lines += ["", *part] if lines else part
        return lines

    # ---- rows --------------------------------------------------------------------------------------------------------

    def rows(self, picture: Picture) -> list[str]:
        rows = picture.rows
        alike = len(rows) > 1 and rows[0].outcome.fault and len({row.outcome.fault for row in rows}) == 1
        rows = rows[:1] if alike else rows
        names = [row.label for row in rows]
        values = [self.value(row.outcome) for row in rows]
        label = max(map(len, names))
        value = max(map(len, values))
        bars = any(isinstance(row.outcome.value, int | float) for row in rows)
        left = label + 2 + (BAR + 2 if bars else 0) + value + 2
        lines: list[str] = []
        for row, name, told in zip(rows, names, values, strict=True):
            bar = f"{self.bar(row.outcome, picture)}  " if bars else ""
            shown = self.shown(row, self.width - left)
            lines.append(f"{name:<{label}}  {bar}{told:<{value}}  {shown}".rstrip())
            said = row.outcome.fault or row.outcome.said
            if said:
                indent = " " * (label + 2)
                lines += self.wrapped(said, indent, indent)
        if bars and not all(isinstance(row.outcome.value, bool | None) for row in rows):
            lines.append(f"bars from {number(picture.low)} to {number(picture.high)}")
        if alike:
            lines += self.wrapped(f"the same for {len(picture.rows) - 1} changes of it")
        return lines

    def value(self, outcome: Outcome) -> str:
        if outcome.value is None:
            return "unscored"
        if isinstance(outcome.value, str):
            return self.cut(json.dumps(outcome.value, ensure_ascii=False), 24)
        return number(outcome.value)

    def bar(self, outcome: Outcome, picture: Picture) -> str:
        if not isinstance(outcome.value, int | float):
            return " " * BAR
        eighths = round(_share(outcome.value, picture) * BAR * 8)
        full, part = divmod(eighths, 8)
        if self.ascii:
            full += part >= 4
            return "#" * full + "." * (BAR - full)
        drawn = "█" * full + (_LEFT_EIGHTHS[part] if part else "")
        return drawn + "░" * (BAR - len(drawn))

    def shown(self, row: Row, room: int) -> str:
        """The text of a variant, as much of it as there is room for."""
        return self.cut(json.dumps(row.shown, ensure_ascii=self.ascii, default=repr), room)

    def cut(self, text: str, room: int) -> str:
        text = self.plain(one_line(text))
        end = "..." if self.ascii else "…"
        if columns(text)[-1] <= room:
            return text
        while text and columns(text)[-1] > room - len(end):
            text = text[:-1]
        return text + end if room > len(end) else ""

    def plain(self, text: str) -> str:
        return text.encode("ascii", "backslashreplace").decode() if self.ascii else text

    def wrapped(self, text: str, first: str = "", others: str = "") -> list[str]:
        return textwrap.wrap(
            self.plain(one_line(text)),
            self.width,
            initial_indent=first,
            subsequent_indent=others,
            break_on_hyphens=False,
        )

    # ---- curves ------------------------------------------------------------------------------------------------------

    def curve(self, line: Line, picture: Picture) -> list[str]:
        top, bottom = number(picture.high), number(picture.low)
        margin = max(len(top), len(bottom))
        room = min(61, self.width - margin - 2)
        places = _spread(len(line.points), room)
        levels = [self.level(line.points[place][1], picture) for place in places]
        lines: list[str] = []
        if line.changed:
            lines.append(", ".join(f"{name} = {json.dumps(value)}" for name, value in line.changed.items()))
        side, corner, along = "|+-" if self.ascii else "│└─"
        for row in reversed(range(HEIGHT)):
            label = top if row == HEIGHT - 1 else bottom if row == 0 else ""
            cells = "".join(self.cell(level - row * 8) for level in levels)
            lines.append(f"{label:>{margin}} {side}{cells}".rstrip())
        low, high = number(line.points[0][0]), number(line.points[-1][0])
        lines.append(" " * margin + f" {corner}" + along * len(places))
        between = max(1, len(places) - len(low) - len(high))
        lines.append(" " * (margin + 2) + low + " " * between + high)
        if line.example is not None and line.example[1].value is not None:
            place, outcome = line.example
            nearest = min(range(len(places)), key=lambda one: abs(line.points[places[one]][0] - place))
            same = [one for one in range(len(places)) if places[one] == places[nearest]]
            told = f"^ the example: {number(place)} gives {number(outcome.value)}"
            at = margin + 2 + same[len(same) // 2]
            if at + len(told) > self.width:
                told = f"the example: {number(place)} gives {number(outcome.value)} ^"
                at -= len(told) - 1
            lines.append(" " * max(0, at) + told)
        lines += self.wrapped(f"over {line.over}", " " * (margin + 2), " " * (margin + 2))
        lacking = next((outcome.fault for _, outcome in line.points if outcome.value is None), "")
        return lines + (self.wrapped(lacking, " " * (margin + 2), " " * (margin + 2)) if lacking else [])

    def level(self, outcome: Outcome, picture: Picture) -> int:
        """How high a value stands, in eighths of a row; -1 for one that is not there."""
        if not isinstance(outcome.value, int | float):
            return -1
        return round(_share(outcome.value, picture) * HEIGHT * 8)

    def cell(self, eighths: int) -> str:
        if self.ascii:
            return "#" if eighths >= 4 else " "
        return _EIGHTHS[max(0, min(8, eighths))]

    # ---- marks -------------------------------------------------------------------------------------------------------

    def marks(self, marked: Marked) -> list[str]:
        head = ("text", "reference") if marked.compared else ("text", "")
        margin = max(map(len, head)) + 2
        room = self.width - margin
        both = any(
            piece.mark != piece.reference_mark and (piece.mark or piece.reference_mark) for piece in marked.pieces
        )
        lines: list[str] = []
        for number_, part in enumerate(self.parts(marked.pieces, room)):
            text, below, other, other_below = map("".join, zip(*part, strict=True))
            names = head if number_ == 0 else ("", "")
            found = [(names[0], text), ("", below)]
            if marked.compared:
                found.append((names[1], other))
                if both:
                    found.append(("", other_below))
            lines += ["" if not row.strip() and not name else f"{name:<{margin}}{row}".rstrip() for name, row in found]
        while lines and not lines[-1]:
            lines.pop()
        return lines + list(
            chain.from_iterable(
                self.wrapped(f"{mark} {said}", " " * margin, " " * (margin + 2)) for mark, said in marked.legend
            )
        )

    def parts(self, pieces: Sequence[Piece], room: int) -> Iterator[list[tuple[str, str, str, str]]]:
        """Pieces side by side in lines of at most `room` columns: text, marks, reference, marks."""
        line: list[tuple[str, str, str, str]] = []
        used = 0
        for piece in pieces:
            one, other = self.piece(piece.text), self.piece(piece.reference)
            marked, other_marked = len(self.piece(piece.text.rstrip())), len(self.piece(piece.reference.rstrip()))
            for start in range(0, max(1, len(one), len(other)), room):
                left, right = one[start : start + room], other[start : start + room]
                size = max(columns(left)[-1], columns(right)[-1])
                if line and used + size > room:
                    yield line
                    line, used = [], 0
                line.append(
                    (
                        _padded(left, size),
                        _padded(_under(left[: max(0, marked - start)], piece.mark), size),
                        _padded(right, size),
                        _padded(_under(right[: max(0, other_marked - start)], piece.reference_mark), size),
                    )
                )
                used += size
        if line:
            yield line

    def piece(self, text: str) -> str:
        return self.plain(one_line(text))


def _share(value: float, picture: Picture) -> float:
    """Where a value lies between the ends of the scale, 0 to 1; halves, for the ends may be far apart."""
    low, high = picture.low / 2, picture.high / 2
    return max(0.0, min(1.0, (float(value) / 2 - low) / (high - low)))


def _under(text: str, mark: str) -> str:
    return mark * columns(text)[-1] if mark else ""


def _padded(text: str, size: int) -> str:
    return text + " " * (size - columns(text)[-1])


def _spread(count: int, room: int) -> list[int]:
    """Which point each column shows: every point as often as there is room for, or fewer points."""
    if count <= room:
        return [point for point in range(count) for _ in range(max(1, room // count))]
    return [round(column * (count - 1) / (room - 1)) for column in range(room)]
