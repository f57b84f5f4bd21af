"""Two sets of result lines, paired by the ids of their samples.

Lines in the same order are paired as they come, in memory that does not grow; a line whose partner is elsewhere waits
for it. Several samples of one id are paired in the order they stand in.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest

from rmcompose.rescoring.errors import ResultsError
from rmcompose.rescoring.lines import Line


@dataclass
class Pairing:
    """The pairs of two sets of lines; when all have been taken, `only_old` and `only_new` count what has no partner."""

    old: Iterable[Line]
    new: Iterable[Line]
    only_old: int = 0
    only_new: int = 0
    _waiting: tuple[dict[str | None, deque[Line]], dict[str | None, deque[Line]]] = field(
        default_factory=lambda: ({}, {})
    )

    def __iter__(self) -> Iterator[tuple[Line, Line]]:
        """Raises ResultsError where two lines of one sample have different numbers of responses."""
        waiting_old, waiting_new = self._waiting
        for old, new in zip_longest(self.old, self.new):
            if old is not None and new is not None and not waiting_old and not waiting_new and old["id"] == new["id"]:
                yield _same(old, new)
                continue
            if old is not None:
                yield from self._met(old, waiting_old, waiting_new, flipped=False)
            if new is not None:
                yield from self._met(new, waiting_new, waiting_old, flipped=True)
        self.only_old = sum(map(len, waiting_old.values()))
        self.only_new = sum(map(len, waiting_new.values()))

    def _met(
        self,
        line: Line,
        own: dict[str | None, deque[Line]],
        others: dict[str | None, deque[Line]],
        *,
        flipped: bool,
    ) -> Iterator[tuple[Line, Line]]:
        id_ = line["id"]
        queue = others.get(id_)
        if not queue:
            own.setdefault(id_, deque()).append(line)
            return
        other = queue.popleft()
        if not queue:
            del others[id_]
        yield _same(other, line) if flipped else _same(line, other)


def _same(old: Line, new: Line) -> tuple[Line, Line]:
    if len(old["responses"]) != len(new["responses"]):
        raise ResultsError(
            f"the sample `{old['id']}` has {len(old['responses'])} responses in the old results and "
            f"{len(new['responses'])} in the new ones"
        )
    return old, new
