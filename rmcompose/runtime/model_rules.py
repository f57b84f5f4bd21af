"""Rules that ask a model: what they ask becomes questions of the client, and the replies become their answers.

As with judges, nothing is asked while a rule is met: it answers with a want, and the engine asks through `ModelRule`.
"""

from __future__ import annotations

import asyncio
import json
from time import perf_counter
from typing import TYPE_CHECKING, Any

from rmcompose.primitives.asking import Answer, Ask
from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.registry import signature
from rmcompose.runtime.client.question import Question, Reply
from rmcompose.runtime.frame import Frame, Note
from rmcompose.runtime.rule_calls import RuleCall
from rmcompose.runtime.unknown import Unknown

if TYPE_CHECKING:
    from rmcompose.plan.plan import Plan
    from rmcompose.runtime.client import Client

PATIENCE = 120.0
"""Seconds that an answer may take, where the rule does not say."""


class ModelRule:
    """One rule that asks a model, with its constants bound."""

    def __init__(self, call: RuleCall) -> None:
        self.call = call
        self.timeout = float(call.constants.get("timeout", PATIENCE))

    async def ask(self, frame: Frame, index: int, values: dict[str, Any], client: Client) -> Any:
        """The value for one response, with a note of what was asked. Raises what the client raises for the run."""
        started = perf_counter()
        try:
            asked = self._asked(values)
        except RuleError as error:
            return self._failed(frame, index, error.kind, str(error), [], started)
        # what is asked twice is asked once, and is then for both
        replies = await _together([client.reply(question, 0) for question in asked])
        answers: list[Answer] = []
        for question, reply in zip(asked, replies, strict=True):
            answer = None if reply.kind is not None else _answer(reply)
            if answer is None:
                kind = reply.kind or "malformed_reply"
                message = reply.text if reply.kind is not None else "the stored answer holds no numbers"
                return self._failed(frame, index, kind, message, replies, started)
            client.accept(question, reply)
            answers.append(answer)
        value, kind, message = self._value(values, answers)
        if kind:
            return self._failed(frame, index, kind, message, replies, started)
        note = _note(replies, started)
        if frame.traced:
            note.text = self.call.explained(value, {**values, "answers": answers})
        frame.notes[self.call.place, index] = note
        return value

    def _asked(self, values: dict[str, Any]) -> list[Question]:
        assert self.call.known.ask is not None
        assert self.call.known.task is not None
        asks: tuple[Ask, ...] = self.call.known.ask(**self.call.constants, **values)
        return [
            Question(
                model=self.call.step.model,
                messages=tuple({"role": name, "content": text} for name, text in ask.parts),
                task=self.call.known.task,
                timeout=self.timeout,
            )
            for ask in asks
        ]

    def _value(self, values: dict[str, Any], answers: list[Answer]) -> tuple[Any, str, str]:
        try:
            value = self.call.function(**values, answers=answers)
        except RuleError as error:
            return None, error.kind, str(error)
        except Exception as error:  # noqa: BLE001  # as any rule: what it raises is this value's reason
            return None, "rule_error", f"{type(error).__name__}: {error}"[:500]
        return self.call.accept(value)

    def _failed(self, frame: Frame, index: int, kind: str, message: str, replies: list[Reply], started: float) -> Any:
        value = self.call.fail(kind, self.call.name, message)
        note = _note(replies, started)
        note.cause = value.cause if type(value) is Unknown else self.call.cause(kind, self.call.name, message)
        frame.notes[self.call.place, index] = note
        return value


def check_models(plan: Plan, client: Client) -> None:
    """Raise `ConfigError`, before a run, for the first rule whose model is not configured for what it is asked."""
    rules = plan.model_rules
    if not rules or client.replays:
        return
    for step in rules:
        known = signature(step.rule)
        assert known is not None
        assert known.task is not None
        client.check_model(step.model, known.task)


async def _together(asked: list[Any]) -> list[Reply]:
    if len(asked) == 1:
        return [await asked[0]]
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in asked]
    except BaseExceptionGroup as raised:
        error: BaseException = raised
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        raise error from None
    return [task.result() for task in tasks]


def _answer(reply: Reply) -> Answer | None:
    """The numbers in a reply; None where there are none, as in a cassette that somebody edited."""
    try:
        found = json.loads(reply.text)
    except (ValueError, RecursionError):
        return None
    numbers = list(found.values()) if isinstance(found, dict) else found
    if not isinstance(numbers, list) or not numbers:
        return None
    if any(isinstance(one, bool) or not isinstance(one, int | float) for one in numbers):
        return None
    if isinstance(found, dict):
        return {name: float(one) for name, one in found.items()}
    return [float(one) for one in numbers]


def _note(replies: list[Reply], started: float) -> Note:
    paid = [reply for reply in replies if not reply.cached]
    return Note(
        ms=(perf_counter() - started) * 1000,
        calls=sum(reply.calls for reply in paid),
        tokens=sum(reply.tokens for reply in paid),
        cached=bool(replies) and not paid,
        cost=sum(reply.cost for reply in paid),
    )
