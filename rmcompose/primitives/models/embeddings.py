"""Closeness of meaning: the cosine of two embeddings, by a model in this process or one that is asked.

The model in this process is the table of token vectors that the package `wordllama` ships (l2_supercat, 256
dimensions, MIT): the embedding of a text is the mean of the vectors of its tokens. Its files are read without importing
the package, which would set up logging for the whole process and look for its tokenizer on the network.
"""

from __future__ import annotations

import functools
import importlib.util
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rmcompose.primitives.asking import Answer, Ask
from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.models.naming import TIMEOUT, numbers
from rmcompose.primitives.packages import cure, load
from rmcompose.primitives.registry import REFERENCE, TEXT, register, setting

LONGEST = 1_000_000
"""Characters of a text at most, in this process."""


def _ask(text: str, reference: str, **_: Any) -> tuple[Ask, ...]:
    return Ask((("text", _said(text)),)), Ask((("text", _said(reference)),))


def _said(text: str) -> str:
    if not text.strip():
        raise RuleError("a text is empty: it has no meaning to compare")
    return text


@register(
    "embedding_similarity",
    returns="float",
    low=-1,
    high=1,
    cost=2,
    needs=("wordllama",),
    arguments={
        "text": TEXT,
        "reference": REFERENCE,
        "model": setting("a model by its name in `rmcompose.toml`; left out, the one in this process", constant=True),
        "timeout": TIMEOUT,
    },
    task="embed",
    ask=_ask,
    asks=(("text",), ("reference",)),
    laws=("symmetric", "reflexive"),
    example='embedding_similarity(text = "the cat sleeps", reference = "the cat sleeps") -> 1.0',
)
def embedding_similarity(
    text: str,
    reference: str,
    model: str = "",
    timeout: float = 120.0,  # noqa: ARG001  # of the model that is asked
    answers: Sequence[Answer] = (),
) -> float:
    """The cosine of the embeddings of text and reference: 1 for the same direction, 0 for nothing in common.

    Without `model` a small static model in this process (`wordllama`, extra `embeddings`) embeds both, without network,
    on the CPU, the same bits every time. It knows words, not their order: "dog bites man" is "man bites dog". With
    `model` the two texts are embedded by that model, each text once. An empty text is unscored.
    """
    if answers:
        first, second = map(numbers, answers)
    elif model:
        raise RuleError(f"the model `{model}` was not asked")
    else:
        first, second = _embedded(_said(text)), _embedded(_said(reference))
    return cosine(first, second)


def cosine(first: Sequence[float], second: Sequence[float]) -> float:
    """The cosine of the angle between two vectors. Raises `RuleError` where there is none."""
    if len(first) != len(second):
        raise RuleError(f"the embeddings have {len(first)} and {len(second)} dimensions")
    # scaled first, so that no square overflows or vanishes
    sizes = [max(map(abs, vector)) for vector in (first, second)]
    if not all(sizes):
        raise RuleError("an embedding is all zeros: it has no direction")
    a, b = ([one / size for one in vector] for vector, size in zip((first, second), sizes, strict=True))
    dot = math.fsum(x * y for x, y in zip(a, b, strict=True))
    norms = math.sqrt(math.fsum(x * x for x in a)) * math.sqrt(math.fsum(y * y for y in b))
    return min(max(dot / norms, -1.0), 1.0)


def _embedded(text: str) -> list[float]:
    if len(text) > LONGEST:
        raise RuleError(f"a text has more than {LONGEST:,} characters")
    tokenizer, table = _model()
    places = tokenizer.encode(text.encode(errors="replace").decode(), add_special_tokens=False).ids
    if not places:
        raise RuleError("a text has no tokens")
    counted: dict[int, int] = {}
    for place in places:
        counted[place] = counted.get(place, 0) + 1
    # the order of tokens must not change a bit of the sum
    rows = sorted(counted)
    weights = [counted[row] for row in rows]
    total = (table[rows].astype("float64") * [[weight] for weight in weights]).sum(axis=0)
    return [float(one) for one in total / len(places)]


@functools.cache
def _model() -> tuple[Any, Any]:
    """The tokenizer and the table of vectors."""
    found = importlib.util.find_spec("wordllama")
    if found is None or not found.submodule_search_locations:
        raise RuleError(f"the package `wordllama` is not installed: {cure('wordllama')}")
    folder = Path(found.submodule_search_locations[0])
    tokens = folder / "tokenizers" / "l2_supercat_tokenizer_config.json"
    weights = folder / "weights" / "l2_supercat_256.safetensors"
    if not tokens.is_file() or not weights.is_file():
        raise RuleError("the installed `wordllama` does not bring its model (l2_supercat, 256 dimensions)")
    tokenizer = load("wordllama", "tokenizers").Tokenizer.from_file(str(tokens))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    (table,) = load("wordllama", "safetensors.numpy").load_file(str(weights)).values()
    return tokenizer, table
