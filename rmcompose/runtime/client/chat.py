"""The chat protocol of OpenAI: a question as a request, and what a 200 says."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from rmcompose.runtime.client.config import Endpoint
from rmcompose.runtime.client.odds import digit_odds
from rmcompose.runtime.client.question import Question, Reply
from rmcompose.runtime.client.trouble import Trouble, line, refused


@dataclass(slots=True)
class Chat:
    """How a chat server is spoken to, with what it turned out not to understand, learned from its refusals.

    A `Dialect`, as `dialects.py` says; a request holds one question.
    """

    schema: bool = True
    completion_tokens: bool = False
    logprobs: bool = True

    most: ClassVar[int] = 1

    def url(self, endpoint: Endpoint) -> str:  # noqa: ARG002  # below the address of any chat server
        """Where requests go, below the address of the server."""
        return "/chat/completions"

    def body(self, batch: Sequence[Question], endpoint: Endpoint) -> dict[str, Any]:
        """The request for a question."""
        (asked,) = batch
        body: dict[str, Any] = {"model": endpoint.model, "messages": [dict(message) for message in asked.messages]}
        body.update(asked.settings)
        if not self.logprobs:
            body.pop("logprobs", None)
            body.pop("top_logprobs", None)
        if self.completion_tokens and "max_tokens" in body:
            body["max_completion_tokens"] = body.pop("max_tokens")
        if self.schema and asked.schema is not None:
            schema = {"name": "verdict", "strict": True, "schema": asked.schema}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        return body

    def learn(self, trouble: Trouble, body: Mapping[str, Any]) -> bool:
        """Whether the refusal of this request is overcome by saying it another way from now on."""
        if trouble.status not in (400, 422):
            return False
        if "response_format" in body and _ABOUT_SCHEMA.search(trouble.message + " " + trouble.param):
            self.schema = False
            return True
        if "logprobs" in body and "logprobs" in trouble.message + trouble.param:
            self.logprobs = False
            return True
        if "max_tokens" in body and "max_completion_tokens" in trouble.message:
            self.completion_tokens = True
            return True
        return False

    def replies(self, content: bytes, batch: Sequence[Question], endpoint: Endpoint) -> list[Reply] | Trouble:  # noqa: ARG002  # one question, one reply
        """What a 200 says. Servers differ here, so nothing in it is taken for granted."""
        told = _reply(content, endpoint)
        return told if isinstance(told, Trouble) else [told]


_ABOUT_SCHEMA = re.compile(r"response_?format|json_?\s?schema|structured.output|guided", re.IGNORECASE)


def _reply(content: bytes, endpoint: Endpoint) -> Reply | Trouble:
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        return Trouble(None, "the server's answer is no JSON", final=True)
    choices = data.get("choices") if isinstance(data, dict) else None
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        error = data.get("error") if isinstance(data, dict) else None
        code = error.get("code") if isinstance(error, dict) else None
        if type(code) is int:  # some gateways put the status of the server behind them into a 200
            return refused(code, error, {}, endpoint)
        return Trouble(None, line(f"the server's answer has no choices: {error or ''}", endpoint), final=True)
    message = choices[0].get("message")
    message = message if isinstance(message, dict) else {}
    usage = data.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    finish = choices[0].get("finish_reason")
    refusal = message.get("refusal")
    kind = None
    if isinstance(refusal, str) and refusal:
        text, kind = line(refusal, endpoint), "refused"
    elif finish == "content_filter":
        text, kind = "the server's content filter stopped the reply", "refused"
    else:
        text = endpoint.without_key(_content(message.get("content")))
    return Reply(
        text,
        kind,
        tokens_in=_count(usage.get("prompt_tokens")),
        tokens_out=_count(usage.get("completion_tokens")),
        calls=1,
        cut=finish == "length",
        odds=digit_odds(choices[0].get("logprobs"), text) if kind is None else (),
    )


def _content(content: object) -> str:
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        content = "".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else ""


def _count(value: object) -> int:
    return value if type(value) is int and value >= 0 else 0
