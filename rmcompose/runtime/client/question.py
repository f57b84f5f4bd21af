"""A question to a model and the reply to it: what they are made of, and the key that replies are kept by."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from rmcompose.runtime.client.odds import Odds

Messages = tuple[Mapping[str, str], ...]
"""The messages of a request: `role` and `content` each."""

Task = Literal["chat", "reward", "classify", "pair", "embed"]
"""What a model is to do: answer messages, score a conversation, classify a text, classify a pair, embed a text."""


@dataclass(frozen=True)
class Question:
    """Everything that may change the reply, and how long to wait for it.

    `model` is the spec's name for it. `settings` are sent with the request. `pattern` is the house format the reply is
    read by, which no schema tells. `retries` and `timeout` say how to ask and are no part of the key.

    Of a `task` other than chat, `messages` are what is measured: a conversation, or texts whose roles name them. How
    they are put into a request is the dialect of the server; the reply's text is JSON, as `measures.py` says.
    """

    model: str
    messages: Messages
    schema: Mapping[str, Any] | None = None
    pattern: str | None = None
    settings: Mapping[str, float | int] = field(default_factory=dict)
    vote: int = 0
    retries: int = 2
    timeout: float = 120.0
    task: Task = "chat"

    @cached_property
    def key(self) -> str:
        """The SHA-256, in hex, of all that may change the reply, with the model under the name the spec has for it."""
        return self._digest(self.model)

    def key_for(self, model: str) -> str:
        """The same where the model is known by another name: the one its server has for it."""
        if model == self.model:
            return self.key
        if model not in self._keys:
            self._keys[model] = self._digest(model)
        return self._keys[model]

    @cached_property
    def _keys(self) -> dict[str, str]:
        return {}

    def _digest(self, model: str) -> str:
        parts = [model, list(self.messages), self.schema, self.pattern, self.settings, self.vote]
        if self.task != "chat":
            parts.append(self.task)
        text = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back for a question: a text, or where `kind` is set no usable reply and why (`text` says it in words).

    `calls` is 1 where a model answered the request, else 0. `cut` says that the model ran into its token limit. `odds`
    are the probabilities of digits in the text, where the server tells them. `cost` is what was paid for it, in the
    money of the prices.
    """

    text: str
    kind: str | None = None
    tokens_in: int = 0
    tokens_out: int = 0
    calls: int = 0
    cut: bool = False
    cached: bool = False
    odds: Odds = ()
    cost: float = 0.0

    @property
    def tokens(self) -> int:
        """Tokens used in all."""
        return self.tokens_in + self.tokens_out
