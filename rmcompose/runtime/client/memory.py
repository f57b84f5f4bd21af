"""Replies kept in memory, bounded in number and in size, whatever the length of the run."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field

from rmcompose.runtime.client.question import Reply

REPLIES = 8192
"""Replies kept at most; enough for what one batch asks."""
CHARACTERS = 32_000_000
"""Characters of their texts at most."""


@dataclass(slots=True)
class Memory:
    """The replies that were asked for last. It has no lock of its own."""

    _replies: OrderedDict[Hashable, Reply] = field(default_factory=OrderedDict)
    _characters: int = 0

    def get(self, place: Hashable) -> Reply | None:
        """The reply that is kept there."""
        known = self._replies.get(place)
        if known is not None:
            self._replies.move_to_end(place)
        return known

    def put(self, place: Hashable, reply: Reply) -> None:
        """Keep a reply, and let go of those that were not asked for the longest."""
        old = self._replies.pop(place, None)
        self._replies[place] = reply
        self._characters += len(reply.text) - (0 if old is None else len(old.text))
        while len(self._replies) > REPLIES or self._characters > CHARACTERS:
            _, gone = self._replies.popitem(last=False)
            self._characters -= len(gone.text)
