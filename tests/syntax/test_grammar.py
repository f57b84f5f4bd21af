"""The grammar files: unambiguous, and lexing that never fails."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from rmcompose.ir.reserved import RESERVED
from rmcompose.syntax import grammar, words
from rmcompose.syntax.grammar import scan


def test_the_grammar_is_unambiguous():
    # strict: no shift/reduce conflict is resolved in silence, no two terminals match the same text
    lark = grammar.build(strict=True)
    assert lark.options.lexer == "basic"
    assert lark.options.start == grammar.STARTS
    assert lark.options.propagate_positions


def test_a_sign_is_never_part_of_a_number():
    assert [token.type for token in scan("a -1")] == ["NAME", "MINUS", "NUMBER"]
    assert [token.type for token in scan("1-1")] == ["NUMBER", "MINUS", "NUMBER"]
    assert [str(token) for token in scan("1e-5-2")] == ["1e-5", "-", "2"]


def test_words_are_told_from_names_that_begin_like_them():
    assert [token.type for token in scan("let letter lets _let Let")] == ["LET", "NAME", "NAME", "NAME", "NAME"]


def test_the_reserved_words_are_those_of_the_grammar():
    keywords = {
        terminal.pattern.value
        for terminal in grammar.build().terminals
        if terminal.pattern.type == "str" and re.fullmatch("[a-z]+", terminal.pattern.value)
    }
    contextual = {word.lower() for word in words.CONTEXTUAL_TERMINALS}
    assert keywords == RESERVED | contextual


def test_each_kind_of_comment_and_doc_is_told_apart():
    assert [str(token) for token in scan("# a\n## b\n### c\n##\n#\nx # y\n")] == ["## b", "##", "x"]


@given(st.text() | st.text(alphabet='"\\\n#r.1e+-%{}letx'))
def test_every_character_is_in_a_token_or_skipped(text):
    left = text
    for token in reversed(scan(text)):
        assert text[token.start_pos : token.end_pos] == token
        left = left[: token.start_pos] + " " + left[token.end_pos :]
    assert not re.sub(r"#[^\n]*", "", left).strip().strip("\ufeff").strip()
