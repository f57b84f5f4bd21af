"""How a conversation, or a pair of texts, becomes what a model that measures reads.

`chat` leaves it to the chat template of the model, which the server or this process applies; `plain` and `chatml` are
written here; `pair` keeps prompt and response apart for models that were trained on pairs; any other text is a template
of the user's own.
"""

from __future__ import annotations

import re

from rmcompose.configuration import ConfigError
from rmcompose.runtime.client.config import Endpoint
from rmcompose.runtime.client.question import Messages, Task

DEFAULTS: dict[str, dict[Task, str]] = {
    "vllm-classify": {"reward": "chat"},
    "vllm-pooling": {"reward": "chat"},
    "tei": {"reward": "plain", "pair": "pair"},
    "openrlhf": {"reward": "plain"},
    "transformers": {"reward": "chat", "pair": "pair"},
}
"""The template of each kind of server, where the user says nothing; none where there is no honest guess."""

_CHATS = {"vllm-classify", "vllm-pooling", "transformers"}
_PAIRS = {"tei", "transformers"}
_NAMED = ("chat", "plain", "chatml", "pair")
_PLACES: dict[Task, tuple[str, str]] = {"reward": ("prompt", "response"), "pair": ("premise", "hypothesis")}


def template_of(endpoint: Endpoint, task: Task) -> str:
    """The template for a task; "" where the text is sent as it is. Raises `ConfigError` for one that cannot work."""
    if task not in _PLACES:
        return ""
    chosen = endpoint.template or DEFAULTS[endpoint.api].get(task)
    first, second = (f"{{{name}}}" for name in _PLACES[task])
    what = f'the model `{endpoint.name}` with `api` = "{endpoint.api}"'
    if chosen is None:
        raise ConfigError(f"{what} takes one text, not a pair: set `template`, a text with `{first}` and `{second}`")
    if chosen in _NAMED:
        able = endpoint.api in {"chat": _CHATS, "pair": _PAIRS}.get(chosen, {endpoint.api})
        if not able or (task == "pair" and chosen != "pair"):
            raise ConfigError(f'{what} cannot use the `template` "{chosen}" here')
    elif second not in chosen or (task == "pair" and first not in chosen):
        names = ", ".join(f'"{name}"' for name in _NAMED)
        raise ConfigError(f"the `template` of model `{endpoint.name}` is none of {names}, and has no `{second}`")
    return chosen


def texts_of(messages: Messages, task: Task, template: str) -> tuple[str, ...]:
    """The text, or the two texts, that a template makes; not for `chat`."""
    if not template:
        return (messages[0]["content"],)
    prompt = _prompt(messages[:-1])
    response = messages[-1]["content"]
    match template:
        case "pair":
            return (prompt, response)
        case "plain":
            return (_plain(messages),)
        case "chatml":
            return (_chatml(messages),)
    return (_filled(template, _PLACES[task], (prompt, response)),)


def prompt_of(messages: Messages, template: str) -> str:
    """What stands before the response, written the same way."""
    if template == "chatml":
        return _chatml(messages[:-1])
    return _plain(messages[:-1]) if template == "plain" else _prompt(messages[:-1])


def _prompt(messages: Messages) -> str:
    """One message as it is; several with their roles, since who said what would be lost."""
    return messages[0]["content"] if len(messages) == 1 else _plain(messages)


def _plain(messages: Messages) -> str:
    return "\n\n".join(f"{message['role'].capitalize()}: {message['content']}" for message in messages)


def _chatml(messages: Messages) -> str:
    return "".join(f"<|im_start|>{message['role']}\n{message['content']}<|im_end|>\n" for message in messages)


def _filled(template: str, names: tuple[str, str], values: tuple[str, str]) -> str:
    """The template with both places filled at once: what is filled in is never looked at again."""
    known = dict(zip(names, values, strict=True))
    return re.sub(r"\{(\w+)\}", lambda found: known.get(found[1], found[0]), template)
