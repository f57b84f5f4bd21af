"""Whether the final answer of a solution is the one of the reference, by the `math-verify` library.

Finding the answer is `answer`, comparing it `pool`; both are imported when first used.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.registry import REFERENCE, TEXT, register, setting

if TYPE_CHECKING:
    from rmcompose.primitives.mathematics.quantity import Percent

_SPACE = re.compile(r"\s+")
_SHORT_INTEGER = re.compile(r"-?[0-9]{1,15}")
_MOST_SHOWN = 80
_NEEDS = ("math-verify",)


def _explain_answers(_value: bool, text: str, reference: str, **_: object) -> str:
    from rmcompose.primitives.mathematics.answer import find_answer

    answers = (find_answer(text), find_answer(reference))
    return " against ".join(_shown(answer.own or answer.text) for answer in answers)


def _shown(text: str) -> str:
    return f"`{text if len(text) <= _MOST_SHOWN else '…' + text[-_MOST_SHOWN:]}`"


@register(
    "math_verify",
    returns="bool",
    cost=2,
    version="2",
    arguments={
        "text": TEXT,
        "reference": REFERENCE,
        "decimals": setting("to how many decimals inexact numbers must agree", low=0, high=15),
        "percent": setting(
            "what `5%` is worth beside a number: a hundredth of 5, or `either` 5 or that, as math-verify has it",
            choices=("either", "hundredths"),
            constant=True,
        ),
        "intervals": setting("whether `x > 5` equals the set it describes, `(5, \\infty)`"),
        "timeout": setting("the seconds a comparison may take before the response is unscored", low=0.1, high=600),
    },
    explain=_explain_answers,
    example=r'math_verify(text = r"so it is \boxed{\frac{1}{2}}", reference = "#### 0.5") -> true',
    needs=_NEEDS,
)
def math_verify(
    text: str,
    reference: str,
    decimals: int = 6,
    percent: str = "either",
    intervals: bool = False,
    timeout: float = 10.0,
) -> bool:
    r"""Whether the final answers of text and reference are mathematically equal.

    The answer of either is its last `\boxed{…}`, else what is in the last `<answer>…</answer>`, else what follows the
    last `####`, `A:`, `Answer:` or `the answer is`, else the whole of a short line, else the last expression. Two
    numbers are compared as fractions, in any notation (`1,234.5`, `1.234,5`, `1 1/2`, `3\times10^8`), with their units
    where both have one: `5 km` is `5000 m` and never `5 kg`, while `5` is `5 km`. The rest is compared by math-verify
    (sets, intervals, equations, matrices, symbols). A text without an answer is false, a reference without one an
    error. Works in any thread: numbers are compared here, the rest in a worker process with a time limit, and what
    takes longer is unscored with the reason `timeout`.
    """
    from rmcompose.primitives.mathematics.answer import find_answer
    from rmcompose.primitives.mathematics.pool import compare
    from rmcompose.primitives.mathematics.quantity import read, same

    gold, pred = find_answer(reference), find_answer(text)
    left, right = (None if side.several else read(side.own) for side in (gold, pred))
    if left is not None and right is not None:
        return same(right, left, decimals=decimals, percent=cast("Percent", percent))
    if gold.own and not gold.several and _SPACE.sub("", gold.own) == _SPACE.sub("", pred.own):
        return True
    if not gold.text:
        raise RuleError("the reference holds no answer")
    sides = ((gold.mode, gold.text), (pred.mode, pred.text))
    reply = compare(*sides, decimals=decimals, intervals=intervals, seconds=timeout)
    if not reply["gold"]:
        raise RuleError("the reference holds no answer that can be read")
    return reply["equal"]


@register(
    "math_verify_reward",
    returns="float",
    low=0,
    high=1,
    cost=2,
    version="2",
    arguments={
        "text": TEXT,
        "reference": REFERENCE,
        "timeout_score": setting("the score where the comparison fails or takes longer than 10 s", low=0, high=1),
    },
    example='math_verify_reward(text = "The answer is 42", reference = "42") -> 1.0',
    needs=_NEEDS,
    quirks=(
        'Only the `2` of "2x" is read, so "2x" equals "2y"; "x^2" does not equal "x*x"; a reference without an '
        "expression is 0. `math_verify` does better. RM-Gallery's version works in the main thread only."
    ),
)
def math_verify_reward(text: str, reference: str, timeout_score: float = 0.0) -> float:
    """1 where the first expression math-verify reads from the text equals that of the reference, else 0 (RM-Gallery).

    0 where either has no expression. Works in any thread, in a worker process with a time limit.
    """
    from rmcompose.primitives.mathematics.pool import Incomparable, compare

    pred, gold = text.strip(), reference.strip()
    if _SHORT_INTEGER.fullmatch(pred) and _SHORT_INTEGER.fullmatch(gold):
        return float(int(pred) == int(gold))
    try:
        return float(compare(("raw", gold), ("raw", pred), first=True)["equal"])
    except Incomparable:
        return timeout_score
