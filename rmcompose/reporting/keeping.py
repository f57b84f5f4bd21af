"""The responses that a page shows in full: the lowest, the highest, the unscored, and others drawn at random."""

from __future__ import annotations

import heapq
import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rmcompose.pages.markup import visible
from rmcompose.reporting.statistics import kind_of, number_of

LONGEST_TEXT = 4000
"""Characters of a prompt, a response or a reference that are kept."""
LONGEST_WORD = 1000
"""Characters of any other text."""
MOST_ITEMS = 60
"""Items of a list and keys of an object, at every level."""
MOST_SHOWN_NODES = 200
LARGEST_DETAIL = 20_000
"""Characters of the details, or of the steps, of one node as JSON."""
DEEPEST = 6


@dataclass(slots=True)
class Kept:
    """A response that is shown: its place in the results, why it is here, and its trace, cut to a bounded size.

    `why` is `lowest`, `highest`, `unscored` or `drawn`; `number` is that of its line, 1-based.
    """

    number: int
    index: int
    count: int
    id: str
    best: bool
    response: dict[str, Any]
    why: str = ""
    prompt: str | None = None
    text: str | None = None
    reference: str | None = None
    matched: bool = False

    @property
    def score(self) -> float | None:
        """Its score."""
        return number_of(self.response["score"])


@dataclass(slots=True)
class Keeper:
    """Holds at most `most` responses, whatever the number that come.

    A quarter each are the lowest, the highest and the unscored ones (the first of each kind of reason before others of
    the same kind), of equal ones the earliest; the others are drawn at random from all (reservoir sampling, Algorithm R
    of Vitter 1985, with a fixed seed). A quarter that is not used up goes to those.
    """

    most: int
    seed: int = 0
    seen: int = 0
    _low: list[tuple[float, int, Kept]] = field(default_factory=list)
    _high: list[tuple[float, int, Kept]] = field(default_factory=list)
    _unscored: dict[str, list[Kept]] = field(default_factory=dict)
    _drawn: list[Kept] = field(default_factory=list)
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311  # a seeded sample, no secret

    def add(self, number: int, line: Mapping[str, Any]) -> None:
        """Takes in one result line with its number."""
        quarter = (self.most + 3) // 4
        for place, response in enumerate(line["responses"]):
            self.seen += 1
            kept: Kept | None = None
            score = number_of(response["score"])
            draw = self.seen - 1 if self.seen <= self.most else int(self._random.random() * self.seen)
            if (
                draw < self.most
                or (score is None and self._has_room(response, quarter))
                or self._is_end(score, quarter)
            ):
                kept = _cut(number, place, line, response)
            if kept is None:
                continue
            if draw < self.most:
                if draw < len(self._drawn):
                    self._drawn[draw] = kept
                else:
                    self._drawn.append(kept)
            if score is None:
                if self._has_room(response, quarter):
                    self._unscored.setdefault(kind_of(response.get("reason")), []).append(kept)
            else:
                _push(self._low, (-score, -self.seen, kept), quarter)
                _push(self._high, (score, -self.seen, kept), quarter)

    def _is_end(self, score: float | None, quarter: int) -> bool:
        if score is None or not quarter:
            return False
        return len(self._low) < quarter or -score > self._low[0][0] or score > self._high[0][0]

    def _has_room(self, response: Mapping[str, Any], quarter: int) -> bool:
        kind = kind_of(response.get("reason"))
        if kind not in self._unscored and len(self._unscored) >= quarter:
            return False
        return len(self._unscored.get(kind, ())) < quarter

    def kept(self) -> list[Kept]:
        """The responses, each once: lowest first, then highest first, then unscored by turns of their kinds, then drawn
        in the order of the results.
        """
        found: dict[tuple[int, int], Kept] = {}
        quarter = (self.most + 3) // 4
        lowest = [kept for *_, kept in sorted(self._low, key=lambda one: (-one[0], -one[1]))]
        highest = [kept for *_, kept in sorted(self._high, key=lambda one: (-one[0], -one[1]))]
        drawn = list(self._drawn)
        everything = self.seen <= self.most
        for why, some in (("lowest", lowest), ("highest", highest), ("unscored", list(self._turns(quarter)))):
            for one in some:
                if len(found) < self.most and (one.number, one.index) not in found:
                    one.why = why
                    found[one.number, one.index] = one
        left = [one for one in drawn if (one.number, one.index) not in found]
        if not everything:
            # which are left out must not depend on their place among those that were drawn
            self._random.shuffle(left)
        left = sorted(left[: self.most - len(found)], key=lambda one: (one.number, one.index))
        for one in left:
            one.why = "drawn"
            found[one.number, one.index] = one
        return list(found.values())

    def _turns(self, most: int) -> Iterator[Kept]:
        """The unscored, one of each kind after the other."""
        given = 0
        for turn in range(most):
            for some in self._unscored.values():
                if turn < len(some) and given < most:
                    given += 1
                    yield some[turn]


def _push(heap: list[tuple[float, int, Kept]], item: tuple[float, int, Kept], most: int) -> None:
    if len(heap) < most:
        heapq.heappush(heap, item)
    elif most and item[:2] > heap[0][:2]:
        heapq.heapreplace(heap, item)


def _cut(number: int, place: int, line: Mapping[str, Any], response: Mapping[str, Any]) -> Kept:
    nodes: Mapping[str, Any] = response.get("nodes") or {}
    some = dict(list(nodes.items())[:MOST_SHOWN_NODES])
    kept = {name: bounded(value) for name, value in response.items() if name in ("score", "status", "reason", "steps")}
    kept["nodes"] = {cut(name, 200): _held(bounded(node)) for name, node in some.items()}
    if len(nodes) > len(some):
        kept["more_nodes"] = len(nodes) - len(some)
    index = response.get("index")
    return Kept(
        number=number,
        index=index if type(index) is int else place,
        count=len(line["responses"]),
        id=cut(str(line.get("id") if line.get("id") is not None else f"row {number}"), 200),
        best=line.get("best") is not None and line.get("best") == index,
        response=kept,
    )


def _held(node: dict[str, Any]) -> dict[str, Any]:
    """A node whose details are not too many for a page."""
    for name in ("detail", "steps"):
        if name in node and (size := len(json.dumps(node[name]))) > LARGEST_DETAIL:
            node = {**node, name: f"… {size:,} characters, too many for this page"}
    return node


def cut(text: str, most: int) -> str:
    """A text of at most so many characters, with a note of how many there were; what would hide others is a mark."""
    return visible(text if len(text) <= most else f"{text[:most]}… [{len(text):,} characters, cut at {most:,}]")


def bounded(value: Any, depth: int = 0) -> Any:
    """Plain data of a bounded size: long texts and lists are cut with a note, as is what nests too deep."""
    if isinstance(value, str):
        return cut(value, LONGEST_WORD)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        number = number_of(value)
        return cut(str(value), 60) if number is None else value if abs(number) < 2**53 else number
    if depth >= DEEPEST:
        return "…"
    if isinstance(value, list | tuple):
        some = [bounded(one, depth + 1) for one in value[:MOST_ITEMS]]
        return some if len(value) <= MOST_ITEMS else [*some, f"… {len(value) - MOST_ITEMS} more"]
    if isinstance(value, Mapping):
        few = {cut(str(key), 200): bounded(one, depth + 1) for key, one in list(value.items())[:MOST_ITEMS]}
        return few if len(value) <= MOST_ITEMS else {**few, "…": f"{len(value) - MOST_ITEMS} more"}
    return cut(str(value), LONGEST_WORD)
