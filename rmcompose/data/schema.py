"""Samples and results as objects, under the names and with the fields that RM-Gallery gave them.

One thing differs by design: a score that is missing is `None`, never 0. `Reward` also holds what an evaluation found
out: the status, the reason where there is no score, and the value of every node.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Generic, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, field_validator

from rmcompose.data.content import fields_of, role_of


def _now() -> datetime:
    return datetime.now(UTC)


class MessageRole(StrEnum):
    """Who says a message. A `StrEnum`, so that it prints as its value on every version of Python."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    FUNCTION = "function"
    TOOL = "tool"

    @classmethod
    def _missing_(cls, value: object) -> MessageRole | None:
        return cls.SYSTEM if value == "developer" else None  # the newer name of the same role


class Tool(BaseModel):
    """The function of a tool call: its name, and its arguments as JSON text."""

    arguments: str
    name: str


class ChatTool(BaseModel):
    """A tool call of an assistant's message."""

    id: str
    function: Tool
    type: Literal["function"] = "function"


class ChatMessage(BaseModel):
    """One message. `content` is text, or a list of parts; what rewards leave behind is in `additional_kwargs`.

    Fields beyond those below are kept: they can be read by name where the message is a response.
    """

    model_config = ConfigDict(extra="allow")

    role: MessageRole = MessageRole.USER
    name: str | None = None
    content: Any = ""
    reasoning_content: Any = ""
    tool_calls: list[ChatTool] | None = None
    additional_kwargs: dict[str, Any] = Field(default_factory=dict)
    time_created: datetime = Field(default_factory=_now)

    def __add__(self, delta: ChatMessage | None) -> Self:
        """This message with the text of a later piece of the same stream behind it."""
        if delta is None:
            return self
        return self.model_copy(
            update={
                "content": (self.content or "") + (delta.content or ""),
                "reasoning_content": (self.reasoning_content or "") + (delta.reasoning_content or ""),
                "tool_calls": delta.tool_calls or self.tool_calls,
                "additional_kwargs": {**self.additional_kwargs, **delta.additional_kwargs},
            }
        )

    @staticmethod
    def convert_from_strings(messages: Sequence[str], system_message: str = "") -> list[ChatMessage]:
        """Texts that user and assistant say in turn, behind the system message where there is one."""
        roles = (MessageRole.USER, MessageRole.ASSISTANT)
        said = [ChatMessage(role=roles[turn % 2], content=text) for turn, text in enumerate(messages)]
        return [ChatMessage(role=MessageRole.SYSTEM, content=system_message), *said] if system_message else said

    @staticmethod
    def convert_to_strings(messages: Sequence[ChatMessage]) -> tuple[list[str], str]:
        """The texts of the messages, and apart from them the system message where the first is one."""
        system = bool(messages) and messages[0].role is MessageRole.SYSTEM
        said = messages[1:] if system else messages
        return [message.content for message in said], messages[0].content if system else ""


class ChatResponse(BaseModel):
    """What a chat model gave back: its message, or why there is none."""

    message: ChatMessage | None = None
    raw: dict[str, Any] | None = None
    delta: str | None = None
    error_message: str | None = None
    additional_kwargs: dict[str, Any] = Field(default_factory=dict)


class RewardDimension(BaseModel):
    """One aspect of a reward and the reason of its grade."""

    name: str
    reason: str


class RewardDimensionWithScore(RewardDimension):
    """An aspect with the score of one response; higher is better."""

    score: float


class RewardDimensionWithRank(RewardDimension):
    """An aspect with a score for every response of a sample, in their order; higher is better.

    The name of the field says rank, its values are scores all the same.
    """

    rank: list[float]

    def __getitem__(self, index: int) -> RewardDimensionWithScore:
        return RewardDimensionWithScore(name=self.name, reason=self.reason, score=self.rank[index])


T = TypeVar("T", bound=RewardDimension)


class RewardResult(BaseModel, Generic[T]):
    """What a reward returns: its name, the graded aspects and anything else worth keeping."""

    name: str
    details: list[T]
    extra_data: dict[str, Any] = Field(default_factory=dict)


class Reward(BaseModel):
    """The reward of a response.

    `score` is None where there is none; `status` then says whether the response is `unscored` or not evaluated (None),
    and `reason` (`{"kind", "node", "message"}`) why. `nodes` holds the result of each node of the composition by name.
    """

    score: float | None = None
    details: list[RewardDimensionWithScore] = Field(default_factory=list)
    status: Literal["scored", "unscored", "skipped"] | None = None
    reason: dict[str, Any] | None = None
    nodes: dict[str, dict[str, Any]] = Field(default_factory=dict)

    def merge(self, other: Reward) -> None:
        """Take over what `other` has and this lacks; its score, status and reason where it was evaluated.

        Details that both hold, because both began as copies of one sample, are counted once.
        """
        mine = list(self.details)
        for detail in other.details:
            if detail in mine:
                mine.remove(detail)
            else:
                self.details.append(detail.model_copy())
        self.nodes.update({name: dict(node) for name, node in other.nodes.items()})
        if other.status is not None or other.score is not None:
            self.score, self.status = other.score, other.status
            self.reason = None if other.reason is None else dict(other.reason)


class Step(ChatMessage):
    """A response, or a step of one. `label` holds what is known of it: `reference`, `preference` and the like."""

    label: dict[str, Any] = Field(default_factory=dict)
    reward: Reward = Field(default_factory=Reward)

    @field_validator("label", mode="before")
    @classmethod
    def _no_label(cls, value: Any) -> Any:
        return {} if value is None else value

    @field_validator("reward", mode="before")
    @classmethod
    def _no_reward(cls, value: Any) -> Any:
        return {} if value is None else value

    def _merge(self, other: Step) -> None:
        self.additional_kwargs.update(other.additional_kwargs)
        self.reward.merge(other.reward)


class DataOutput(BaseModel):
    """One response to the sample: the answer, and the steps that led to it where they are known."""

    answer: Step
    steps: list[Step] | None = None


class DataSample(BaseModel):
    """A prompt with its responses. The reference of a response is `output[i].answer.label["reference"]`.

    Columns beyond the fields below are kept: inputs bind to them by name.
    """

    model_config = ConfigDict(extra="allow")

    unique_id: str
    input: list[ChatMessage] = Field(default_factory=list)
    output: list[DataOutput] = Field(default_factory=list)
    task_category: str | None = None
    source: str | None = None
    created_at: datetime = Field(default_factory=_now)
    metadata: dict[str, Any] | None = None

    def update(self, sample: DataSample) -> Self:
        """Merge the results of another evaluation of the same sample into this one, and return it.

        Per message, answer and step: `additional_kwargs` are merged (the other's win), rewards as in `Reward.merge`.

        Raises:
            ValueError: the other is not the same sample, or has another number of messages, outputs or steps.
        """
        if sample.unique_id != self.unique_id:
            raise ValueError(f"cannot merge sample `{sample.unique_id}` into `{self.unique_id}`")
        _same_length("messages", self.input, sample.input)
        _same_length("outputs", self.output, sample.output)
        for mine, other in zip(self.output, sample.output, strict=True):
            _same_length("steps", mine.steps or [], other.steps or [])
        for message, other_message in zip(self.input, sample.input, strict=True):
            message.additional_kwargs.update(other_message.additional_kwargs)
        for mine, other in zip(self.output, sample.output, strict=True):
            mine.answer._merge(other.answer)
            for step, other_step in zip(mine.steps or [], other.steps or [], strict=True):
                step._merge(other_step)
        return self


def format_messages(messages: Iterable[ChatMessage | dict[str, Any]]) -> str:
    """Each message as `<role>content</role>`, one below the other, the same on every version of Python."""
    rendered: list[str] = []
    for message in messages:
        fields = fields_of(message) or {}
        role = role_of(fields)
        rendered.append(f"<{role}>{fields.get('content', '')}</{role}>")
    return "\n".join(rendered)


def _same_length(what: str, mine: Sequence[object], other: Sequence[object]) -> None:
    if len(mine) != len(other):
        raise ValueError(f"cannot merge samples with {len(mine)} and {len(other)} {what}")
