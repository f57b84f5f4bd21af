"""The parts of a Markdown text: headings, list items, tables, links and code blocks, counted as CommonMark has them.

Read by markdown-it-py: CommonMark 0.31 with the tables of GitHub. Look first at `_blocks`.
"""

from __future__ import annotations

import functools
import math
import re
from typing import Any

from rmcompose.primitives import packages
from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.formats.fences import outside
from rmcompose.primitives.registry import TEXT, register, setting

_MOST_CHARACTERS = 100_000
_NEEDS = ("markdown-it-py",)
_NUMBERED = re.compile(r" {0,3}([0-9]{1,9})[.)][ \t]+\S")
_LISTS = ("any", "bullet", "ordered")


@functools.cache
def _parser() -> Any:
    return packages.load("markdown-it-py").MarkdownIt("commonmark").enable("table")


def _bounded(text: str) -> str:
    if len(text) > _MOST_CHARACTERS:
        raise RuleError(f"the text is too long to read as Markdown: {len(text)} characters, at most {_MOST_CHARACTERS}")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")


@functools.lru_cache(maxsize=8)
def _blocks(text: str) -> tuple[Any, ...]:
    """The blocks of a text as tokens, not what is within paragraphs. Kept, as several rules ask for the same text."""
    tokens: list[Any] = []
    _parser().block.parse(_bounded(text), _parser(), {}, tokens)
    return tuple(tokens)


def _of(text: str, kind: str) -> list[Any]:
    return [token for token in _blocks(text) if token.type == kind]


@register(
    "heading_count",
    returns="int",
    low=0,
    high=math.inf,
    arguments={"text": TEXT, "level": setting("count those of this level only; 0 for all", low=0, high=6)},
    example='heading_count(text = "# One\\n\\n## Two\\n\\ntext", level = 2) -> 1',
    needs=_NEEDS,
)
def heading_count(text: str, level: int = 0) -> int:
    """The number of Markdown headings, `# …` or underlined, or of those of one level.

    As in CommonMark 0.31: a `#` in a code block or without a space behind it is no heading. At most 100,000 characters
    are read; a longer text is unscored.
    """
    if not 0 <= level <= 6:
        raise RuleError(f"`level` is {level}: it must be from 0 to 6")
    return sum(level in (0, int(token.tag[1:])) for token in _of(text, "heading_open"))


@register(
    "list_item_count",
    returns="int",
    low=0,
    high=math.inf,
    arguments={"text": TEXT, "kind": setting("which lists: `bullet`, `ordered` or `any`", choices=_LISTS)},
    example='list_item_count(text = "* one\\n* two\\n  1. three", kind = "bullet") -> 2',
    needs=_NEEDS,
)
def list_item_count(text: str, kind: str = "any") -> int:
    """The number of items of Markdown lists, nested ones included, as in CommonMark 0.31.

    An item begins with `-`, `*`, `+` or a number. At most 100,000 characters are read; a longer text is unscored.
    """
    if kind not in _LISTS:
        raise RuleError(f"`kind` is `{kind}`: it must be `any`, `bullet` or `ordered`")
    return sum(
        kind == "any" or (token.markup in (".", ")")) == (kind == "ordered") for token in _of(text, "list_item_open")
    )


@register(
    "table_count",
    returns="int",
    low=0,
    high=math.inf,
    arguments={
        "text": TEXT,
        "columns": setting("count those with this number of columns only; 0 for any", low=0),
        "min_rows": setting("count those with at least this number of rows below the head only", low=0),
    },
    example='table_count(text = "| a | b |\\n|---|---|\\n| 1 | 2 |", columns = 2) -> 1',
    needs=_NEEDS,
)
def table_count(text: str, columns: int = 0, min_rows: int = 0) -> int:
    """The number of Markdown tables, a head with a line of dashes below it, as GitHub has them.

    At most 100,000 characters are read; a longer text is unscored.
    """
    count = width = rows = 0
    for token in _blocks(text):
        match token.type:
            case "table_open":
                width = rows = 0
            case "th_open":
                width += 1
            case "tr_open":
                rows += 1
            case "table_close":
                count += columns in (0, width) and rows > min_rows
    return count


@register(
    "code_block_count",
    returns="int",
    low=0,
    high=math.inf,
    arguments={"text": TEXT},
    example='code_block_count(text = "- a\\n  ```\\n  x\\n  ```") -> 1',
    needs=_NEEDS,
)
def code_block_count(text: str) -> int:
    """The number of Markdown code blocks, fenced or indented, in lists and quotes too, as in CommonMark 0.31.

    `code_fence_count` looks at fences alone, and at their language. At most 100,000 characters are read; a longer text
    is unscored.
    """
    return len(_of(text, "fence")) + len(_of(text, "code_block"))


@register(
    "link_count",
    returns="int",
    low=0,
    high=math.inf,
    cost=2,
    arguments={"text": TEXT, "images": setting("whether images count as well")},
    example='link_count(text = "See [this](https://example.com) and <https://example.org>.") -> 2',
    needs=_NEEDS,
)
def link_count(text: str, images: bool = False) -> int:
    """The number of Markdown links, `[text](address)`, `[text][name]` or `<address>`, as in CommonMark 0.31.

    An address alone is not a link. At most 100,000 characters are read; a longer text is unscored.
    """
    wanted = ("link_open", "image") if images else ("link_open",)
    tokens = _parser().parse(_bounded(text))
    return sum(child.type in wanted for token in tokens for child in token.children or ())


@register(
    "numbered_list",
    returns="bool",
    arguments={
        "text": TEXT,
        "min_items": setting("the fewest items", low=1),
        "max_items": setting("the most items; 0 for no limit", low=0),
    },
    explain=lambda _value, text, **_: f"numbers {', '.join(map(str, _numbers(text)[:20])) or 'none'}",
    example='numbered_list(text = "First:\\n1. one\\n2. two\\n3. three", min_items = 3) -> true',
)
def numbered_list(text: str, min_items: int = 1, max_items: int = 0) -> bool:
    """Whether the text has one numbered list whose numbers run 1, 2, 3 … without a gap, of so many items.

    An item is a line that begins with a number and `.` or `)`, after at most three spaces and outside of code fences;
    text may stand between items. Numbers that are indented further are those of lists within. Markdown itself does not
    look at the numbers behind the first, so this is told from the lines.
    """
    numbers = _numbers(text)
    runs = numbers == list(range(1, len(numbers) + 1))
    return runs and len(numbers) >= max(1, min_items) and (not max_items or len(numbers) <= max_items)


def _numbers(text: str) -> list[int]:
    found = (_NUMBERED.match(line) for line in outside(text).split("\n"))
    return [int(match[1]) for match in found if match]
