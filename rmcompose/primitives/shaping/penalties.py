"""Penalties on length and repetition: RM-Gallery's, at most 0 and without a lower bound."""

from __future__ import annotations

import math

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.formats.tags import bodies
from rmcompose.primitives.pictures.declared import curve, repeated
from rmcompose.primitives.registry import TEXT, register, setting
from rmcompose.primitives.text.tokenizers import SETTINGS, tokenizer


def _explain_length(_value: float, text: str, min_length: int = 10, max_length: int = 1000, **_: float) -> str:
    return f"{len(text)} characters, wanted {min_length} to {max_length}"


@register(
    "length_penalty",
    returns="float",
    low=-math.inf,
    high=0,
    cost=0,
    arguments={
        "text": TEXT,
        "min_length": setting("the fewest characters without a penalty"),
        "max_length": setting("the most characters without a penalty"),
        "penalty_rate": setting("the penalty per character", low=0),
    },
    explain=_explain_length,
    example='length_penalty(text = "short", min_length = 10) -> -0.05',
    quirks="The penalty has no lower bound: an answer of 101,000 characters costs 1,000.",
    picture=curve("text", 0, 1080, over="characters", at=5, make=lambda count: "x" * count),
)
def length_penalty(text: str, min_length: int = 10, max_length: int = 1000, penalty_rate: float = 0.01) -> float:
    """-(min - L) * rate below the shortest length, -(L - max) * rate above the longest, else 0 (RM-Gallery).

    L is the number of characters.
    """
    if penalty_rate < 0:
        raise RuleError("`penalty_rate` is negative")
    length = len(text)
    if length < min_length:
        return float((length - min_length) * penalty_rate)
    if length > max_length:
        return float((max_length - length) * penalty_rate)
    return 0.0


@register(
    "ngram_repetition_penalty",
    returns="float",
    low=-math.inf,
    high=0,
    arguments={
        "text": TEXT,
        "n": setting("how many tokens make an n-gram", low=1),
        "penalty_threshold": setting("the repetition that costs nothing"),
        "penalty_rate": setting("the penalty per repetition above the threshold", low=0),
        "use_soft_penalty": setting("whether the penalty grows from `min_scaling` instead of the threshold"),
        "max_penalty": setting("the soft penalty of a text that is all repetition; not above 0"),
        "min_scaling": setting("the repetition that costs nothing in soft mode"),
        **SETTINGS,
        "analyze_scope": setting("`full`, or `thought` for what stands within `<think>`", choices=("full", "thought")),
    },
    example='ngram_repetition_penalty(text = "the the the the the", n = 2, tokenizer_type = "simple") -> -0.45',
    quirks=(
        "In soft mode a repetition of exactly `min_scaling` is not scaled and costs more than a slightly higher one. "
        "The default tokenizer is `tiktoken`; where its file is not on the machine the response is unscored, while "
        "RM-Gallery splits at white space in silence."
    ),
    picture=repeated("the", 20, at=5),
)
def ngram_repetition_penalty(
    text: str,
    n: int = 3,
    penalty_threshold: float = 0.3,
    penalty_rate: float = 1.0,
    use_soft_penalty: bool = False,
    max_penalty: float = -1.0,
    min_scaling: float = 0.0,
    tokenizer_type: str = "tiktoken",
    encoding_name: str = "cl100k_base",
    chinese_only: bool = False,
    analyze_scope: str = "full",
) -> float:
    """A penalty on n-grams that occur more than once (RM-Gallery).

    Repetition is 1 - unique / total over the n-grams of lower-case tokens (`jieba` keeps case). It costs
    -(repetition - threshold) * rate above the threshold; in soft mode max_penalty * (repetition - min_scaling) /
    (1 - min_scaling) above min_scaling. 0 where there are fewer than n tokens.
    """
    if n < 1:
        raise RuleError("`n` is below 1")
    if penalty_rate < 0:
        raise RuleError("`penalty_rate` is negative")
    tokens_of = tokenizer(tokenizer_type, encoding_name, chinese_only)
    if analyze_scope == "thought":
        text = " ".join(bodies(text, "think"))
    text = text.strip()
    tokens = tokens_of(text if tokenizer_type == "jieba" else text.lower())
    total = len(tokens) - n + 1
    if total < 1:
        return 0.0
    unique = len(set(zip(*(tokens[offset:] for offset in range(n)), strict=False)))
    repetition = 1 - unique / total
    if use_soft_penalty:
        return _soft(repetition, max_penalty, min_scaling)
    return -(repetition - penalty_threshold) * penalty_rate if repetition > penalty_threshold else 0.0


def _soft(repetition: float, max_penalty: float, min_scaling: float) -> float:
    if max_penalty > 0:
        raise RuleError("`max_penalty` is above 0")
    if repetition < min_scaling:
        return 0.0
    if repetition > min_scaling:
        repetition = (repetition - min_scaling) / (1 - min_scaling)
    return repetition * max_penalty
