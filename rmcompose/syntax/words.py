"""The words of the language: which are reserved, which begin a statement, and what terminals are called to a person."""

from __future__ import annotations

from collections.abc import Iterable

from rmcompose.ir.reserved import RESERVED, STATEMENTS

BODY_STATEMENTS = STATEMENTS[2:]
DOCUMENTED = ("composition", "input", "param", "rule", "judge", "compose", "aggregate", "let", "require")
"""Statements that a `##` comment can document."""

RESERVED_TERMINALS = frozenset(word.upper() for word in RESERVED)
STATEMENT_TERMINALS = frozenset(word.upper() for word in STATEMENTS)
BODY_TERMINALS = frozenset(word.upper() for word in BODY_STATEMENTS)
DOCUMENTED_TERMINALS = frozenset(word.upper() for word in DOCUMENTED)
CONTEXTUAL_TERMINALS = frozenset(
    {"WEIGHT", "GIVEN", "RUBRIC", "CRITERION", "VERDICT", "EXAMPLE", "BECAUSE", "AS", "FROM"}
)
NAME_TERMINALS = frozenset({"NAME"}) | CONTEXTUAL_TERMINALS

FOREIGN = {
    "&&": "and",
    "&": "and",
    "||": "or",
    "|": "or",
    "!": "not",
    "=": "==",
    "===": "==",
    "!==": "!=",
    "<>": "!=",
}
"""Operators of other languages, and the word for them here."""

_TEXT_TERMINALS = frozenset({"TEXT", "RAW", "BLOCK", "UNCLOSED_TEXT", "UNCLOSED_BLOCK"})
_OPERATORS = frozenset({"PLUS", "MINUS", "STAR", "SLASH", "COMPARE", "IN", "AND", "OR", "MISSING", "PART"})
_UNSAID = frozenset(
    {"FOREIGN_OR", "FOREIGN_AND", "FOREIGN_NOT", "FOREIGN_COMPARE", "QUESTION", "ELIF", "STRAY", "RESULT"}
)
_SYMBOLS = {
    "LBRACE": "{",
    "RBRACE": "}",
    "LPAR": "(",
    "RPAR": ")",
    "LSQB": "[",
    "RSQB": "]",
    "COMMA": ",",
    "COLON": ":",
    "EQUAL": "=",
    "ARROW": "->",
    "THEN_ARROW": "=>",
    "MINUS": "-",
}


def expected(terminals: Iterable[str]) -> list[str]:
    """What could have stood here, in words: `a value`, `a name`, `` `else` `` …; most telling first."""
    left = set(terminals) - _UNSAID - {"DOC"}
    said: list[str] = []
    if {"NUMBER", "LPAR"} <= left:
        return ["a value"]
    if {"NUMBER", "TRUE", "TEXT"} <= left:
        return ["a literal"]
    if left >= NAME_TERMINALS:
        said.append("a name")
        left -= NAME_TERMINALS  # the words that could also be names are not told apart
    elif "NAME" in left and len(left) == 1:
        said.append("a name")
    left.discard("NAME")
    if "PLUS" in left or len(left & _OPERATORS) > 1:
        # after a value an operator could always follow; that helps nobody
        left -= _OPERATORS
    left -= {"PART"}
    if "NUMBER" in left:
        said.append("a number")
        left -= {"NUMBER", "MINUS"}
    if left & _TEXT_TERMINALS:
        said.append("a text")
        left -= _TEXT_TERMINALS
    if left >= BODY_TERMINALS:
        said.append("a statement")
        left -= BODY_TERMINALS
    left.discard("$END")
    return said + sorted(f"`{_SYMBOLS.get(one, one.lower())}`" for one in left)


def one_of(choices: list[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    return choices[0] if len(choices) == 1 else f"{', '.join(choices[:-1])} or {choices[-1]}"
