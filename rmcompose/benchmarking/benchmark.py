"""What a benchmark is: how its rows become cases to score, and what scores of a case are worth.

A case becomes one or several samples. Their responses are shown in an order that is drawn from their texts, because the
published files hold the better one first: a judge that always prefers the first must not be right about everything.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from rmcompose.calibration.bootstrap import Point
from rmcompose.data import RowError, view
from rmcompose.data.sources import Row
from rmcompose.data.sources.native import CHOSEN, REJECTED

Scores = Sequence[Sequence[float | None]]
"""For each sample of a case the score of each of its responses, None where unscored."""

Verdict = Literal["right", "wrong", "tie", "unscored"]
"""What became of a case. `tie`: it would have been right but for equal scores. `unscored`: but for a missing one."""

Parts = tuple[tuple[str, float, float], ...]
"""Figures that a unit adds to: name, what was reached, and out of how much. A name `a/b` is `b` of the group `a`."""


class BenchError(ValueError):
    """A benchmark that does not exist, or that cannot be used as it is asked for; the message is one line."""


@dataclass(frozen=True, slots=True)
class Case:
    """What is judged as one: rows of the native shape to be scored, and which of their responses are meant.

    `chosen` and `rejected` number the responses of the published row. `at` tells where a pair of them is shown: the
    sample and both places; `order` has, for each sample, the published number of each response shown. `lengths` are
    the characters of each response shown. `unit` is what is drawn together in a resample, `groups` are the parts of the
    benchmark it counts in (`subsets/code`), `facts` is what else the benchmark needs of it.
    """

    id: str
    where: str
    unit: Hashable
    groups: tuple[str, ...]
    samples: tuple[Row, ...]
    order: tuple[tuple[int, ...], ...]
    lengths: tuple[tuple[int, ...], ...]
    chosen: tuple[int, ...]
    rejected: tuple[int, ...]
    facts: Any = None

    @property
    def at(self) -> dict[tuple[int, int], tuple[int, int, int]]:
        """Where each pair of published responses is shown: the sample, the place of the one, the place of the other."""
        found: dict[tuple[int, int], tuple[int, int, int]] = {}
        for number, shown in enumerate(self.order):
            for first, one in enumerate(shown):
                for second, other in enumerate(shown):
                    if first != second:
                        found.setdefault((one, other), (number, first, second))
        return found


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the scores of a case are worth: what it adds to figures, its verdict, and what is written beside it.

    `ties` and `unscored` count what is counted as lost because of them: pairs, cells or prompts, as the benchmark says.
    """

    parts: Parts
    verdict: Verdict
    ties: int = 0
    unscored: int = 0
    facts: Hashable = None
    told: Mapping[str, Any] = field(default_factory=dict, compare=False)


class Benchmark(ABC):
    """One benchmark. `comparing` says that the composition's scores depend on which responses are shown together."""

    name: ClassVar[str]
    title: ClassVar[str]
    headline: ClassVar[str]
    """The figure that `ci95` and `length_baseline` are of; of a group the one of the same name, else its first."""
    sources: ClassVar[tuple[str, ...]]
    """The formats it reads, by the names of `rmcompose.data.sources`, beside native rows."""
    unit: ClassVar[str] = "pairs"
    """What `n` counts."""
    single: ClassVar[bool] = True
    """Whether a case is right or wrong as a whole, so that McNemar's test means something."""
    subset_field: ClassVar[str] = "subset"
    ranked: ClassVar[bool] = True
    """Whether a higher headline is a better one, so that it can be told what it is above the longer response."""
    reorders: ClassVar[bool] = False
    """Whether it shows responses in both orders itself."""
    files: ClassVar[str | None] = None
    """The name of its files, where it is published in folders that hold others too."""

    def __init__(self, *, comparing: bool = False) -> None:
        self.comparing = comparing

    @abstractmethod
    def case(self, row: Row, where: str) -> Case | None:
        """The case of a native row, None where there is nothing to judge in it. Raises RowError."""

    @abstractmethod
    def outcome(self, case: Case, scores: Scores, tied: float = 0.0) -> Outcome:
        """What the scores are worth. `tied` is the credit for a tie: 0, or for the length baseline a coin's."""

    def joined(self, outcomes: Sequence[Outcome]) -> Parts:
        """What the cases of one unit add together."""
        return tuple(part for outcome in outcomes for part in outcome.parts)

    def combined(self, figures: Mapping[str, Point]) -> dict[str, Point]:  # noqa: ARG002  # for those that have some
        """Figures that are made of others: means of means."""
        return {}

    def size(self, case: Case) -> int:  # noqa: ARG002  # most cases are one
        """How much of `n` a case is."""
        return 1

    def notes(self, groups: Mapping[str, int]) -> list[str]:  # noqa: ARG002  # for those that have some
        """What is odd about the data, by how much of `n` each group has."""
        return []

    def subset_of(self, row: Row) -> str | None:
        """The subset that a row says it is of."""
        found = metadata_of(row).get(self.subset_field) or row.get(self.subset_field)
        return found if isinstance(found, str) and found else None


def metadata_of(row: Row) -> Mapping[str, Any]:
    """The metadata of a native row; none where what is called so is no object."""
    found = row.get("metadata")
    return found if isinstance(found, Mapping) else {}


def preferences(row: Row) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The numbers of the chosen and of the rejected responses of a native row, by `answer.label.preference`.

    Both are empty where no response has a preference. Raises RowError where one has none, or one that is neither.
    """
    said = [((one["answer"].get("label") or {}) if isinstance(one["answer"], Mapping) else {}) for one in row["output"]]
    names = [label.get("preference") if isinstance(label, Mapping) else None for label in said]
    if all(name is None for name in names):
        return (), ()
    for place, name in enumerate(names):
        if name not in (CHOSEN, REJECTED):
            what = "missing" if name is None else f"{name!r:.40}"
            raise RowError(f"`output[{place}].answer.label.preference` is {what}: expected `chosen` or `rejected`")
    chosen = tuple(place for place, name in enumerate(names) if name == CHOSEN)
    return chosen, tuple(place for place, name in enumerate(names) if name == REJECTED)


def need_both(row: Row) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """As `preferences`; None where no response is said to be better. Raises RowError where only one kind is there."""
    chosen, rejected = preferences(row)
    if not chosen and not rejected:
        return None
    for numbers, name in ((chosen, CHOSEN), (rejected, REJECTED)):
        if not numbers:
            raise RowError(f"no response is `{name}` in `output[…].answer.label.preference`")
    return chosen, rejected


def arranged(
    row: Row, pairs: Iterable[tuple[int, int]] | None
) -> tuple[tuple[Row, ...], tuple[tuple[int, ...], ...], tuple[tuple[int, ...], ...]]:
    """The samples to score, their orders and their lengths: all responses in one, or each of the `pairs` by itself."""
    texts, _ = texts_of(row)
    prompt = repr(row.get("input"))
    keys = [hashlib.sha256(f"{prompt}\0{text}".encode("utf-8", "surrogatepass")).digest() for text in texts]
    groups = [range(len(texts))] if pairs is None else pairs
    orders = tuple(tuple(sorted(group, key=lambda place: (keys[place], place))) for group in groups)
    return shown(row, orders)


def shown(
    row: Row, orders: Sequence[Sequence[int]]
) -> tuple[tuple[Row, ...], tuple[tuple[int, ...], ...], tuple[tuple[int, ...], ...]]:
    """The samples in which the responses stand in the given orders, these, and the lengths of the responses shown."""
    texts, sample_id = texts_of(row)
    samples = []
    for number, order in enumerate(orders, start=1):
        named = sample_id if len(orders) == 1 or sample_id is None else f"{sample_id}#{number}"
        sample = {**row, "output": [row["output"][place] for place in order]}
        samples.append(sample if named is None else {**sample, "unique_id": named})
    lengths = tuple(tuple(len(texts[place]) for place in order) for order in orders)
    return tuple(samples), tuple(tuple(order) for order in orders), lengths


def texts_of(row: Row) -> tuple[list[str], str | None]:
    """The text of each response, empty where it has none, and the id. Raises RowError where the row is no sample."""
    seen = view(row)
    texts = [seen.response("response", place) for place in range(seen.count)]
    return [text if isinstance(text, str) else "" for text in texts], seen.id


def better(one: float | None, other: float | None) -> int | None:
    """1 where the first is better, -1 where the second is, 0 for a tie; None where one is unscored."""
    return None if one is None or other is None else (one > other) - (one < other)


def credit(side: int | None, tied: float) -> float:
    """What a comparison is worth to its first response."""
    return tied if side == 0 else float(side == 1)


def verdict_of(sides: Sequence[int | None]) -> Verdict:
    """What comparisons come to that must all be won: lost to a better one before tied, and tied before unscored."""
    if all(side == 1 for side in sides):
        return "right"
    if -1 in sides:
        return "wrong"
    return "unscored" if None in sides else "tie"


def mean_of(values: Sequence[Point], why: str) -> Point:
    """The plain mean of figures that are defined, with the observations behind all of them."""
    known = [(value, n) for value, n in values if not isinstance(value, str)]
    if not known:
        return why, 0
    return sum(value for value, _ in known) / len(known), sum(n for _, n in known)
