"""Classifiers: toxicity of a text, entailment between two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rmcompose.primitives.asking import Answer, Ask
from rmcompose.primitives.models.naming import MODEL, TIMEOUT, classes, pick
from rmcompose.primitives.registry import TEXT, data, register, setting

TOXIC = ("toxic", "toxicity")
"""Names that classifiers of toxicity give the class."""


def _ask_text(text: str, **_: Any) -> tuple[Ask, ...]:
    return (Ask((("text", text),)),)


def _explain_toxic(_value: float, answers: Sequence[Answer] = (), label: str = "", **_: Any) -> str:
    name, value = pick(classes(answers), (label.casefold(),) if label else TOXIC)
    return f"{name} {value:.4g}"


@register(
    "toxicity",
    returns="float",
    low=0,
    high=1,
    cost=2,
    arguments={
        "text": TEXT,
        "model": MODEL,
        "label": setting("the class that counts; left out, `toxic` or `toxicity`", constant=True),
        "timeout": TIMEOUT,
    },
    task="classify",
    ask=_ask_text,
    asks=(("text",),),
    answers=({"toxic": 0.875, "neutral": 0.125},),
    explain=_explain_toxic,
    example='toxicity(text = "You fool.", model = "tox") -> 0.875',
)
def toxicity(
    text: str,  # noqa: ARG001  # asked about
    model: str,  # noqa: ARG001
    label: str = "",
    timeout: float = 120.0,  # noqa: ARG001
    answers: Sequence[Answer] = (),
) -> float:
    """The probability that a classifier gives the class of toxic texts: 1 is toxic.

    The class is found by its name (`toxic`, `toxicity`, or `label`), never by its place; a model that has no such class
    leaves the response unscored.
    """
    return pick(classes(answers), (label.casefold(),) if label else TOXIC)[1]


def _ask_pair(premise: str, hypothesis: str, **_: Any) -> tuple[Ask, ...]:
    return (Ask((("premise", premise), ("hypothesis", hypothesis))),)


def _explain_entailment(_value: float, answers: Sequence[Answer] = (), **_: Any) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in sorted(classes(answers).items()))


@register(
    "entailment",
    returns="float",
    low=0,
    high=1,
    cost=2,
    arguments={
        "premise": data("reference", "what is taken to be true"),
        "hypothesis": data("text", "what should follow from it"),
        "model": MODEL,
        "timeout": TIMEOUT,
    },
    task="pair",
    ask=_ask_pair,
    asks=(("premise", "hypothesis"),),
    answers=({"contradiction": 0.0625, "entailment": 0.75, "neutral": 0.1875},),
    explain=_explain_entailment,
    example='entailment(premise = "It rains.", hypothesis = "It is wet.", model = "nli") -> 0.75',
)
def entailment(
    premise: str,  # noqa: ARG001  # asked about
    hypothesis: str,  # noqa: ARG001
    model: str,  # noqa: ARG001
    timeout: float = 120.0,  # noqa: ARG001
    answers: Sequence[Answer] = (),
) -> float:
    """The probability that the hypothesis follows from the premise, by a model of natural language inference.

    The premise is the reference and the hypothesis the response, unless they are given. The class is the one named
    `entailment`; a model whose classes have other names (`LABEL_0` …) needs `labels` in its configuration, and leaves
    the response unscored without them.
    """
    return pick(classes(answers), ("entailment",))[1]
