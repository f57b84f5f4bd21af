"""The tokens of a text, with what is wrong with single tokens and with its comments.

Every character belongs to some token, so lexing never fails. What depends on a token's neighbours is settled here once:
which `##` lines document something, and where `return` is the result in a test.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rmcompose.diagnostics import Diagnostic, Span
from rmcompose.syntax import literals, words
from rmcompose.syntax.parsed import Comment
from rmcompose.syntax.place import Place

if TYPE_CHECKING:
    from lark import Token

_ENDS_VALUE = frozenset({"NUMBER", "TEXT", "RAW", "BLOCK", "TRUE", "FALSE", "RESULT", "PART", "RPAR", "RSQB", "RBRACE"})
_COMMENT = re.compile(r"#[^\n]*")


@dataclass(slots=True)
class Lexed:
    """Tokens in order. `wounds` are the offsets of tokens that have no value: a statement that holds one is broken."""

    text: str
    tokens: list[Token]
    place: Place
    faults: list[Diagnostic] = field(default_factory=list)
    wounds: list[int] = field(default_factory=list)

    def wounded(self, start: int, end: int) -> bool:
        """Whether a token between the offsets has no value."""
        at = bisect_left(self.wounds, start)
        return at < len(self.wounds) and self.wounds[at] < end

    def comments(self) -> list[Comment]:
        """Every comment, also each `##` line that documents nothing, in order."""
        found: list[Comment] = []
        before = 0
        ends = [(token.start_pos or 0, token.end_pos or 0) for token in self.tokens] + [(len(self.text),) * 2]
        for start, end in ends:
            for match in _COMMENT.finditer(self.text, before, start):
                line = self.text.rfind("\n", 0, match.start()) + 1
                own = not self.text[line : match.start()].strip("\ufeff \t")
                at = match.start()
                words_of_it = match.group().rstrip(literals.BLANK_END)
                found.append(Comment(words_of_it, self.place(at, at + len(words_of_it)), own))
            before = end
        return found


def span_of(token: Token, lexed: Lexed) -> Span:
    """Where a token stands."""
    return lexed.place(token.start_pos or 0, token.end_pos or 0)


def lex(text: str, place: Place, *, formula: bool = False) -> Lexed:
    """The tokens of a text. In a `formula` every `return` is the result: YAML decides where one may stand."""
    from rmcompose.syntax.grammar import scan

    lexed = Lexed(text, _in_context(scan(text), formula=formula), place)
    for token in lexed.tokens:
        check = _CHECKS.get(token.type)
        if check is not None:
            check(token, lexed)
    return lexed


def _in_context(tokens: list[Token], *, formula: bool) -> list[Token]:
    kept: list[Token] = []
    docs: list[Token] = []
    expecting = formula
    before = ""
    for token in tokens:
        kind, kept_token = token.type, token
        if kind == "DOC":
            docs.append(token)
            continue
        if docs:
            if kind in words.DOCUMENTED_TERMINALS:
                kept += docs
            docs = []
        if kind == "EXPECT":
            expecting = True
        elif kind == "RETURN" and expecting and before not in _ENDS_VALUE and before not in words.NAME_TERMINALS:
            kind, kept_token = "RESULT", token.update(type="RESULT")
        elif kind in words.STATEMENT_TERMINALS and not formula:
            expecting = False
        kept.append(kept_token)
        before = kind
    return kept


# ---- single tokens that are wrong ------------------------------------------------------------------------------------


def _wound(token: Token, lexed: Lexed, code: str, message: str, span: Span | None = None, *advice: str) -> None:
    start, end = token.start_pos or 0, token.end_pos or 0
    lexed.wounds.append(start)
    lexed.faults.append(Diagnostic(code, message, span or lexed.place(start, end), help=advice))


def _check_number(token: Token, lexed: Lexed) -> None:
    text = str(token)
    try:
        literals.read_number(text)
    except literals.BadNumber as error:
        _wound(token, lexed, "RM104", f"{error} `{_short(text)}`", None, *_number_help(text))


def _number_help(text: str) -> list[str]:
    plain = text.replace("_", "")
    if text.endswith("%") and literals.NUMBER.fullmatch(text[:-1]):
        return [f"write it as a share of 1: `{text[:-1]} / 100`"]
    if plain != text and literals.NUMBER.fullmatch(plain):
        return [f"write `{plain}`"]
    if text.startswith(".") and literals.NUMBER.fullmatch(f"0{text}"):
        return [f"write `0{text}`"]
    if text.endswith(".") and literals.NUMBER.fullmatch(f"{text}0"):
        return [f"write `{text}0`"]
    if re.fullmatch(r"0[xX][0-9A-Fa-f]+", text) and len(text) < 64:
        return [f"write `{int(text, 16)}`"]
    if literals.NUMBER.fullmatch(text):
        return ["the largest number is about 1.8e308"]
    return ["a number is digits, with one point and an exponent where needed: `2`, `0.5`, `1e-6`"]


def _check_unclosed(token: Token, lexed: Lexed) -> None:
    start = token.start_pos or 0
    quotes = '"""' if token.type == "UNCLOSED_BLOCK" else '"'
    where = "on its line" if quotes == '"' else "in this file"
    opening = lexed.place(start, start + len(quotes) + token.startswith("r"))
    advice = [f"close it with `{quotes}`"]
    if quotes == '"':
        advice.append('a text over several lines stands between `"""` and `"""`')
    _wound(token, lexed, "RM103", f"text is not closed {where}", opening, *advice)


def _check_stray(token: Token, lexed: Lexed) -> None:
    character = str(token)
    start = token.start_pos or 0
    before = lexed.wounds[-1] if lexed.wounds else -1
    if 0 <= before < start and "\n" not in lexed.text[before:start]:
        lexed.wounds.append(start)  # most often the other half of a pair of quotes: one fault
        return
    shown = character if character.isprintable() else f"U+{ord(character):04X}"
    advice = {
        "'": 'texts stand between `"` and `"`',
        "\N{LEFT DOUBLE QUOTATION MARK}": 'write the plain quote `"`',
        "\N{RIGHT DOUBLE QUOTATION MARK}": 'write the plain quote `"`',
        ";": "statements need nothing between them",
        "$": "`${…}` is for YAML; a formula is written as it is",
        "\N{MINUS SIGN}": "write `-`",
    }.get(character)
    _wound(token, lexed, "RM101", f"unexpected character `{shown}`", None, *([advice] if advice else []))


def _check_escapes(token: Token, lexed: Lexed) -> None:
    if "\\" not in token:
        return
    start = (token.start_pos or 0) + 1
    for low, high in literals.read_quoted(str(token)[1:-1])[1]:
        message = f"unknown escape `{token[1 + low : 1 + high]}`"
        advice = (
            r"known are `\n`, `\t`, `\r`, `\"`, `\\` and `\uXXXX`",
            'in a pattern write `r"…"`, which has no escapes',
        )
        lexed.faults.append(Diagnostic("RM101", message, lexed.place(start + low, start + high), help=advice))


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:37]}…"


_CHECKS = {
    "NUMBER": _check_number,
    "UNCLOSED_TEXT": _check_unclosed,
    "UNCLOSED_BLOCK": _check_unclosed,
    "STRAY": _check_stray,
    "TEXT": _check_escapes,
}
