"""How many tokens a question will take, from what earlier ones took."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rmcompose.runtime.client.question import Question, Reply

BYTES = 4.0
"""Bytes of UTF-8 a token that is read, before a reply has told; about right for English and for Chinese."""
REPLY_TOKENS = 256
"""Tokens that a reply is taken to have, before one has told."""


@dataclass(slots=True)
class Gauge:
    """What one model was seen to use: the most tokens a byte that were read, the most tokens that were written.

    Both are told by the largest so far, since limits that rest on them are to be kept.
    """

    per_byte: float = 0.0
    written: int = 0

    def estimate(self, asked: Question) -> tuple[int, int]:
        """The tokens that a question is taken to read and to write."""
        read = _size(asked) * (self.per_byte or 1.0 / BYTES)
        if asked.task != "chat":  # numbers are computed, not written
            return math.ceil(read - 1e-6), 0
        written = self.written or REPLY_TOKENS
        return math.ceil(read - 1e-6), int(min(written, asked.settings.get("max_tokens", written)))

    def learn(self, asked: Question, reply: Reply) -> None:
        """A question was answered."""
        self.per_byte = max(self.per_byte, reply.tokens_in / max(_size(asked), 1))
        self.written = max(self.written, reply.tokens_out)


def _size(asked: Question) -> int:
    return sum(len(message["content"].encode("utf-8", "replace")) for message in asked.messages)
