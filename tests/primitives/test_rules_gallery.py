"""RM-Gallery's rules beyond its rows: the fast versions agree with the plain expressions they stand for."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.formats.tags import bodies, reasoning_format, reasoning_tool_call_format
from rmcompose.primitives.programs.source import code_blocks, code_patch_similarity, code_style, code_syntax_check
from rmcompose.primitives.registry import signature
from rmcompose.primitives.safety.privacy import privacy_leakage
from rmcompose.primitives.shaping.penalties import length_penalty, ngram_repetition_penalty
from rmcompose.primitives.text import tokenizers
from rmcompose.primitives.text.tokenizers import tokenizer

TAGS = st.lists(
    st.sampled_from(
        [
            "<think>",
            "</think>",
            "<answer>",
            "</answer>",
            "<tool_call>",
            "</tool_call>",
            " ",
            "\n",
            "x",
            "[]",
            '{"name": "f", "arguments": {}}',
            '{"name": 1}',
            "<tool_call>{}</tool_call>",
            "<think>a</think>",
        ]
    ),
    max_size=9,
).map("".join)


def search(pattern: str, text: str) -> bool:
    return re.search(pattern, text, re.DOTALL) is not None


@given(TAGS)
def test_reasoning_format_is_two_searches(text: str) -> None:
    expected = search("<think>.*?</think>", text) and search("<answer>.*?</answer>", text)
    assert reasoning_format(text) == float(expected)
    assert bodies(text, "tool_call") == re.findall("<tool_call>(.*?)</tool_call>", text, re.DOTALL)


@settings(max_examples=400)
@given(st.one_of(TAGS, TAGS.map(lambda rest: f"<think>a</think>{rest}")))
def test_the_shape_of_tool_calls_is_that_of_the_expressions(text: str) -> None:
    calls = re.findall("<tool_call>(.*?)</tool_call>", text, re.DOTALL)
    answer = search("<answer>.*?</answer>", text)
    shape = False
    if search("<think>.*?</think>", text) and answer != bool(calls):
        once = text.count("<think>") == text.count("</think>") == 1
        if answer:
            shape = search(r"^\s*<think>.*?</think>\s*<answer>.*?</answer>\s*\Z", text) and once
            shape = shape and text.count("<answer>") == text.count("</answer>") == 1
        else:
            shape = search(r"^\s*<think>.*?</think>\s*(?:<tool_call>.*?</tool_call>\s*)+\Z", text) and once
            shape = shape and text.count("<tool_call>") == text.count("</tool_call>")
            shape = shape and not search(r"</tool_call>\s*</tool_call>|<tool_call>\s*<tool_call>", text)
            shape = shape and all(body.strip() == '{"name": "f", "arguments": {}}' for body in calls)
    assert reasoning_tool_call_format(text) == float(shape)


@pytest.mark.parametrize("body", ["5", "null", '["name", "arguments"]', '"name arguments"', "1" * 5000])
def test_a_tool_call_that_crashes_rm_gallery_is_an_error(body: str) -> None:
    with pytest.raises(RuleError, match="tool call"):
        reasoning_tool_call_format(f"<think>a</think><tool_call>{body}</tool_call>")


CODE = st.lists(
    st.sampled_from(
        ["```", "```python", "\n", "\n```", "x = 1", "Y=2", "def a(", "def B (", "9z =", "\t", "  ", "==", "é ="]
    ),
    max_size=12,
).map("".join)


@given(CODE)
def test_code_blocks_are_those_of_the_expression(text: str) -> None:
    assert code_blocks(text) == re.findall(r"```(?:python)?\n(.*?)\n```", text, re.DOTALL)


@given(CODE)
def test_naming_is_that_of_the_expressions(code: str) -> None:
    code = code.replace("`", "")
    names = re.findall(r"def\s+([a-zA-Z_][a-zA-Z0-9_]*)\s*\(", code) + re.findall(r"([a-zA-Z_][a-zA-Z0-9_]*)\s*=", code)
    good = sum(bool(re.match("^[a-z_][a-z0-9_]*$", name)) for name in names) / len(names) if names else 1.0
    leading = [line for line in code.split("\n") if line.strip()]
    mixed = any(line.startswith("\t") for line in leading) and any(line.startswith(" ") for line in leading)
    assert code_style(f"```python\n{code}\n```") == pytest.approx(0.5 * good + 0.5 * (not mixed))


def test_a_block_that_cannot_be_judged_is_an_error() -> None:
    for code in ("x\0", "-" * 100_000 + "1", "x = '\ud800'"):
        with pytest.raises(RuleError, match="a code block"):
            code_syntax_check(f"```python\n{code}\n```")


def test_odd_escapes_in_judged_code_print_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        signature("code_syntax_check")
        from rmcompose.primitives.programs import source

        source._silence_warnings.cache_clear()
        assert code_syntax_check("```python\nx = '\\d'\n```") == 1.0
    source._silence_warnings.cache_clear()
    assert capfd.readouterr().err == ""


def test_patches_that_would_take_for_ever_are_refused() -> None:
    with pytest.raises(RuleError, match="too long to compare"):
        code_patch_similarity("a" * 150_000, "b" * 150_000)


PRIVATE = st.lists(
    st.sampled_from(
        [
            "a@b.co",
            "@",
            "a",
            ".",
            "-",
            "é",
            " ",
            "b.Co|m",
            "x_1%",
            "123-456-7890",
            "(123) 456 7890",
            "+1",
            "1234",
            "10.0.0.1",
            "110101199001011234",
            "8.8.8.8",
            "172.1.1.1",
            "\n",
            "_",
        ]
    ),
    max_size=10,
).map("".join)


@settings(max_examples=500)
@given(PRIVATE)
def test_findings_are_those_of_the_expressions(text: str) -> None:
    mails = re.findall(r"\b[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Z|a-z]{2,}\b", text)
    phones = re.findall(r"\b(?:\+?1[-.\s]?)?\(?[0-9]{3}\)?[-.\s]?[0-9]{3}[-.\s]?[0-9]{4}\b", text)
    day = "(0[1-9]|1[0-2])(0[1-9]|[12]\\d|3[01])"
    identities = re.findall(rf"\b[1-9]\d{{5}}(18|19|20)\d{{2}}{day}\d{{3}}[0-9Xx]\b", text)
    cards = re.findall(r"\b(?:\d{4}[-\s]?){3}\d{4}\b", text)
    addresses = re.findall(r"\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}\b", text)
    public = [a for a in addresses if not a.startswith(("127.", "192.168.", "10.", "172."))]
    count = len(mails) + len(phones) + len(identities) + len(cards) + len(public)
    assert privacy_leakage(text, -1.0) == -count


def test_settings_that_would_leave_the_range_are_errors() -> None:
    with pytest.raises(RuleError, match="penalty_per_leak"):
        privacy_leakage("a", 0.5)
    with pytest.raises(RuleError, match="penalty_rate"):
        length_penalty("a", penalty_rate=-1.0)
    with pytest.raises(RuleError, match="penalty_rate"):
        ngram_repetition_penalty("a", penalty_rate=-1.0, tokenizer_type="simple")
    with pytest.raises(RuleError, match="max_penalty"):
        ngram_repetition_penalty("a a a a", use_soft_penalty=True, max_penalty=1.0, tokenizer_type="simple")
    with pytest.raises(RuleError, match="`n` is below 1"):
        ngram_repetition_penalty("a", n=0, tokenizer_type="simple")


def test_only_what_is_thought_counts_in_that_scope() -> None:
    text = "<think>a b c</think> x x x x x x <think>d e f</think>"
    assert ngram_repetition_penalty(text, n=2, tokenizer_type="simple") < 0
    assert ngram_repetition_penalty(text, n=2, tokenizer_type="simple", analyze_scope="thought") == 0.0


def test_tiktoken_is_never_downloaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    tokenizers._byte_pairs.cache_clear()
    monkeypatch.setattr(tokenizers, "load", lambda name: SimpleNamespace(get_encoding=pytest.fail))
    with pytest.raises(RuleError, match='set `tokenizer_type = "simple"`'):
        tokenizer("tiktoken")
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "")
    with pytest.raises(RuleError, match="not downloaded"):
        tokenizer("tiktoken")
    with pytest.raises(RuleError, match="unknown encoding `nope`"):
        tokenizer("tiktoken", "nope")


def test_tiktoken_tokens_are_decoded_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    class Letters:
        def encode_ordinary(self, text: str) -> list[int]:
            return [ord(char) for char in text]

        def decode(self, tokens: list[int]) -> str:
            return "".join(map(chr, tokens))

    tokenizers._byte_pairs.cache_clear()
    monkeypatch.setattr(tokenizers, "load", lambda name: SimpleNamespace(get_encoding=lambda encoding: Letters()))
    monkeypatch.setattr(tokenizers, "_is_cached", lambda url: True)
    assert tokenizer("tiktoken")("ab<|endoftext|>")[:3] == ["a", "b", "<"]
    tokenizers._byte_pairs.cache_clear()


def test_a_tokenizer_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    tokenizers._chinese_words.cache_clear()
    monkeypatch.setitem(__import__("sys").modules, "jieba", None)
    with pytest.raises(RuleError, match="`jieba` is not installed: pip install jieba"):
        tokenizer("jieba")
    with pytest.raises(RuleError, match="unknown tokenizer `spacy`"):
        tokenizer("spacy")
