"""The Python in a reply: whether it parses, how it is written, and how close a patch is to another."""

from __future__ import annotations

import ast
import difflib
import functools
import re
import warnings

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.pictures.declared import variants
from rmcompose.primitives.registry import REFERENCE, TEXT, register

_OPENING = re.compile(r"```(?:python)?\n")
_CLOSING = "\n```"
_FUNCTION = re.compile(r"def\s+([a-zA-Z_][a-zA-Z0-9_]*)\s*\(")
_WORD_THEN_EQUALS = re.compile(r"([a-zA-Z0-9_]++)\s*+(=?)")
_MOST_CHARACTERS = 200_000
_NO_FENCE = "Only fences without a language or with `python` count, and the closing one needs a line of its own."


def code_blocks(text: str) -> list[str]:
    r"""The Python blocks of a reply: what ```` ```(?:python)?\n(.*?)\n``` ```` finds, in linear time."""
    blocks = []
    end = 0
    while (opening := _OPENING.search(text, end)) is not None:
        close = text.find(_CLOSING, opening.end())
        if close < 0:
            break
        blocks.append(text[opening.end() : close])
        end = close + len(_CLOSING)
    return blocks


def _explain_syntax(_value: float, text: str) -> str:
    blocks = code_blocks(text)
    return f"{sum(map(_parses, blocks))} of {len(blocks)} code blocks parse"


@register(
    "code_syntax_check",
    aliases=("syntax_check",),
    returns="float",
    low=-0.5,
    high=1,
    arguments={"text": TEXT},
    explain=_explain_syntax,
    example='code_syntax_check(text = "```python\\nx = 1\\n```") -> 1.0',
    quirks=f"A reply without a block is 0, as is one with a good and a bad one. {_NO_FENCE} What counts as valid "
    "depends on the Python that runs this.",
)
def code_syntax_check(text: str) -> float:
    """The share of Python code blocks that parse, less 0.5 where one does not; 0 without a block (RM-Gallery)."""
    blocks = code_blocks(text)
    if not blocks:
        return 0.0
    valid = sum(map(_parses, blocks))
    return valid / len(blocks) - (0.5 if valid < len(blocks) else 0.0)


def _parses(code: str) -> bool:
    if "\0" in code:
        raise RuleError("a code block holds a null character")
    _silence_warnings()
    try:
        ast.parse(code.strip(), filename="<response>")
    except SyntaxError:
        return False
    except (RecursionError, MemoryError):
        raise RuleError("a code block is nested too deeply to parse") from None
    except ValueError:
        raise RuleError("a code block holds a character that cannot be encoded") from None
    return True


@functools.cache
def _silence_warnings() -> None:
    r"""Keeps warnings about the judged code (`"\d"` in a plain text) from stderr; once, as it is not thread-safe."""
    for category in (SyntaxWarning, DeprecationWarning):
        warnings.filterwarnings("ignore", category=category, module="<response>")


@register(
    "code_style",
    returns="float",
    low=0,
    high=1,
    arguments={"text": TEXT},
    example='code_style(text = "```python\\ndef BadName():\\n    CamelVar = 1\\n```") -> 0.5',
    quirks=f"What stands before any `=` is a name, `==` and keyword arguments included. No block is 0. {_NO_FENCE}",
)
def code_style(text: str) -> float:
    """The mean over Python code blocks of 0.5 for indentation and 0.5 for naming; 0 without a block (RM-Gallery).

    Indentation counts where no line begins with a tab while another begins with a space. Naming is the share of
    snake_case among the names of functions (`def X(`) and what stands before `=`; 1 where there are none.
    """
    blocks = code_blocks(text)
    if not blocks:
        return 0.0
    scores = [0.5 * _is_indented_one_way(block) + 0.5 * _naming(block) for block in blocks]
    return sum(scores) / len(scores)


def _is_indented_one_way(code: str) -> bool:
    lines = (line for line in code.split("\n") if line.strip())
    return len({line[0] for line in lines if line[0] in " \t"}) <= 1


def _naming(code: str) -> float:
    names: list[str] = _FUNCTION.findall(code)
    for word, equals in _WORD_THEN_EQUALS.findall(code):
        name = word.lstrip("0123456789")
        if equals and name:
            names.append(name)
    if not names:
        return 1.0
    return sum(name == name.lower() for name in names) / len(names)


@register(
    "code_patch_similarity",
    aliases=("patch_similarity",),
    returns="float",
    low=0,
    high=1,
    cost=2,
    arguments={"text": TEXT, "reference": REFERENCE},
    example='code_patch_similarity(text = "abcd", reference = "bcde") -> 0.75',
    quirks="Characters are compared, not lines, and from 200 characters on the frequent ones are left out as junk.",
    picture=variants("characters"),
)
def code_patch_similarity(text: str, reference: str) -> float:
    """The ratio of `difflib.SequenceMatcher` over the characters of both, stripped (RM-Gallery).

    2M / T, with M the characters in matching blocks and T those of both. 1 where both are empty. More than 200,000
    characters in all are an error: the time is quadratic.
    """
    left, right = text.strip(), reference.strip()
    if len(left) + len(right) > _MOST_CHARACTERS:
        raise RuleError(f"the two texts are too long to compare: {len(left) + len(right)} characters")
    return difflib.SequenceMatcher(None, left, right).ratio()
