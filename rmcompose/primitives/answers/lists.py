"""How many items of a list a reply got right, and how close a long recitation is."""

from __future__ import annotations

import difflib
import json
import re
from typing import Any

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.pictures.declared import variants
from rmcompose.primitives.registry import REFERENCE, TEXT, register, setting

METRICS = ("f1", "precision", "recall", "jaccard", "exact")

_LIST = re.compile(r"\[([^\[\]]*)\]")
_MOST_CHARACTERS = 200_000
_QUOTES = "\"'`“”‘’ \t"


@register(
    "list_match",
    returns="float",
    low=0,
    high=1,
    arguments={
        "text": TEXT,
        "reference": REFERENCE,
        "metric": setting("what is measured over the two sets of items", choices=METRICS, constant=True),
    },
    example='list_match(text = "Final Answer: [b, a, x]", reference = "[a, b, c]") -> 0.6666666666666666',
)
def list_match(text: str, reference: str, metric: str = "f1") -> float:
    """How much the items of the text's last `[…]` are those of the reference, in any order.

    Items are separated by commas, without quotes and the white space around them; repeats do not count, case does. `f1`
    is 2PR / (P + R) of the share of given items that are wanted and the share of wanted items that are given, as
    GraphWalks grades; `jaccard` their number in common over that of all; `exact` is 1 where both are the same. 1 where
    both are empty, 0 where one is, 0 where the text has no list. A reference is a list in brackets, JSON or not, or its
    items separated by commas.
    """
    wanted = _wanted(reference)
    found = _LIST.findall(text.rpartition("</think>")[2])
    if not found:
        return 0.0
    given = _items(found[-1])
    if not wanted and not given:
        return 1.0
    common = len(wanted & given)
    if metric == "exact":
        return float(wanted == given)
    if not common:
        return 0.0
    match metric:
        case "precision":
            return common / len(given)
        case "recall":
            return common / len(wanted)
        case "jaccard":
            return common / len(wanted | given)
    return 2 * common / (len(wanted) + len(given))


def _wanted(reference: str) -> set[str]:
    try:
        loaded: Any = json.loads(reference)
    except (ValueError, RecursionError):
        loaded = None
    if isinstance(loaded, list):
        return {item if isinstance(item, str) else json.dumps(item) for item in loaded}
    if not reference.strip():
        raise RuleError("the reference holds no list")
    bracketed = _LIST.fullmatch(reference.strip())
    return _items(bracketed[1] if bracketed else reference)


def _items(text: str) -> set[str]:
    return {stripped for item in text.split(",") if (stripped := item.strip().strip(_QUOTES))}


@register(
    "mrcr_match",
    returns="float",
    low=0,
    high=1,
    cost=2,
    arguments={
        "text": TEXT,
        "reference": REFERENCE,
        "prefix": setting("what the text must begin with; it is left out of the comparison"),
    },
    example='mrcr_match(text = "k7 abcd", reference = "k7 bcde", prefix = "k7") -> 0.8',
    picture=variants("characters"),
)
def mrcr_match(text: str, reference: str, prefix: str) -> float:
    """How close a recitation is that must begin with a given mark: the grade of OpenAI's MRCR.

    0 where the text, stripped, does not begin with the prefix; else the ratio of `difflib.SequenceMatcher` over the
    characters of text and reference without it. More than 200,000 characters in all are an error: the time is
    quadratic.
    """
    given = text.strip()
    if not given.startswith(prefix):
        return 0.0
    if len(given) + len(reference) > _MOST_CHARACTERS:
        raise RuleError(f"the two texts are too long to compare: {len(given) + len(reference)} characters")
    return difflib.SequenceMatcher(None, given.removeprefix(prefix), reference.removeprefix(prefix)).ratio()
