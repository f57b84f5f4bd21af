"""Moments of numbers that come one after another, in memory that does not grow with them."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(slots=True)
class Moments:
    """Count, mean, spread and extremes of numbers that are added one by one.

    Welford's update: the mean and the sum of squared deviations from it are carried along, so nothing cancels where the
    values are large and close to each other.
    """

    count: int = 0
    mean: float = 0.0
    low: float = math.inf
    high: float = -math.inf
    _squares: float = 0.0

    def add(self, value: float) -> None:
        """Takes one finite number in."""
        self.count += 1
        before = value - self.mean
        self.mean += before / self.count
        self._squares += before * (value - self.mean)
        self.low = min(self.low, value)
        self.high = max(self.high, value)

    @property
    def std(self) -> float:
        """The population standard deviation; 0 for fewer than two numbers."""
        return math.sqrt(max(0.0, self._squares) / self.count) if self.count else 0.0

    def as_dict(self) -> dict[str, float | None]:
        """`mean`, `std`, `min` and `max`, null where nothing was added."""
        if not self.count:
            return {"mean": None, "std": None, "min": None, "max": None}
        return {"mean": self.mean, "std": self.std, "min": self.low, "max": self.high}


@dataclass(slots=True)
class CoMoments:
    """Count, means and sums of squares and products of pairs (x, y), which are added one by one or in batches.

    Batches are joined by the update of Chan, Golub and LeVeque (1983), which is Welford's for batches of one.
    """

    count: int = 0
    x: float = 0.0
    y: float = 0.0
    xx: float = 0.0
    xy: float = 0.0
    yy: float = 0.0

    def add(self, x: float, y: float) -> None:
        """Takes one pair in."""
        self.join(1, x, y, 0.0, 0.0, 0.0)

    def join(self, count: int, x: float, y: float, xx: float, xy: float, yy: float) -> None:
        """Takes a batch in: its count, its means, and its sums of squares and products of deviations from them."""
        total = self.count + count
        if not total:
            return
        across, up = x - self.x, y - self.y
        weight = self.count * count / total
        self.x += across * count / total
        self.y += up * count / total
        self.xx += xx + across * across * weight
        self.xy += xy + across * up * weight
        self.yy += yy + up * up * weight
        self.count = total

    @property
    def covariance(self) -> float:
        """The population covariance; 0 where nothing was added."""
        return self.xy / self.count if self.count else 0.0

    @property
    def correlation(self) -> float | None:
        """Pearson's correlation, in [-1, 1]; None for fewer than two pairs and where x or y does not vary."""
        spread = math.sqrt(self.xx) * math.sqrt(self.yy) if self.xx > 0 and self.yy > 0 else 0.0
        if self.count < 2 or spread == 0 or not math.isfinite(spread):
            return None
        found = self.xy / spread
        return max(-1.0, min(1.0, found)) if math.isfinite(found) else None
