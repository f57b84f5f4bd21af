"""Prompts for judges written in Python: what to ask, the shape of the reply, and reading it."""

from __future__ import annotations

import ast
import json
import types
import typing
from typing import Any, Self

from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from rmcompose.data.errors import lowered
from rmcompose.rewards.sections import sections

THINK = "think"
"""The tag that models put their reasoning in; it stands in for `reason`."""
_LONGEST_LITERAL = 100_000


class BasePromptTemplate(BaseModel):
    """The reply of a judge as fields, each of which the model writes as a section `<field>…</field>`.

    A subclass adds fields and implements `format`, which makes the prompt and usually ends with `schema()`. `reason` is
    the model's reasoning: its `<reason>` section, or else its `<think>` section, or else empty.
    """

    model_config = ConfigDict(populate_by_name=True)

    reason: str = Field(default="", alias=THINK, description="your reasoning, step by step")

    @classmethod
    def format(cls, *args: Any, **kwargs: Any) -> str:
        """The prompt, from what the reward's `_before_evaluate` gives by name, and `enable_thinking` if it is taken."""
        raise NotImplementedError(f"`{cls.__name__}` does not define `format`")

    @classmethod
    def parse(cls, text: str) -> Self:
        """The fields read from a reply; the last complete section of a tag counts.

        Text is never evaluated: lists and objects are read as JSON, or as Python literals.

        Raises:
            ValueError: a section is missing, or does not hold what its field is; the message is one line.
        """
        tags = {name: _tags(name, field) for name, field in cls.model_fields.items()}
        found = sections(text, {THINK, *(tag for some in tags.values() for tag in some)})
        values: dict[str, Any] = {}
        for name, field in cls.model_fields.items():
            said = next((found[tag] for tag in tags[name] if tag in found), None)
            if said is not None:
                values[name] = _literal(name, said) if _is_structure(field.annotation) else said
            elif field.is_required():
                raise ValueError(f"the reply has no section `<{name}>…</{name}>`")
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"]) or cls.__name__
            raise ValueError(f"`{place}` of the reply: {lowered(first['msg'])}") from None

    @classmethod
    def schema(cls, enable_thinking: bool = False, **_: Any) -> str:  # type: ignore[override]  # noqa: FBT001, FBT002  # the name and signature users know
        """The shape of the reply in words for the end of a prompt, one section a field.

        With `enable_thinking` the model reasons by itself, and `<reason>` is not asked for.
        """
        lines = ["Write each part of your reply between its tags, and nothing outside of them:"]
        for name, field in cls.model_fields.items():
            if name != "reason" or not enable_thinking:
                lines += [f"<{name}>", field.description or name, f"</{name}>"]
        return "\n".join(lines)


def _tags(name: str, field: FieldInfo) -> list[str]:
    """The tags a field is read from, the preferred first."""
    others: list[str] = [field.alias] if field.alias else []
    match field.validation_alias:
        case str() as alias:
            others.append(alias)
        case AliasChoices(choices=choices):
            others += [choice for choice in choices if not isinstance(choice, AliasPath)]
    return list(dict.fromkeys([name, *others, *([THINK] if name == "reason" else [])]))


def _is_structure(annotation: Any) -> bool:
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return _is_structure(typing.get_args(annotation)[0])
    if origin in (typing.Union, types.UnionType):
        inner = typing.get_args(annotation)
        return str not in inner and any(map(_is_structure, inner))
    kind = origin or annotation
    return isinstance(kind, type) and issubclass(kind, list | tuple | set | frozenset | dict | BaseModel)


def _literal(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        if len(text) <= _LONGEST_LITERAL:
            return ast.literal_eval(text)  # values only: names and calls are refused
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        pass
    raise ValueError(f"`{name}` of the reply is neither JSON nor a literal")
