"""Which dialect a server is spoken to in.

A `Dialect` makes one request of a batch of questions, and of a 200 a reply for each. Look first at `chat.py` for
judges, then at `measures.py` for models that give numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from rmcompose.runtime.client.chat import Chat
from rmcompose.runtime.client.config import Endpoint
from rmcompose.runtime.client.local import check_installed
from rmcompose.runtime.client.measures import (
    Embeddings,
    InProcess,
    OpenRLHF,
    TeiEmbed,
    TeiPredict,
    VllmClassify,
    VllmPooling,
)
from rmcompose.runtime.client.question import Question, Reply, Task
from rmcompose.runtime.client.rendering import template_of
from rmcompose.runtime.client.trouble import Trouble


class Dialect(Protocol):
    """How one server is spoken to."""

    @property
    def most(self) -> int:
        """How many questions a request may hold."""

    def url(self, endpoint: Endpoint) -> str:
        """Where requests go: an address, or a path below that of the server."""

    def body(self, batch: Sequence[Question], endpoint: Endpoint) -> dict[str, Any]:
        """The request for a batch."""

    def replies(self, content: bytes, batch: Sequence[Question], endpoint: Endpoint) -> list[Reply] | Trouble:
        """What a 200 says, in the order of the batch."""

    def learn(self, trouble: Trouble, body: Mapping[str, Any]) -> bool:
        """Whether a refusal is overcome by saying it another way from now on."""


def dialect_of(endpoint: Endpoint, task: Task) -> Dialect:
    """The dialect for a task, which the endpoint must be able to do. Raises `ConfigError` for a bad template."""
    template = template_of(endpoint, task)
    match endpoint.api, task:
        case "vllm-classify", _:
            return VllmClassify(endpoint, task, template)
        case "vllm-pooling", _:
            return VllmPooling(endpoint, task, template)
        case "tei", "embed":
            return TeiEmbed(endpoint, task, template)
        case "tei", _:
            return TeiPredict(endpoint, task, template)
        case "openrlhf", _:
            return OpenRLHF(endpoint, task, template)
        case "transformers", _:
            check_installed(endpoint)
            return InProcess(endpoint, task, template)
        case "openai", "embed":
            return Embeddings(endpoint, task, template)
    return Chat()
