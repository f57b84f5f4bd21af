r"""Where the final answer of a solution stands, and how it is to be read.

In order: the last `\boxed{…}`; the last `#### x`, `A: x`, `Answer: x` or `the answer is x`; the whole text, if it is
one short line; else wherever the checker finds an expression. Where there is an `<answer>`, and no box, the last one is
the whole text. What stands before `</think>` is no answer, nor what stands between two inline delimiters on lines of
their own: inline math opens and closes on one line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Mode = Literal["boxed", "latex", "raw", "prose"]

_LONGEST_ANSWER = 200
_WINDOW = 8_000
_MARKER = re.compile(
    r"^[ \t]*#{4}[ \t]*(?P<hashes>.+)$"
    r"|^[\s*_#>-]{0,8}(?:(?i:final[ \t]+answer|answer)|A)[*_ \t]{0,4}[:\uff1a][*_ \t]{0,4}(?P<line>.+)$"
    r"|(?i:\banswer[ \t]+(?:is|equals))[ \t]*:?[*_ \t]{0,4}(?P<said>.+)$",
    re.MULTILINE,
)
_BROKEN = re.compile(r"(?<![\\$])\$[ \t]*\n[^$\n]{0,200}\n[ \t]*\$(?!\$)|\\\([ \t]*\n[^\n]{0,200}\n[ \t]*\\\)")
_BOX = re.compile(r"\\(?:boxed|fbox)\b")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_ENVIRONMENT = re.compile(r"\\begin\{[a-z]*(?:matrix|array|cases)\}")
_SENTENCE_END = re.compile(r"\.(?:\s|$)")
_MATH = re.compile(r"\$[^$]+\$|\\\(|\\\[")
_NUMBER = re.compile(r"[-+\u2212]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d{1,3})?", re.ASCII)
_NAMES = "sin|cos|tan|cot|sec|csc|log|ln|exp|sqrt|pi|inf|infty|infinity"
_UNITS = r"[ckm]?m(?:\^?[23])?|[km]?g|ml|h|hr|min|s|ft|in|lbs?|oz|mph|[ap]m|st|nd|rd|th"
_QUANTITY = re.compile(
    r"[-+\u2212]?(?:\d{1,3}(?:[ ,\u00a0\u202f]\d{3})+|\d+)(?:[.,]\d+)?"
    rf"(?:[ \t]*[%°]|[ \t]*(?:{_UNITS})|[ \t]+(?!(?:{_NAMES})\b)[A-Za-z]{{3}}[^\d=+*^]*)?",
    re.ASCII,
)
_LONGEST_PRODUCT = 3
_SPACE = re.compile(r"\s")
_LETTERS = re.compile(r"(\\?)([^\W\d_]+)")
_KNOWN = re.compile(_NAMES)
_FUNCTION = re.compile(rf"(?<![\\A-Za-z])({_NAMES})(?![A-Za-z])")
_TIMES_TEN = re.compile(r"(?<=\d)\s*[xX]\s*(?=10\s*\^)")
_ROOT = re.compile(r"(?:\\?sqrt|√)\s*(?:\(([^()]*)\)|(?<=√)(\w))")
_POWER = re.compile(r"\^\s*(-?\d+)")
_SIGNS = str.maketrans(
    {"*": r" \cdot ", "\u00d7": r" \cdot ", "·": r" \cdot ", "÷": "/", "\u2212": "-", "π": r"\pi ", "∞": r"\infty "}
    | {"≤": r"\leq ", "≥": r"\geq ", "≠": r"\neq "}
)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer and how to read it.

    `boxed`: the box in the text; `latex`: the text is one formula; `raw`: an expression within the text; `prose`: the
    same, in a text that says more. `alone` is the answer's own text where it stands by itself, else empty. `own` is
    that or what is in the last box or after the last marker, with its LaTeX, else empty. `several` says that there is
    more than one box, which may be parts of one answer.
    """

    mode: Mode
    text: str
    alone: str = ""
    own: str = ""
    several: bool = False


def find_answer(solution: str) -> Answer:
    """The answer of a solution; linear in its length."""
    text = solution.rpartition("</think>")[2].strip()
    box = max(text.rfind("\\boxed"), text.rfind("\\fbox"))
    if box >= 0:
        text = text if len(text) <= _WINDOW else text[max(0, box - _WINDOW // 2) : box + _WINDOW // 2]
        return Answer("boxed", _known_to_the_checker(text), own=_boxed(text), several=len(_BOX.findall(text)) > 1)
    text = _known_to_the_checker(_BROKEN.sub(" ", _tagged(text)[-_WINDOW:]))
    answer = marked_line(text)
    if answer is None:
        is_short = len(text) <= _LONGEST_ANSWER and "\n" not in text.strip()
        if not is_short:
            return Answer("prose", text)
        return Answer("prose", text, own=text.strip()) if _MATH.search(text) else _read(text.strip())
    if _MATH.search(answer):
        return Answer("raw", f"Answer: {answer}", own=answer.rstrip("."))
    return _read(answer)


def _tagged(text: str) -> str:
    """What is in the last `<answer>`, closed or cut off; the text itself where that is nothing."""
    _, opened, inside = text.rpartition("<answer>")
    return (inside.partition("</answer>")[0].strip() if opened else "") or text


def marked_line(text: str) -> str | None:
    """What follows the last `####`, `A:`, `Answer:` or `the answer is`, up to the end of the sentence; else None."""
    marked = None
    for match in _MARKER.finditer(text):
        marked = match
    if marked is None:
        return None
    answer = str(marked[marked.lastgroup or 0]).strip().strip("*_ ")
    end = None if _MATH.search(answer) else _SENTENCE_END.search(answer)
    return answer[: end.start()] if end else answer


def _boxed(text: str) -> str:
    """What is in the last box; empty where it is not closed."""
    opening = max(text.rfind("\\boxed"), text.rfind("\\fbox"))
    start = text.find("{", opening)
    if start < 0 or text[opening:start].strip() not in ("\\boxed", "\\fbox"):
        return ""
    depth = 0
    for match in _BRACE.finditer(text, start):
        depth += {"{": 1, "}": -1}.get(match.group(), 0)
        if depth == 0:
            return text[start + 1 : match.start()].strip()
    return ""


def _known_to_the_checker(text: str) -> str:
    return text.replace("\\varnothing", "\\emptyset").replace("~", " ")


def _read(text: str) -> Answer:
    """How to read a text without math delimiters that should be an answer and nothing more."""
    alone = text.strip().strip("*_`\"'").rstrip(".").strip()
    own = alone
    alone = alone[1:].lstrip() if alone[:1] in tuple("$€£¥₹") else alone
    if not alone:
        return Answer("prose", "")
    if _ENVIRONMENT.match(alone):
        return Answer("latex", alone, alone, own)
    if _NUMBER.fullmatch(alone):
        # the checker does not know exponents
        return Answer("raw", f"{Decimal(_plain(alone)):f}" if "e" in alone.lower() else alone, alone, own)
    if _QUANTITY.fullmatch(alone):
        return Answer("raw", alone, alone, own)
    # `2xy` is a product of letters, `xy` on its own or in a phrase is a word
    longest = _LONGEST_PRODUCT if not _SPACE.search(alone) and any(map(str.isdigit, alone)) else 1
    if all(slash or len(run) <= longest or _KNOWN.fullmatch(run) for slash, run in _LETTERS.findall(alone)):
        return Answer("latex", _as_latex(alone), alone, own)
    if any(char.isdigit() for char in alone):
        return Answer("prose", text, own=own)
    return Answer("latex", f"\\text{{{alone}}}", alone, own)


def _plain(number: str) -> str:
    return number.replace(",", "").replace("\u2212", "-")


def _as_latex(formula: str) -> str:
    r"""A formula as people type it, in LaTeX: `2*x**10` as `2 \cdot x^{10}`."""
    formula = _TIMES_TEN.sub(r" \\cdot ", formula.replace("**", "^")).translate(_SIGNS)
    formula = _ROOT.sub(lambda match: f"\\sqrt{{{match[1] or match[2]}}}", formula)
    return _FUNCTION.sub(r"\\\1", _POWER.sub(r"^{\1}", formula))
