"""Rewards of reward models: sequence classifiers that give a conversation a number."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from rmcompose.primitives.asking import Answer, Ask
from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.models.naming import MODEL, TIMEOUT, numbers
from rmcompose.primitives.registry import data, register, setting


def _ask(messages: list[Any], text: str, **_: Any) -> tuple[Ask, ...]:
    parts = []
    for message in messages:
        content = message.get("content") if isinstance(message, dict) else None
        if not isinstance(content, str):
            raise RuleError("a message of the conversation has no text")
        parts.append((str(message.get("role") or "user"), content))
    if not parts:
        raise RuleError("the conversation has no messages")
    return (Ask((*parts, ("assistant", text))),)


def _explain(value: float, answers: Sequence[Answer] = (), **_: Any) -> str:
    heads = len(answers[0]) if answers else 1
    return f"reward {value:.6g}" + (f", one of {heads} heads" if heads > 1 else "")


@register(
    "reward_model",
    returns="float",
    low=-math.inf,
    high=math.inf,
    cost=2,
    arguments={
        "messages": data("messages", "the conversation before the response"),
        "text": data("text", "the response"),
        "model": MODEL,
        "head": setting("which of several numbers is the reward, from 0; -1: the model has one", constant=True, low=-1),
        "timeout": TIMEOUT,
    },
    task="reward",
    ask=_ask,
    asks=(("messages", "text"),),
    answers=([-1.25],),
    explain=_explain,
    example='reward_model(messages = [{"role": "user", "content": "2 + 2?"}], text = "4", model = "rm") -> -1.25',
)
def reward_model(
    messages: list[Any],  # noqa: ARG001  # asked about
    text: str,  # noqa: ARG001
    model: str,
    head: int = -1,
    timeout: float = 120.0,  # noqa: ARG001
    answers: Sequence[Answer] = (),
) -> float:
    """The reward that a reward model gives the response, as the model gives it: without bounds.

    It is the logit of a sequence classifier (Bradley-Terry models: Skywork, ArmoRM, InternLM2-Reward …), so write
    `sigmoid(…)` around it where a range is needed. The conversation and the response are sent as `docs/models.md` says.
    A model with several heads is unscored unless `head` says which of them is meant.
    """
    if not answers:
        raise RuleError(f"the model `{model}` was not asked")
    found = numbers(answers[0])
    if head < 0 and len(found) != 1:
        raise RuleError(f"the model gives {len(found)} numbers: say with `head` which of them is the reward")
    if head >= len(found):
        raise RuleError(f"the model gives {len(found)} numbers, and none with the place {head}")
    return float(found[max(head, 0)])
