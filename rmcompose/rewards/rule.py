"""Rewards written in Python as rules of a spec: `rule polite = politeness(threshold = 0.7)`.

The settings of the rule are the reward's fields, its data are what a spec hands to rules. Single responses are judged
one by one, compared ones as a group.
"""

from __future__ import annotations

import functools
import inspect
import types
import typing
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal, cast

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from rmcompose.data.content import fields_of
from rmcompose.data.errors import lowered
from rmcompose.data.native import step_fields
from rmcompose.data.schema import ChatMessage, DataOutput, DataSample, MessageRole, Reward, Step
from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.registry import ArgumentKind, ArgumentSpec, RuleSignature
from rmcompose.rewards.base import BaseReward
from rmcompose.rewards.listwise import BaseListWiseReward
from rmcompose.rewards.llm_reward import BaseLLMReward
from rmcompose.rewards.stepwise import BaseStepWiseReward

Call = Callable[..., Any]

_KINDS: dict[Any, ArgumentKind] = {bool: "bool", int: "int", float: "float", str: "text", list: "list"}
_DATA = (
    ArgumentSpec("text", "text", "the response", role="text"),
    ArgumentSpec("messages", "list", "the conversation before the response", role="messages", optional=True),
    ArgumentSpec(
        "reference", "any", "the reference, as `reference` in the answer's label", role="reference", optional=True
    ),
    ArgumentSpec("label", "any", "the answer's label", role="label", optional=True),
    ArgumentSpec("metadata", "any", "the sample's metadata", role="metadata", optional=True),
)
_STEPS = ArgumentSpec("steps", "list", "the steps of the response: texts or messages", role="steps")
_ELSEWHERE = frozenset({"name", "max_workers"})
"""Fields that change no score."""


def rule_of(name: str, reward: type[BaseReward]) -> RuleSignature:
    """The rule that a reward class is in specs.

    Fields of the kinds that specs know (bool, int, float, str, list and `Literal` texts) are settings. Other fields
    keep their defaults; where they have none, the rule exists but every value of it is unscored, and says so.
    """
    stepwise = issubclass(reward, BaseStepWiseReward)
    compares = issubclass(reward, BaseListWiseReward)
    data = (*_DATA, _STEPS) if stepwise else _DATA
    taken = {argument.name for argument in data}
    settings: list[ArgumentSpec] = []
    unset: list[str] = []
    for field_name, field in reward.model_fields.items():
        if field_name in _ELSEWHERE:
            continue
        spec = None if field_name in taken else _setting(name, field_name, field)
        if spec is not None:
            settings.append(spec)
        elif field.is_required():
            unset.append(field_name)
    low, high = reward.score_range
    own_doc = reward.__dict__.get("__doc__")
    return RuleSignature(
        name=name,
        doc=inspect.cleandoc(own_doc) if own_doc else f"The reward `{reward.__name__}`.",
        arguments=(*data, *settings),
        returns="float",
        low=float(low),
        high=float(high),
        function=functools.partial(_cannot, f"`{name}` is not prepared"),
        prepare=functools.partial(_prepare, name, reward, tuple(unset), compares),
        level="group" if compares else "response",
        cost=2 if issubclass(reward, BaseLLMReward) else 1,
    )


def _prepare(name: str, kind: type[BaseReward], unset: Sequence[str], compares: bool, /, **settings: Any) -> Call:  # noqa: FBT001
    """The callable for one composition; where the reward cannot be made, one that raises RuleError."""
    if unset:
        return functools.partial(_cannot, f"`{name}` cannot be used from a spec: its field `{unset[0]}` has no default")
    # a default is as the class's author wrote it, valid or not; what is handed over is checked
    given = {one: value for one, value in settings.items() if not _is_default(kind.model_fields[one], value)}
    if kind.model_fields["name"].is_required():
        given["name"] = name
    try:
        reward = kind(**given)
        reward._ready()
    except ValidationError as error:
        return functools.partial(_cannot, f"`{name}` cannot be made: {_first(error)}")
    except Exception as error:  # noqa: BLE001  # fields may be made by anyone's code
        return functools.partial(_cannot, f"`{name}` cannot be made: {' '.join(str(error).split())}")
    return functools.partial(_each if compares else _one, reward)


def _is_default(field: FieldInfo, value: Any) -> bool:
    if field.is_required():
        return False
    default = field.get_default(call_default_factory=True, validated_data={})
    return type(value) is type(default) and bool(value == default)


def _cannot(message: str, /, **_: Any) -> Any:
    raise RuleError(message)


def _one(
    reward: BaseReward,
    /,
    text: str,
    messages: Any = None,
    reference: Any = None,
    label: Any = None,
    metadata: Any = None,
    steps: Any = None,
) -> float:
    """The score of one response. Raises RuleError with the reason where it is unscored."""
    rewards = _rewards(reward, messages, metadata, [_output(text, reference, label, steps)])
    score = rewards[0].score
    if score is None:
        raise _reason(rewards[0])
    return score


def _each(
    reward: BaseReward,
    /,
    text: Sequence[str],
    messages: Sequence[Any] | None = None,
    reference: Sequence[Any] | None = None,
    label: Sequence[Any] | None = None,
    metadata: Sequence[Any] | None = None,
) -> list[float | None]:
    """The scores of the responses of a sample, one item of every list a response; None where it is unscored.

    Raises RuleError with the first reason where all are unscored.
    """
    nothing = [None] * len(text)
    references, labels = reference or nothing, label or nothing
    outputs = [_output(*one, None) for one in zip(text, references, labels, strict=True)]
    # what belongs to the sample is the same in every item
    rewards = _rewards(reward, messages[0] if messages else None, metadata[0] if metadata else None, outputs)
    if rewards and all(one.score is None for one in rewards):
        raise _reason(rewards[0])
    return [one.score for one in rewards]


def _rewards(reward: BaseReward, messages: Any, metadata: Any, outputs: list[DataOutput]) -> list[Reward]:
    try:
        sample = DataSample(
            unique_id="",
            input=[ChatMessage.model_validate(fields_of(message)) for message in messages or ()],
            output=outputs,
            metadata=metadata if metadata is None or isinstance(metadata, dict) else {"metadata": metadata},
        )
    except ValidationError as error:
        raise RuleError(f"the sample cannot be read: {_first(error)}") from None
    return [output.answer.reward for output in reward._evaluated(sample).output]


def _output(text: str, reference: Any, label: Any, steps: Any) -> DataOutput:
    held = dict(label) if isinstance(label, dict) else {} if label is None else {"label": label}
    if reference is not None:
        held["reference"] = reference
    try:
        return DataOutput(
            answer=Step(role=MessageRole.ASSISTANT, content=text, label=held),
            steps=None if steps is None else [_step(step) for step in steps],
        )
    except ValidationError as error:
        raise RuleError(f"the response cannot be read: {_first(error)}") from None


def _step(step: Any) -> Step:
    return Step.model_validate(step_fields(step))


def _reason(reward: Reward) -> RuleError:
    reason = reward.reason or {}
    return RuleError(reason["message"], reason["kind"])


def _setting(rule: str, name: str, field: FieldInfo) -> ArgumentSpec | None:
    """The setting that a field is, or None where specs have no such values."""
    kind, choices = _kind(field.annotation)
    if kind is None:
        return None
    required = field.is_required()
    return ArgumentSpec(
        name,
        kind,
        field.description or "",
        default=None if required else field.get_default(call_default_factory=True, validated_data={}),
        required=required,
        constant=True,
        choices=choices,
        check=functools.partial(_wrong, rule, name, field),
    )


def _kind(annotation: Any) -> tuple[ArgumentKind | None, tuple[str, ...]]:
    """What a field is in a spec, and its choices where it has some."""
    origin = typing.get_origin(annotation)
    if origin is Annotated:
        return _kind(typing.get_args(annotation)[0])
    if origin in (typing.Union, types.UnionType):
        inner = [one for one in typing.get_args(annotation) if one is not type(None)]
        return _kind(inner[0]) if len(inner) == 1 else (None, ())
    if origin is Literal:
        choices = typing.get_args(annotation)
        return (
            ("text", cast("tuple[str, ...]", choices)) if all(isinstance(one, str) for one in choices) else (None, ())
        )
    return _KINDS.get(origin or annotation), ()


def _wrong(rule: str, name: str, field: FieldInfo, value: Any) -> str | None:
    """Why a field cannot have a value."""
    annotated: Any = Annotated[field.annotation, field]
    try:
        TypeAdapter(annotated).validate_python(value)
    except ValidationError as error:
        return f"`{name}` of `{rule}`: {lowered(error.errors(include_url=False)[0]['msg'])}"
    return None


def _first(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"`{place}`: {lowered(first['msg'])}" if place else lowered(first["msg"])
