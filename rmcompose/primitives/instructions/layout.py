"""Instructions on how a response is laid out: paragraphs, sections, bullets, highlights, a title, JSON."""

from __future__ import annotations

import json
import re

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.instructions.instruction import filled, instruction
from rmcompose.primitives.registry import setting

_DIVIDER = re.compile(r"\s?\*\*\*\s?")
_HIGHLIGHT = re.compile(r"\*[^\n*]*\*")
_DOUBLE_HIGHLIGHT = re.compile(r"\*\*[^\n*]*\*\*")
_OPTIONS = ("My answer is yes.", "My answer is no.", "My answer is maybe.")
_FENCES = ("```json", "```Json", "```JSON", "```")
_MOST_CHARACTERS = 2_000_000


@instruction(
    "length_constraints:number_paragraphs",
    "ifeval_number_paragraphs",
    arguments={"num_paragraphs": setting("the number of paragraphs", low=0)},
    found=lambda text, **_: f"{len(_DIVIDER.split(text))} parts between `***`",
    example='ifeval_number_paragraphs(text = "one\\n***\\ntwo", num_paragraphs = 2) -> true',
)
def number_paragraphs(text: str, num_paragraphs: int) -> bool:
    """Whether there are exactly that many paragraphs, with the divider `***` between them.

    The first and the last may be empty and do not count then; an empty one between two dividers fails.
    """
    parts = [bool(part.strip()) for part in _DIVIDER.split(text)]
    return all(parts[1:-1]) and sum(parts) == num_paragraphs


@instruction(
    "length_constraints:nth_paragraph_first_word",
    "ifeval_nth_paragraph_first_word",
    arguments={
        "num_paragraphs": setting("the number of paragraphs", low=1),
        "nth_paragraph": setting("which paragraph, from 1", low=1),
        "first_word": setting("the word it must begin with"),
    },
    example=(
        'ifeval_nth_paragraph_first_word(text = "One.\\n\\nThen two.", num_paragraphs = 2, nth_paragraph = 2, '
        'first_word = "then") -> true'
    ),
)
def nth_paragraph_first_word(text: str, num_paragraphs: int, nth_paragraph: int, first_word: str) -> bool:
    """Whether there are exactly that many paragraphs, a blank line between them, and one begins with the word.

    The word is compared without case, and ends at a full stop, comma, question or exclamation mark or quote.
    """
    if nth_paragraph < 1 or nth_paragraph > num_paragraphs:
        raise RuleError(f"`nth_paragraph` is {nth_paragraph} of {num_paragraphs} paragraphs")
    paragraphs = text.split("\n\n")
    if sum(bool(one.strip()) for one in paragraphs) != num_paragraphs:
        return False
    begins = paragraphs[nth_paragraph - 1].split()
    if not begins:
        return False
    word = re.split(r"[.,?!'\"]", begins[0].lstrip("'").lstrip('"'), maxsplit=1)[0]
    return word.lower() == first_word.lower()


def count_placeholders(text: str) -> int:
    """The number of `[…]` within a line, from each `[` to the next `]`."""
    count = 0
    for line in text.split("\n"):
        end = 0
        while (start := line.find("[", end)) >= 0 and (stop := line.find("]", start)) >= 0:
            count, end = count + 1, stop + 1
    return count


@instruction(
    "detectable_content:number_placeholders",
    "ifeval_number_placeholders",
    arguments={"num_placeholders": setting("the fewest placeholders", low=0)},
    found=lambda text, **_: f"{count_placeholders(text)} placeholders",
    example='ifeval_number_placeholders(text = "Dear [name], [text]", num_placeholders = 2) -> true',
)
def number_placeholders(text: str, num_placeholders: int) -> bool:
    """Whether there are at least that many placeholders in square brackets, such as `[address]`."""
    return count_placeholders(text) >= num_placeholders


def _postscript(marker: str) -> str:
    patterns = {"P.P.S": r"p\.\s?p\.\s?s", "P.S.": r"p\.\s?s\."}
    return patterns.get(marker, re.escape(marker.lower()))


@instruction(
    "detectable_content:postscript",
    "ifeval_postscript",
    arguments={"postscript_marker": setting("how the postscript begins: `P.S.`, `P.P.S` or another text")},
    quirks="The marker may stand anywhere: IFEval does not ask that a line begins with it.",
    example='ifeval_postscript(text = "Bye.\\n\\nP. S. Call me.", postscript_marker = "P.S.") -> true',
)
def postscript(text: str, postscript_marker: str) -> bool:
    """Whether the marker of a postscript occurs, in any case; `P.S.` and `P.P.S` may have spaces after dots."""
    marker = filled("postscript_marker", postscript_marker)
    return re.search(_postscript(marker), text.lower()) is not None


def count_bullets(text: str) -> int:
    """The lines that begin with `-` or with one `*`, after white space.

    A line that is only `*` takes the next one with it, as IFEval's pattern does.
    """
    lines = text.split("\n")
    count, skip = 0, -1
    for number, line in enumerate(lines):
        rest = line.lstrip()
        count += rest.startswith("-")
        if skip == number:
            continue
        if rest == "*":
            if number + 1 < len(lines):
                count, skip = count + 1, number + 1
        else:
            count += rest.startswith("*") and rest[1] != "*"
    return count


@instruction(
    "detectable_format:number_bullet_lists",
    "ifeval_number_bullet_lists",
    arguments={"num_bullets": setting("the number of bullets", low=0)},
    found=lambda text, **_: f"{count_bullets(text)} bullets",
    quirks="A line such as `---` or `-5` counts as a bullet.",
    example='ifeval_number_bullet_lists(text = "* one\\n- two", num_bullets = 2) -> true',
)
def number_bullet_lists(text: str, num_bullets: int) -> bool:
    """Whether there are exactly that many bullets: lines that begin with `-` or with one `*`."""
    return count_bullets(text) == num_bullets


@instruction(
    "detectable_format:constrained_response",
    "ifeval_constrained_response",
    example='ifeval_constrained_response(text = "My answer is maybe.") -> true',
)
def constrained_response(text: str) -> bool:
    """Whether the text contains `My answer is yes.`, `My answer is no.` or `My answer is maybe.`."""
    return any(option in text for option in _OPTIONS)


def count_highlights(text: str) -> int:
    """The number of `*…*` within a line, with those of `**…**` once more, where something is in them."""
    single = sum(bool(one.strip("*").strip()) for one in _HIGHLIGHT.findall(text))
    return single + sum(bool(one[2:-2].strip()) for one in _DOUBLE_HIGHLIGHT.findall(text))


@instruction(
    "detectable_format:number_highlighted_sections",
    "ifeval_number_highlighted_sections",
    arguments={"num_highlights": setting("the fewest highlights", low=0)},
    found=lambda text, **_: f"{count_highlights(text)} highlights",
    example='ifeval_number_highlighted_sections(text = "*one* and **two**", num_highlights = 2) -> true',
)
def number_highlighted_sections(text: str, num_highlights: int) -> bool:
    """Whether there are at least that many highlights, `*…*` or `**…**` within a line."""
    return count_highlights(text) >= num_highlights


def _count_sections(text: str, splitter: str) -> int:
    return sum(1 for _ in re.finditer(rf"\s?{re.escape(splitter)}\s?\d+", text))


@instruction(
    "detectable_format:multiple_sections",
    "ifeval_multiple_sections",
    arguments={
        "section_spliter": setting("the word that begins a section, spelt as in IFEval's rows: `section_spliter`"),
        "num_sections": setting("the fewest sections", low=0),
    },
    found=lambda text, section_spliter, **_: f"{_count_sections(text, section_spliter.strip())} sections",
    example='ifeval_multiple_sections(text = "Day 1 …\\nDay 2 …", section_spliter = "Day", num_sections = 2) -> true',
)
def multiple_sections(text: str, section_spliter: str, num_sections: int) -> bool:
    """Whether at least that many sections begin, each with the word and a number: `Section 1`."""
    return _count_sections(text, filled("section_spliter", section_spliter)) >= num_sections


@instruction(
    "detectable_format:json_format",
    "ifeval_json_format",
    quirks="`NaN` and `Infinity` pass, as Python reads them; `json_valid` is stricter.",
    example='ifeval_json_format(text = "```json\\n[1]\\n```") -> true',
)
def json_format(text: str) -> bool:
    """Whether the whole text is JSON, with or without a code fence around it."""
    if len(text) > _MOST_CHARACTERS:
        raise RuleError(f"the text is too long to read as JSON: {len(text)} characters, at most {_MOST_CHARACTERS}")
    text = text.strip()
    for fence in _FENCES:
        text = text.removeprefix(fence)
    try:
        json.loads(text.removesuffix("```").strip(), parse_int=str, parse_float=str)
    except ValueError:
        return False
    except RecursionError:
        raise RuleError("the JSON is nested too deeply to read") from None
    return True


def _title_of(line: str) -> str:
    start, stop = line.find("<<"), line.rfind(">>")
    return line[start:stop].lstrip("<").rstrip(">").strip() if 0 <= start < stop - 2 else ""


@instruction(
    "detectable_format:title",
    "ifeval_title",
    found=lambda text: next((f"title {title[:60]}" for title in map(_title_of, text.split("\n")) if title), "no title"),
    example='ifeval_title(text = "<<Poem of joy>>\\nO joy!") -> true',
)
def title(text: str) -> bool:
    """Whether a line has a title in double angular brackets, `<<…>>`."""
    return any(_title_of(line) for line in text.split("\n"))
