"""A threshold chosen on examples: every value that makes a difference is tried, and the best one taken.

What a comparison gives changes only where the threshold passes something it is compared with. So the values between
each two neighbours are all there is to try; of the best ones the middle of the widest stretch is taken, with as few
digits as keep it there.
"""

from __future__ import annotations

import math
from itertools import groupby, pairwise

import numpy as np

from rmcompose.ir.types import Number
from rmcompose.learning.dual import Array
from rmcompose.learning.errors import FitError
from rmcompose.learning.names import Fitted
from rmcompose.learning.objective import Scores, Units

MOST = 400
"""Values that are tried; where more make a difference, these are spread evenly over what is compared."""


def best(units: Units, scores: Scores, param: Fitted, compared: Array | None, span: tuple[float, float]) -> Number:
    """The value of the param with the greatest share of units that are right (balanced over labels).

    `compared` is what the param is compared with, None where it is used otherwise: then values are spread evenly over
    its bounds. `span` is the range of the score.
    """
    places = _places(param, compared)
    shares = []
    for _, value, _ in places:
        shares.append(right(units, scores(np.array([value - float(param.start)])).value, span).share)
    top = max(shares)
    runs = [
        [places[number] for number, _ in run]
        for good, run in groupby(enumerate(shares), key=lambda one: one[1] >= top - 1e-12)
        if good
    ]
    low, high = max(((run[0][0], run[-1][2]) for run in runs), key=lambda ends: ends[1] - ends[0])
    return _tidy(param, low, high)


def _places(param: Fitted, compared: Array | None) -> list[tuple[float, float, float]]:
    """What is tried, in order: the ends of each stretch in which nothing changes, around a value in it."""
    if param.whole and param.high - param.low <= MOST:
        return [(value, value, value) for value in np.arange(param.low, param.high + 1)]
    if compared is not None:
        values = np.unique(compared[~np.isnan(compared)])
        values = values[(values > param.low) & (values < param.high)]
        if len(values) > MOST:
            values = np.unique(np.quantile(values, np.linspace(0, 1, MOST)))
        margin = param.width / 100 if math.isfinite(param.high - param.low) else 1.0
        low = param.low if math.isfinite(param.low) else (values[0] if len(values) else float(param.start)) - margin
        high = param.high if math.isfinite(param.high) else (values[-1] if len(values) else float(param.start)) + margin
        edges = [low, *values, high]
        return [(a, (a + b) / 2, b) for a, b in pairwise(edges)]
    if not math.isfinite(param.high - param.low):
        raise FitError(
            f"`{param.name}` is compared with nothing that is known, and has no bounds to search: declare them, as in "
            f"`param {param.name}: float[0, 1] = {param.start}`"
        )
    grid = np.linspace(param.low, param.high, MOST // 2 + 1)
    return [(float(value), float(value), float(value)) for value in grid]


def _tidy(param: Fitted, low: float, high: float) -> Number:
    """The middle between two ends with few digits, strictly between them where they differ."""
    middle = float(low + high) / 2
    if param.whole:
        return int(param.held(math.floor(middle)))
    for digits in range(13):
        value = round(middle, digits)
        if low < value < high and abs(value - middle) <= (high - low) / 4:
            return float(param.held(value)) + 0.0
    return float(param.held(middle)) + 0.0


class Right:
    """Which units are right: pairs whose better response scores more, responses on the side of their label."""

    def __init__(self, units: Units, right: Array) -> None:
        self.right = right
        self.pairs = units.loss == "preference"
        self.labels = units.labels

    @property
    def share(self) -> float:
        """Of pairs; of responses the mean of the shares among both labels, which is balanced accuracy."""
        if self.pairs:
            return float(self.right.mean())
        sides = [self.right[self.labels == label] for label in (0.0, 1.0)]
        return float(np.mean([side.mean() for side in sides if len(side)]))


def right(units: Units, scores: Array, span: tuple[float, float]) -> Right:
    """What is right under these scores; what has none is wrong, and so is a tie.

    A response counts as true where its score is above the middle of the declared range.
    """
    margins = units.margins(scores)
    if units.loss == "preference":
        return Right(units, (margins > 0).astype(float))
    middle = (span[0] + span[1]) / 2
    said = (margins > middle).astype(float)
    return Right(units, np.where(np.isnan(margins), 0.0, (said == units.labels).astype(float)))
