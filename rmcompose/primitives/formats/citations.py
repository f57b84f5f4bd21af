"""Citations: markers such as `[1]` and `(Lee, 2020)`, whether their sources exist, and which sentences have one."""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.registry import TEXT, register, setting
from rmcompose.primitives.text.sentences import sentence_spans

STYLES = ("numeric", "author_year", "any")
_STYLE = setting(
    "which markers count: `numeric`, such as `[1]`, `author_year`, such as `(Lee, 2020)`, or `any`", choices=STYLES
)
_BRACKET = re.compile(r"\[\^?([0-9][0-9,;\-– ]{0,200})\]")
_RANGE = re.compile(r"([0-9]{1,9})(?: ?[-–] ?([0-9]{1,9}))?")
_PAREN = re.compile(r"\(([^()\n]{4,300})\)")
_YEAR = re.compile(r"\b((?:1[5-9]|20)[0-9]{2})([a-z]?)\b")
_NAME = re.compile(r"[^\W\d_][\w'’.-]*")
_LEAD = re.compile(r"\s*(?:(?:see also|see|cf\.|e\.g\.,?)\s)?", re.IGNORECASE)
_MOST_OF_A_RANGE = 100


class Marker(NamedTuple):
    """One citation: where its marker begins and ends, and the source, `7` or `lee 2020`."""

    start: int
    end: int
    source: str


def markers(text: str, style: str) -> list[Marker]:
    """The citations of a text in order; a marker of several sources gives several."""
    found: list[Marker] = []
    if style in ("numeric", "any"):
        for match in _BRACKET.finditer(text):
            found += [Marker(match.start(), match.end(), source) for source in _numbers(match[1])]
    if style in ("author_year", "any"):
        for match in _PAREN.finditer(text):
            found += [Marker(match.start(), match.end(), source) for source in _works(match[1])]
    return sorted(found)


def _numbers(inner: str) -> list[str]:
    """`1, 3-5` names 1, 3, 4 and 5. Nothing where it is not numbers."""
    found: list[str] = []
    for part in re.split(r"[,;]", inner):
        match = _RANGE.fullmatch(part.strip())
        if match is None:
            return []
        first = int(match[1])
        last = int(match[2] or match[1])
        if last < first or last - first > _MOST_OF_A_RANGE:
            return []
        found += [str(number) for number in range(first, last + 1)]
    return found


def _works(inner: str) -> list[str]:
    """`Lee et al., 2020; Ng and Wu, 2021a` names two. Nothing where a part has no name before a year."""
    found = []
    for part in inner.split(";"):
        year = _YEAR.search(part)
        lead = _LEAD.match(part)
        name = _NAME.search(part[: year.start()], lead.end() if lead else 0) if year else None
        if year is None or name is None or not name.group()[0].isupper():
            return []
        found.append(f"{name.group().casefold()} {year[1]}{year[2]}")
    return found


def _known(sources: list[Any], style: str) -> set[str]:
    """The sources by how they are cited: a number by itself, a text by its first name and year, else by position."""
    known = {str(number) for number in range(1, len(sources) + 1)} if style != "author_year" else set()
    if style != "numeric":
        for source in sources:
            head = source[:2000] if isinstance(source, str) else ""
            name, year = _NAME.search(head), _YEAR.search(head)
            if name is not None and year is not None:
                known |= {f"{name.group().casefold()} {year[1]}{letter}" for letter in {"", year[2]}}
    return known


def _explain_count(_value: float, text: str, style: str = "any", **_: Any) -> str:
    found = list(dict.fromkeys(marker.source for marker in markers(text, style)))
    return f"cites {', '.join(found[:20])}" if found else "no citation"


@register(
    "citation_count",
    returns="int",
    low=0,
    high=math.inf,
    arguments={
        "text": TEXT,
        "style": _STYLE,
        "distinct": setting("whether a source that is cited again counts once"),
    },
    explain=_explain_count,
    example='citation_count(text = "One [1]. Two [1, 3-4]. Three (Lee et al., 2020).") -> 5',
)
def citation_count(text: str, style: str = "any", distinct: bool = False) -> int:
    """The number of citations: `[1]`, `[1, 3-5]`, `[^2]` and `(Lee, 2020)`, `(Lee et al., 2020; Ng, 2021a)`.

    A marker of several sources counts each of them. An author in the text before a bare year, `Lee (2020)`, is not
    seen.
    """
    found = [marker.source for marker in markers(text, style)]
    return len(set(found)) if distinct else len(found)


@register(
    "citation_validity",
    returns="float",
    low=0,
    high=1,
    arguments={
        "text": TEXT,
        "sources": setting("the sources, in the order in which `[1]`, `[2]` … number them"),
        "style": _STYLE,
    },
    explain=_explain_count,
    example='citation_validity(text = "One [1]. Two [2][7].", sources = ["a", "b"]) -> 0.6666666666666666',
)
def citation_validity(text: str, sources: list, style: str = "any") -> float:  # type: ignore[type-arg]  # a list of a row
    """The share of citations whose source exists; 0 where nothing is cited.

    `[n]` exists where there are n sources. `(Lee, 2020)` exists where a source is a text that begins with that name
    and has that year, such as `Lee, K. and Ng, A. (2020). On …`. Whether the source says what it is cited for is a
    question for a judge or an entailment model, as in ALCE (Gao et al. 2023).
    """
    known = _known(sources, style)
    found = [marker.source for marker in markers(text, style)]
    return sum(source in known for source in found) / len(found) if found else 0.0


def _cited_sentences(text: str, style: str) -> tuple[int, int]:
    """How many sentences have a citation, and how many there are.

    A marker that follows a full stop belongs to the sentence before it; one that stands alone is no sentence.
    """
    found = markers(text, style)
    spans = sentence_spans(text)
    cited: set[int] = set()
    place = 0
    sentences: list[int] = []
    for number, (start, end) in enumerate(spans):
        within: list[Marker] = []
        while place < len(found) and found[place].start < end:
            within.append(found[place])
            place += 1
        # markers at the very beginning cite what comes before them
        at, first_own = start, 0
        for marker in within:
            if text[at : marker.start].strip(" \t\n.") and marker.start >= at:
                break
            at, first_own = max(at, marker.end), first_own + 1
        if first_own and sentences:
            cited.add(sentences[-1])
        if any(char.isalnum() for char in text[at:end]):
            sentences.append(number)
            if within[first_own:] or (first_own and len(sentences) == 1):
                cited.add(number)
    return len(cited), len(sentences)


def _explain_coverage(_value: float, text: str, style: str = "any") -> str:
    cited, total = _cited_sentences(text, style)
    return f"{cited} of {total} sentences"


@register(
    "citation_coverage",
    returns="float",
    low=0,
    high=1,
    arguments={"text": TEXT, "style": _STYLE},
    explain=_explain_coverage,
    example='citation_coverage(text = "It rains [1]. It pours. [2] It is dry.") -> 0.6666666666666666',
)
def citation_coverage(text: str, style: str = "any") -> float:
    """The share of sentences with a citation, as ALCE (Gao et al. 2023) asks one of every sentence.

    A marker behind the full stop belongs to the sentence before it. Sentences are those of `sentence_count`. Unscored
    where there is no sentence.
    """
    cited, total = _cited_sentences(text, style)
    if not total:
        raise RuleError("the text has no sentence")
    return cited / total
