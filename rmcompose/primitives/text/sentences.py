"""Sentences of a text, by a simple rule that needs no model.

A sentence ends at a run of `.` `!` `?` or their kin in other scripts, with the quotes and brackets that close after it,
where white space or the end of the text follows; after a full-width mark (`。`) nothing need follow. A blank line ends
one too. A dot does not end a sentence after an abbreviation (`Dr.`, `e.g.`), after an initial (`J. Smith`), in a
number, or after the number of a list item; an ellipsis never does. After abbreviations that often close a sentence
(`etc.`, `p.m.`) the next letter decides: a capital starts a new one. Text without a letter or digit is no sentence.
"""

from __future__ import annotations

import re

_WIDE = "\u3002\uff01\uff1f\uff61"  # full-width full stop, exclamation and question mark, half-width full stop
_OTHER = "\u061f\u06d4\u0964\u0965\u0589\u1362\u104b\u203c\u2047\u2048\u2049"  # Arabic, Devanagari, Armenian … marks
_CLOSING = r"\"'\u201d\u2019\u00bb)\]}\u300d\u300f\uff09\u300b\u3011"
_END = re.compile(
    rf"(?P<marks>[{_WIDE}][{_WIDE}!?.…]*|[.!?…{_OTHER}]+)(?P<close>[{_CLOSING}]*)|\n[^\S\n]*\n",
)
_NEVER = re.compile(
    "mr|mrs|ms|mx|dr|prof|st|rev|hon|gov|sen|rep|gen|col|lt|capt|sgt|mt|messrs|e\\.g|eg|i\\.e|ie|cf|vs|viz|no|nos|figs?"
    "|eqs?|sec|ch|vols?|pp?|eds?|trans|approx|al|resp|ca"
)
_SELDOM = re.compile(
    "etc|sr|jr|inc|ltd|co|corp|bros|dept|est|[ap]\\.m|u\\.[skn]|e\\.u|ph\\.d|m\\.d|[bm]\\.a"
    "|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|mon|tue|wed|thu|fri|sat|sun"
)
_LAST_WORD = 24


def count_sentences(text: str) -> int:
    """The number of sentences; linear in the text."""
    count = start = 0
    for match in _END.finditer(text):
        if not _ends(text, match):
            continue
        count += _has_word(text, start, match.end())
        start = match.end()
    return count + _has_word(text, start, len(text))


def _ends(text: str, match: re.Match[str]) -> bool:
    marks = match["marks"]
    if marks is None or marks[0] in _WIDE:
        return True
    after = text[match.end() : match.end() + 1]
    if after and not after.isspace():
        return False
    if "…" in marks or marks == ".." or marks.startswith("..."):
        return False
    if marks != "." or match["close"]:
        return True
    return not _is_abbreviation(text, match.start(), match.end())


def _is_abbreviation(text: str, dot: int, end: int) -> bool:
    before = text[max(0, dot - _LAST_WORD) : dot]
    word = before.split()[-1].lstrip("(\"'\u201c\u2018[") if before and not before[-1].isspace() else ""
    lowered = word.lower()
    if _NEVER.fullmatch(lowered) or (len(word) == 1 and word.isupper() and word != "I"):
        return True
    if _SELDOM.fullmatch(lowered):
        return not _next_is_capital(text, end)
    return word.isdigit() and _starts_line(text, dot - len(word))


def _next_is_capital(text: str, position: int) -> bool:
    rest = text[position : position + 8].lstrip()
    return not rest or rest[0].isupper()


def _starts_line(text: str, position: int) -> bool:
    head = text[max(0, position - _LAST_WORD) : position].rpartition("\n")
    return not head[2].strip() and (bool(head[1]) or position <= _LAST_WORD)


def _has_word(text: str, start: int, end: int) -> bool:
    return any(char.isalnum() for char in text[start:end])


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Where each sentence that `count_sentences` counts begins and ends; linear in the text."""
    spans = []
    start = 0
    for match in _END.finditer(text):
        if not _ends(text, match):
            continue
        if _has_word(text, start, match.end()):
            spans.append((start, match.end()))
        start = match.end()
    if _has_word(text, start, len(text)):
        spans.append((start, len(text)))
    return spans
