"""How many requests at a time bring the most: a search by measured throughput, one round of requests after another.

By Little's law a server that works on N requests at a time, each of which takes L seconds, answers N / L a second. As
long as it has room, twice the requests are answered in the same time; once it has none they only wait longer. So the
limit is raised while that brings throughput, and lowered while that costs none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

START = 32
"""Requests at a time to begin with."""
SHORTEST = 16
"""Answers in a round at least: a mean over fewer says little."""
GAIN = 0.3
"""The share of the throughput that a higher limit could bring, that it must bring to be kept."""
LOSS = 0.1
"""The share of the throughput that a lower limit may cost to be kept."""
PROBE = 1.25
"""How much higher is tried, once the limit has been found for the first time."""
SINK = 0.75
"""How much lower is tried, after higher brought nothing."""
CHANGE = 0.7
"""The server is another one than before where it answers less than this share of what it did, or so much more."""
REST, LONGEST = 8, 64
"""Rounds to stay at a limit that was found before others are tried: at first, and at most."""


@dataclass(slots=True)
class Climber:
    """The limit, between 1 and `cap`.

    It begins at `START` and doubles every round until a round brings too little; a refusal of the server halves it, and
    from then on it grows by one a round. Each round lasts until as many requests as the limit, sent within that round
    while all places were taken, have ended.
    """

    cap: int
    limit: int = field(init=False)
    round: int = field(default=0, init=False)
    _ended: int = field(default=0, init=False)
    _answered: int = field(default=0, init=False)
    _seconds: float = field(default=0.0, init=False)
    _best: tuple[int, float] | None = field(default=None, init=False)
    _doubling: bool = field(default=True, init=False)
    _by_one: bool = field(default=False, init=False)
    _rest: int = field(default=0, init=False)
    _patience: int = field(default=REST, init=False)

    def __post_init__(self) -> None:
        self.limit = min(self.cap, START)

    def ended(self, sent_in: int, seconds: float, *, answered: bool) -> None:
        """A request that was sent in a round, while all places were taken, has ended after so many seconds."""
        if sent_in != self.round:
            return
        self._ended += 1
        self._answered += answered
        self._seconds += seconds
        # among few places one more is not measured, but taken
        if self._ended >= (self.limit if self._by_one else max(self.limit, SHORTEST)):
            # N / L, of which only the share that was answered counts for something
            if self._answered:
                self._go_to(self._next(self.limit * self._answered / max(self._seconds, 1e-9)))
            else:
                self._doubling = False
                self._start_anew()

    def refused(self) -> None:
        """The server said that there are too many requests."""
        self._doubling, self._by_one = False, True
        self._start_anew()

    def _next(self, rate: float) -> int:
        """The limit of the next round, after one that answered so many a second."""
        if self._best is None:
            return self._keep(rate)
        limit, best = self._best
        if self.limit == limit:
            same = best * CHANGE <= rate <= best / CHANGE
            if self._rest and same:
                self._rest -= 1
                return limit
            return self._keep(rate, patience=self._patience if same else REST)
        if self.limit > limit:
            if self._by_one and self.limit < min(max(int(limit * PROBE), SHORTEST), self.cap):
                return self.limit + 1  # one more makes no difference that could be measured
            if rate >= best * (1 + GAIN * (self.limit / limit - 1)):
                return self._keep(rate)
            self._doubling = False
            return self._lower(limit)
        if rate >= best * (1 - LOSS):
            return self._keep(rate, then=self._lower)
        return self._stay(limit)

    def _keep(self, rate: float, patience: int = REST, then: Callable[[int], int] | None = None) -> int:
        """The limit of this round is the best so far; what is tried next."""
        arrived = self._best is not None and self.limit == self.cap > self._best[0]
        self._best, self._rest, self._patience = (self.limit, rate), 0, patience
        if arrived:
            return self._stay(self.limit)
        return (then or self._higher)(self.limit)

    def _stay(self, limit: int) -> int:
        """Back to the best limit, and longer there each time that nothing better was found."""
        self._rest = self._patience
        self._patience = min(2 * self._patience, LONGEST)
        return limit

    def _higher(self, limit: int) -> int:
        if limit == self.cap:
            return self._lower(limit)
        if self._doubling:
            return limit * 2
        return limit + 1 if self._by_one else max(limit + 1, int(limit * PROBE))

    def _lower(self, limit: int) -> int:
        return int(limit * SINK) or self._stay(limit)

    def _start_anew(self) -> None:
        self._best, self._rest, self._patience = None, 0, REST
        self._go_to(self.limit // 2)

    def _go_to(self, limit: int) -> None:
        self.limit = min(max(limit, 1), self.cap)
        self.round += 1
        self._ended, self._answered, self._seconds = 0, 0, 0.0
