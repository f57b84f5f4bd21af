"""Showing data to a model as data: plain text of a value, between marks that the data cannot imitate."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from rmcompose.data.content import Absent, text_of


class Unshowable(Exception):
    """A value that a judge cannot be shown as text; the text says what it holds."""


def plain(value: object) -> str:
    """A value as text: texts as they are, messages labelled by role, lists one item a line, other values as JSON.

    Lone surrogates become `?`: they cannot be sent. Raises `Unshowable` for images and other parts of messages that
    are not text, and for objects that JSON cannot hold: a judge that saw the rest would judge something else.
    """
    return _render(value).encode("utf-8", "replace").decode("utf-8")


def number_text(value: float) -> str:
    """A number as people write it: `1` for 1.0, and else the shortest text that reads back as the same number."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def mark_for(texts: Sequence[str]) -> str:
    """A mark that occurs in none of the texts, not even in other case; it depends on nothing but the texts.

    The plain mark serves almost always, which keeps the beginnings of prompts equal for servers that reuse them.
    """
    folded = "\n".join(texts).casefold()
    mark, salt = "data-0", 0
    while mark in folded:
        mark = "data-" + hashlib.sha256(f"{salt}\n{folded}".encode("utf-8", "replace")).hexdigest()[:12]
        salt += 1
    return mark


def fenced(mark: str, label: str, text: str) -> str:
    """The text between an opening and a closing mark, each on its own line."""
    return f'<{mark} name="{label}">\n{text}\n</{mark}>'


def _render(value: object) -> str:
    if isinstance(value, str):
        return value
    message = _message(value)
    if message is not None:
        return message
    if isinstance(value, (list, tuple)) and value:
        messages = [_message(item) for item in value]
        if all(item is not None for item in messages):
            return "\n\n".join(item for item in messages if item is not None)
        if all(isinstance(item, (str, int, float)) for item in value):
            return "\n".join(f"- {item if isinstance(item, str) else json.dumps(item)}" for item in value)
        if _is_parts(value):
            return _parts(value, "it")
    try:
        return json.dumps(value, ensure_ascii=False, default=_unknown)
    except (ValueError, TypeError, RecursionError) as error:
        raise Unshowable(f"it cannot be written as text: {error}") from None


def _message(value: Any) -> str | None:
    """`role: content` of a chat message, given as a mapping or an object; None where the value is no message."""
    if isinstance(value, Mapping):
        role, content = value.get("role"), value.get("content")
    else:
        role, content = getattr(value, "role", None), getattr(value, "content", None)
    role = getattr(role, "value", role)  # roles may be an enum
    if not isinstance(role, str):
        return None
    if isinstance(content, (list, tuple)):
        content = _parts(content, f"a message of the {role}")
    if content is None:
        content = ""
    return f"{role}:\n{content}" if isinstance(content, str) else None


def _parts(content: Sequence[Any], what: str) -> str:
    text = text_of(content, what)
    if isinstance(text, Absent):
        raise Unshowable(text.why)
    return text


def _is_parts(value: Sequence[Any]) -> bool:
    """Whether a list is the content of one message, in parts."""
    kinds = [item.get("type") if isinstance(item, Mapping) else None for item in value]
    return any(isinstance(kind, str) and (kind in _PARTS or kind.endswith(("_url", "_image"))) for kind in kinds)


_PARTS = frozenset({"text", "input_text", "output_text", "image", "audio", "input_audio", "video", "file"})


def _unknown(value: object) -> str:
    raise Unshowable(f"it holds a value of type `{type(value).__name__}`, which is no text")
