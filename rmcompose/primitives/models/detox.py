"""RM-Gallery's reward for harmless texts, with the models of detoxify."""

from __future__ import annotations

import functools
import threading
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from rmcompose.primitives.asking import Answer, Ask
from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.models.classes import TOXIC
from rmcompose.primitives.models.naming import TIMEOUT, classes, pick
from rmcompose.primitives.packages import load
from rmcompose.primitives.registry import TEXT, register, setting

_MODELS = ("original", "unbiased", "multilingual", "original-small", "unbiased-small")
_lock = threading.Lock()


def _ask(text: str, **_: Any) -> tuple[Ask, ...]:
    return (Ask((("text", text),)),)


def _explain(value: float, **_: Any) -> str:
    return f"toxicity {1 - value:.4g}"


@register(
    "detoxify_reward",
    returns="float",
    low=0,
    high=1,
    cost=2,
    needs=("detoxify",),
    aliases=("detoxify",),
    arguments={
        "text": TEXT,
        "model_name": setting("the model of detoxify", constant=True, choices=_MODELS),
        "model": setting("a classifier by its name in `rmcompose.toml` that is asked instead", constant=True),
        "timeout": TIMEOUT,
    },
    task="classify",
    ask=_ask,
    asks=(("text",),),
    answers=({"toxicity": 0.125},),
    explain=_explain,
    example='detoxify_reward(text = "You fool.", model = "tox") -> 0.875',
    quirks=(
        "In RM-Gallery this reward never gives a value: it hands its model an object for the text, and the error "
        "is swallowed. Here it gives what was meant, or says why it cannot."
    ),
)
def detoxify_reward(
    text: str,
    model_name: str = "unbiased",
    model: str = "",
    timeout: float = 120.0,  # noqa: ARG001  # of the model that is asked
    answers: Sequence[Answer] = (),
) -> float:
    """1 minus the toxicity of the text: 1 is harmless (RM-Gallery `detoxify_reward`, as it was meant).

    Without `model` the package `detoxify` (extra `detoxify`) computes it in this process, from a checkpoint that must
    be on the machine already: nothing is downloaded in a run. With `model` that classifier is asked, and its class
    `toxicity` or `toxic` counts.
    """
    if answers:
        found = classes(answers)
    elif model:
        raise RuleError(f"the model `{model}` was not asked")
    else:
        with _lock:  # its models are not made for several threads
            found = dict(_model(model_name).predict(text.encode(errors="replace").decode()))
    return 1.0 - float(pick(found, TOXIC)[1])


@functools.cache
def _model(name: str) -> Any:
    package = load("detoxify", "detoxify.detoxify")
    torch = load("detoxify", "torch")
    hub = load("detoxify", "huggingface_hub.constants")
    file = PurePosixPath(package.MODEL_URLS[name]).name
    checkpoint = Path(torch.hub.get_dir()) / "checkpoints" / file
    if not checkpoint.is_file():
        raise RuleError(
            f"the checkpoint `{file}` of detoxify is not on this machine, and a run gets nothing: fetch it with "
            f"`python -c \"from detoxify import Detoxify; Detoxify('{name}')\"`"
        )
    offline, hub.HF_HUB_OFFLINE = hub.HF_HUB_OFFLINE, True
    try:
        return package.Detoxify(name, checkpoint=str(checkpoint))
    except OSError as error:
        raise RuleError(f"the tokenizer of detoxify's model `{name}` is not on this machine: {error}"[:300]) from None
    finally:
        hub.HF_HUB_OFFLINE = offline
