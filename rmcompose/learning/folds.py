"""Folds of groups: the same prompt is never on both sides."""

from __future__ import annotations

import random

import numpy as np

from rmcompose.learning.errors import FitError
from rmcompose.learning.objective import Ints


def folds(groups: Ints, count: int, seed: int) -> list[Ints]:
    """The places of the units of each fold: groups in a random order, each into the smallest fold so far.

    Raises FitError where there are fewer groups than folds.
    """
    names = np.unique(groups)
    if len(names) < count:
        what = "1 prompt" if len(names) == 1 else f"{len(names)} different prompts"
        raise FitError(
            f"{count} folds need {count} different prompts, and there {'is' if len(names) == 1 else 'are'} {what}"
        )
    order = [int(name) for name in names]
    # `random()` gives the same numbers in every version of Python, which `shuffle` does not promise
    draw = random.Random(seed).random  # noqa: S311  # a seeded split, no secret
    order.sort(key=lambda _: draw())
    sizes = {int(name): int(size) for name, size in zip(*np.unique(groups, return_counts=True), strict=True)}
    held: list[list[int]] = [[] for _ in range(count)]
    filled = [0] * count
    for name in order:
        smallest = filled.index(min(filled))
        held[smallest].append(name)
        filled[smallest] += sizes[name]
    return [np.flatnonzero(np.isin(groups, part)) for part in held]


def rest(size: int, held_out: Ints) -> Ints:
    """All places but those."""
    return np.setdiff1d(np.arange(size), held_out)
