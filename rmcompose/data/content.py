"""The text of a message, however its content is written: text, or a list of parts."""

from __future__ import annotations

from typing import Any

from rmcompose.data.errors import kind_of

_TEXT_PARTS = frozenset({"text", "input_text", "output_text"})
_KEPT = ("name", "tool_calls", "tool_call_id", "reasoning_content")


class Absent:
    """A text that is not there, and why not."""

    __slots__ = ("why",)

    def __init__(self, why: str) -> None:
        self.why = why


def fields_of(value: Any) -> dict[str, Any] | None:
    """The fields of an object: a dict as it is, a pydantic model's own dict; None for anything else."""
    if isinstance(value, dict):
        return value
    if hasattr(type(value), "model_fields"):
        own: dict[str, Any] = value.__dict__
        extra = getattr(value, "__pydantic_extra__", None)
        return {**own, **extra} if extra else own
    return None


def text_of(content: Any, what: str) -> str | Absent:
    """The text of a message's content, its text parts joined by newlines.

    Args:
        content: text, or a list of parts (`{"type": "text", "text": …}` or plain texts).
        what: how a message calls it, such as "response 2".

    Returns:
        The text; or why there is none: the content is null, of another type, or holds an image or another part that
        is not text. Such a part is never left out in silence: a grade of the rest would be a grade of another text.
    """
    if isinstance(content, str):
        return content
    if content is None:
        return Absent(f"{what} is null")
    if not isinstance(content, (list, tuple)):
        return Absent(f"{what} is {kind_of(content)}, not text")
    texts: list[str] = []
    for part in content:
        if isinstance(part, str):
            texts.append(part)
            continue
        fields = fields_of(part)
        if fields is None:
            return Absent(f"{what} holds a part that is {kind_of(part)}, not text")
        kind, text = fields.get("type", "text"), fields.get("text")
        if not isinstance(kind, str) or kind not in _TEXT_PARTS:
            return Absent(f"{what} holds a part that is not text: `{str(kind)[:40]}`")
        if not isinstance(text, str):
            return Absent(f"{what} holds a text part without text")
        texts.append(text)
    return "\n".join(texts) if texts else Absent(f"{what} holds no part")


def messages_of(value: Any, what: str) -> list[dict[str, Any]] | Absent:
    """Messages as `{"role", "content"}` with `content` as text, in order.

    A message without a role is the user's. `name`, `tool_calls`, `tool_call_id` and `reasoning_content` are kept where
    they hold something; a null content beside tool calls is the empty text. One message that cannot be read makes the
    whole list absent: a conversation with a hole is another conversation.
    """
    if not isinstance(value, (list, tuple)):
        return Absent(f"{what} is {kind_of(value)}, not a list of messages")
    messages: list[dict[str, Any]] = []
    for number, one in enumerate(value, start=1):
        fields = fields_of(one)
        if fields is None:
            return Absent(f"message {number} of {what} is {kind_of(one)}, not an object")
        role = role_of(fields)
        if role is None:
            return Absent(f"the role of message {number} of {what} is not text")
        kept = {name: found for name in _KEPT if (found := fields.get(name))}
        content = fields.get("content")
        text = "" if content is None and "tool_calls" in kept else text_of(content, f"message {number} of {what}")
        if isinstance(text, Absent):
            return text
        messages.append({"role": role, "content": text, **kept})
    return messages


def last_user_text(value: Any, what: str) -> str | Absent:
    """The text of the last message of the user; the other messages need not be readable."""
    if not isinstance(value, (list, tuple)):
        return Absent(f"{what} is {kind_of(value)}, not a list of messages")
    for number in range(len(value), 0, -1):
        fields = fields_of(value[number - 1])
        if fields is not None and role_of(fields) == "user":
            return text_of(fields.get("content"), f"message {number} of {what}")
    return Absent(f"{what} has no message of the user")


def prompt_text(value: Any, what: str) -> str | Absent:
    """The text of a prompt: text, parts of one message, or messages of which the user's last is meant."""
    return last_user_text(value, what) if is_conversation(value) else text_of(value, what)


def is_conversation(value: Any) -> bool:
    """Whether a value is a list of messages (which have roles or contents), not text or the parts of one message."""
    if not isinstance(value, (list, tuple)):
        return False
    items = [fields_of(item) for item in value]
    return not items or any(item is not None and ("role" in item or "content" in item) for item in items)


def role_of(fields: dict[str, Any]) -> str | None:
    """The role of a message as plain text (an enum's value), `user` where it is left out, None where it is no text."""
    role = fields.get("role")
    if role is None:
        return "user"
    role = getattr(role, "value", role)
    return role if isinstance(role, str) else None


def last_assistant(value: Any) -> int | None:
    """The position of the last message of the assistant in a list of messages, or None."""
    if isinstance(value, (list, tuple)):
        for position in range(len(value) - 1, -1, -1):
            fields = fields_of(value[position])
            if fields is not None and role_of(fields) == "assistant":
                return position
    return None
