"""Prompt templates: the shape of a reply in words, and reading it."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from rmcompose import BasePromptTemplate


class Factuality(BasePromptTemplate):
    score: float = Field(description="a number from 0 to 1")

    @classmethod
    def format(cls, question: str, **kwargs):
        return f"{question}\n{cls.schema(**kwargs)}"


class Rubric(BasePromptTemplate):
    violation: list[str] = Field(default=..., description="the violated rubrics")
    best: int | None = None


def test_a_reply_is_read_by_field():
    found = Factuality.parse("Well.\n<reason>\n because \n</reason>\n<score> 0.5 </score> bye")
    assert (found.reason, found.score) == ("because", 0.5)


def test_the_last_complete_section_binds():
    text = "<score>0.1</score> no: <score>0.9</score> <score>0.3"
    assert Factuality.parse(text).score == 0.9


def test_a_tag_that_is_only_mentioned_does_no_harm():
    assert Factuality.parse("I fill in <score> last. <reason>r</reason> <score>0.4</score>").score == 0.4


def test_a_section_inside_another_is_no_answer():
    text = "<reason>not <score>0.1</score></reason>"
    assert Factuality.parse(f"<score>0.9</score>{text}").score == 0.9
    with pytest.raises(ValueError, match="no section `<score>"):
        Factuality.parse(text)
    assert Factuality.parse("<think><score>0.1</score></think><score>0.7</score>").score == 0.7


def test_thinking_stands_in_for_the_reason():
    assert Factuality.parse("<think>t</think><score>1</score>").reason == "t"
    assert Factuality.parse("<think>t</think><reason>r</reason><score>1</score>").reason == "r"
    assert Factuality.parse("<score>1</score>").reason == ""


def test_a_required_reason_may_be_declared():
    class Strict(BasePromptTemplate):
        reason: str = Field(default=..., alias="think")
        verdict: str = Field(default=..., validation_alias="ruling")

    with pytest.raises(ValueError, match="no section `<reason>"):
        Strict.parse("<verdict>yes</verdict>")
    assert Strict.parse("<think>t</think><ruling>yes</ruling>").verdict == "yes"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no section `<score>"),
        ("<score>0.5", "no section `<score>"),
        ("<score>8/10</score>", "^`score` of the reply: input should be a valid number, unable to parse"),
        ("<score></score>", "`score`"),
    ],
)
def test_what_is_no_reply_is_a_value_error_in_one_line(text, said):
    with pytest.raises(ValueError, match=said) as caught:
        Factuality.parse(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("said", ['["a", "b"]', "['a', 'b']", "\n['a',\n 'b']"])
def test_lists_are_read_as_values(said):
    assert Rubric.parse(f"<violation>{said}</violation><best>2</best>").violation == ["a", "b"]


@pytest.mark.parametrize("said", ["__import__('os').getpid()", "[open]", "a, b", "[" * 5000, "(1).real", "'a' * 9"])
def test_text_is_never_evaluated(said):
    with pytest.raises(ValueError, match="`violation` of the reply is neither JSON nor a literal"):
        Rubric.parse(f"<violation>{said}</violation>")


def test_structure_is_found_behind_optional_and_annotated():
    class Nested(BasePromptTemplate):
        pairs: Annotated[dict[str, int] | None, Field(description="d")] = None
        words: list[str] | str = ""

    found = Nested.parse('<pairs>{"a": 1}</pairs><words>[x]</words>')
    assert (found.pairs, found.words) == ({"a": 1}, "[x]")


def test_the_schema_asks_for_each_field():
    asked = Factuality.schema()
    assert "<score>\na number from 0 to 1\n</score>" in asked
    assert "<reason>" in asked
    assert "<reason>" not in Factuality.schema(enable_thinking=True)
    assert Factuality.format("Q?", enable_thinking=True) == "Q?\n" + Factuality.schema(enable_thinking=True)


def test_a_template_without_a_format_says_so():
    with pytest.raises(NotImplementedError, match="`Rubric` does not define `format`"):
        Rubric.format()


@given(st.text(alphabet="<>/scoretink 01", max_size=60))
def test_any_text_is_read_or_refused(text):
    with suppress(ValueError):
        assert math.isfinite(Factuality.parse(text).score)


@pytest.mark.parametrize("piece", ["<score>", "</score>", "<reason><score>", "<score><reason></score>", "<"])
def test_a_hostile_reply_is_read_in_linear_time(piece):
    # were it quadratic, this would not end
    with pytest.raises(ValueError, match="score"):
        Factuality.parse(piece * 200_000)
