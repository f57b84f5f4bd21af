"""What is marked below the words of an example: what two texts share, or what the value would be without a word."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

SAME, ELSEWHERE, RAISES, LOWERS, NEEDED = "^", "~", "^", "v", "!"
MOST_PIECES = 60
_PIECES = re.compile(r"\w+|[^\w\s]")
_WORDS = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the text, the stretch of the reference that is beside it, and the mark below each."""

    text: str
    reference: str
    mark: str
    reference_mark: str = ""


@dataclass(frozen=True, slots=True)
class Marked:
    """The texts in pieces, and what each of the marks that occur means."""

    pieces: tuple[Piece, ...]
    compared: bool
    legend: tuple[tuple[str, str], ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON values: pieces with their marks, and what the marks mean."""
        return {"pieces": [asdict(piece) for piece in self.pieces], "legend": dict(self.legend)}


def shared(text: str, reference: str, unit: str) -> Marked | None:
    """Two texts side by side, with the words or characters marked that both have; None where one is empty."""
    from difflib import SequenceMatcher

    left = _cut(text, unit)
    right = _cut(reference, unit)
    if not left or not right or max(len(left), len(right)) > 400:
        return None
    keys, others = [_key(one, unit) for one in left], [_key(one, unit) for one in right]
    blocks = SequenceMatcher(None, keys, others, autojunk=False).get_opcodes()
    # what is not in order but somewhere in the other text, as often as it is there
    spare = Counter(_outside(others, [(c, d) for kind, _, _, c, d in blocks if kind != "equal"]))
    spare_left = Counter(_outside(keys, [(a, b) for kind, a, b, _, _ in blocks if kind != "equal"]))
    moved, moved_left = spare & spare_left, spare & spare_left
    pieces: list[Piece] = []
    for kind, a, b, c, d in blocks:
        if kind == "equal":
            pieces += [Piece(left[i], right[c + i - a], SAME, SAME) for i in range(a, b)]
            continue
        for offset in range(max(b - a, d - c)):
            one = left[a + offset] if a + offset < b else ""
            other = right[c + offset] if c + offset < d else ""
            mark = _take(moved_left, _key(one, unit)) if unit == "words" else ""
            other_mark = _take(moved, _key(other, unit)) if unit == "words" else ""
            pieces.append(Piece(one, other, mark, other_mark))
    legend = [(SAME, f"{unit} that both have, in this order")]
    if any(ELSEWHERE in (piece.mark, piece.reference_mark) for piece in pieces):
        legend.append((ELSEWHERE, "words that the other has elsewhere"))
    return Marked(tuple(pieces), True, tuple(legend))


def _cut(text: str, unit: str) -> list[str]:
    """Words and marks, each with the white space after it; what is before the first is left out."""
    if unit == "characters":
        return list(text)
    starts = [found.start() for found in _WORDS.finditer(text)]
    if not starts:
        return []
    return [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]


def _key(piece: str, unit: str) -> str:
    return piece if unit == "characters" else piece.strip().casefold()


def _outside(keys: Sequence[str], spans: Sequence[tuple[int, int]]) -> list[str]:
    return [key for start, end in spans for key in keys[start:end]]


def _take(left: Counter[str], key: str) -> str:
    if left[key] <= 0:
        return ""
    left[key] -= 1
    return ELSEWHERE


def influence(text: str, value: Any, without: Callable[[str], Any]) -> Marked | None:
    """The text with those words marked without which the value is another; `without` gives None for unscored.

    None where nothing is to be marked, or the text is too long to leave out one word after the other.
    """
    found = list(_PIECES.finditer(text))
    if not found or len(found) > MOST_PIECES or value is None:
        return None
    pieces: list[Piece] = []
    place = 0
    for one in found:
        if text[place : one.start()]:
            pieces.append(Piece(text[place : one.start()], "", ""))
        pieces.append(Piece(one.group(), "", _mark(value, without(text[: one.start()] + text[one.end() :]))))
        place = one.end()
    if text[place:]:
        pieces.append(Piece(text[place:], "", ""))
    told = {
        RAISES: "the value is another without it" if isinstance(value, str) else "the value is lower without it",
        LOWERS: "the value is higher without it",
        NEEDED: "unscored without it",
    }
    used = {piece.mark for piece in pieces}
    legend = tuple((mark, said) for mark, said in told.items() if mark in used)
    return Marked(tuple(pieces), False, legend) if legend else None


def _mark(value: Any, other: Any) -> str:
    if other is None:
        return NEEDED
    if other == value:
        return ""
    if isinstance(value, str):
        return RAISES
    return RAISES if other < value else LOWERS
