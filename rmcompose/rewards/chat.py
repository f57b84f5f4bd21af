"""Chat models as rewards use them: messages in, a message out, or an error that says why there is none."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from rmcompose.data.schema import ChatMessage, ChatResponse, MessageRole
from rmcompose.primitives.failure import RuleError


class LLMError(RuleError):
    """A chat without a usable reply. `kind` is `refused`, `timeout` or `provider_error`, the message one line."""


class BaseLLM(BaseModel, ABC):
    """A chat model. A subclass implements `chat`.

    With `enable_thinking` the model reasons by itself, and `simple_chat` gives its reasoning along.
    """

    model_config = ConfigDict(extra="forbid")

    model: str
    enable_thinking: bool = False

    @abstractmethod
    def chat(self, messages: Sequence[ChatMessage | dict[str, Any]], **options: Any) -> ChatResponse:
        """The model's next message; `options` override the model's settings for this call.

        Raises:
            LLMError: there is no usable reply.
        """

    def simple_chat(
        self,
        query: str,
        history: Sequence[str | ChatMessage] | None = None,
        sys_prompt: str | None = None,
        **options: Any,
    ) -> str:
        """The text of the reply to a query.

        Args:
            query: what the user says.
            history: what was said before: messages, or texts that user and assistant said in turn, the user first.
            sys_prompt: the system message.
            options: as for `chat`.

        Returns:
            The text; with `enable_thinking`, behind the reasoning as `<think>…</think>`, where the model gives it.

        Raises:
            LLMError: there is no usable reply.
        """
        roles = (MessageRole.USER, MessageRole.ASSISTANT)
        messages = [ChatMessage(role=MessageRole.SYSTEM, content=sys_prompt)] if sys_prompt else []
        for turn, said in enumerate(history or ()):
            messages.append(ChatMessage(role=roles[turn % 2], content=said) if isinstance(said, str) else said)
        messages.append(ChatMessage(content=query))
        reply = self.chat(messages, **options).message
        text = str((reply.content if reply else None) or "")
        if self.enable_thinking and reply and reply.reasoning_content:
            return f"<think>{reply.reasoning_content}</think>\n{text}"
        return text
