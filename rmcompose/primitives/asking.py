"""What a rule asks of a model. The rule says what; who asks, and how, is the runtime's matter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rmcompose.primitives.failure import RuleError

Task = Literal["reward", "classify", "pair", "embed"]
"""What a model is asked for: a conversation's reward, the classes of a text or of a pair, a text's embedding."""

Answer = list[float] | dict[str, float]
"""Numbers of a reward model or an embedding, or the probability of each class."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One question. Raises `RuleError` where a text cannot be sent.

    `parts` are (role or name, text): the messages of a conversation with the response last, else the texts.
    """

    parts: tuple[tuple[str, str], ...]

    def __post_init__(self) -> None:
        for name, text in self.parts:
            try:
                text.encode()
            except UnicodeEncodeError:
                raise RuleError(f"the {name} holds half of a surrogate pair, which cannot be sent") from None
