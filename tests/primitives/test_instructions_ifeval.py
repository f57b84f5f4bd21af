"""IFEval: the recorded labels, each check on its edges, the words in capitals against NLTK, and rows as they come."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rmcompose
from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.instructions.capitals import count_capital_words
from rmcompose.primitives.instructions.instruction import INSTRUCTIONS, variants
from rmcompose.primitives.instructions.languages import LANGUAGES, _factory, told
from rmcompose.primitives.instructions.layout import count_bullets, count_placeholders
from rmcompose.primitives.instructions.rows import ifeval, ifeval_all, instruction_of
from rmcompose.primitives.registry import signature

ROOT = Path(__file__).parents[2]
DATA = ROOT / "benchmarks" / "data"
sys.path.insert(0, str(ROOT / "benchmarks"))


def call(name: str, text: str, **settings: Any) -> Any:
    rule = signature(name)
    assert rule is not None
    return rule.bind(**settings)(text=text)


def test_the_recorded_labels() -> None:
    from labelled.ifeval import cases, lines

    figures = {line.what: (line.agree, line.cases) for line in lines(DATA)}
    assert figures == {
        "ifeval, strict, instructions": (381, 381),
        "ifeval_all, strict, prompts": (242, 242),
        "ifeval, loose, instructions": (380, 381),
        "ifeval_all, loose, prompts": (241, 242),
    }
    differ = {
        (case.key, case.instruction, mode)
        for mode in ("strict", "loose")
        for case in cases(DATA, mode)
        if case.value != case.recorded
    }
    assert differ == {
        # the letter is `#`: the code that made the labels drew another one at random, anew for each mode
        (1122, "keywords:letter_frequency", "loose"),
    }


def test_every_instruction_is_a_rule_and_found_by_its_id() -> None:
    instruction_of("punctuation:no_comma")
    assert len(INSTRUCTIONS) == 25
    for identifier, one in INSTRUCTIONS.items():
        rule = signature(identifier)
        assert rule is not None
        assert rule is signature(one.rule)
        assert [argument.name for argument in rule.arguments] == ["text", *one.settings, "mode"]
        assert identifier in rule.doc
    with pytest.raises(RuleError, match="none of the 25"):
        instruction_of("count:lowercase_counting")


@pytest.mark.parametrize(
    ("name", "text", "settings", "value"),
    [
        ("ifeval_keyword_existence", "a CAT", {"keywords": ["cat", "a c"]}, True),
        ("ifeval_keyword_existence", "a cat", {"keywords": ["c.t"]}, False),
        ("ifeval_keyword_frequency", "gogogo", {"keyword": "gogo", "frequency": 2}, False),
        ("ifeval_keyword_frequency", "x", {"keyword": "y", "frequency": 1, "relation": "less than"}, True),
        ("ifeval_forbidden_words", "I like C++.", {"forbidden_words": ["c++"]}, False),
        ("ifeval_forbidden_words", "concatenate", {"forbidden_words": ["cat"]}, True),
        ("ifeval_letter_frequency", "##", {"letter": "#", "let_frequency": 2}, True),
        ("ifeval_number_words", "it's two_words 3", {"num_words": 4}, True),
        ("ifeval_number_sentences", "Mr. X went. He ran!", {"num_sentences": 3, "relation": "less than"}, True),
        ("ifeval_capital_word_frequency", "DON'T", {"capital_frequency": 2}, True),
        ("ifeval_number_paragraphs", "***\na\n***\nb\n***", {"num_paragraphs": 2}, True),
        ("ifeval_number_paragraphs", "a\n***\n***\nb", {"num_paragraphs": 2}, False),
        (
            "ifeval_nth_paragraph_first_word",
            "a\n\n'Yes,' b",
            {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "YES"},
            True,
        ),
        (
            "ifeval_nth_paragraph_first_word",
            "a\n\nb\n\nc",
            {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "b"},
            False,
        ),
        ("ifeval_number_placeholders", "[a] [b\n] []", {"num_placeholders": 3}, False),
        ("ifeval_number_placeholders", "[a] [] [[b]]", {"num_placeholders": 3}, True),
        ("ifeval_postscript", "x p.p. s y", {"postscript_marker": "P.P.S"}, True),
        ("ifeval_postscript", "x", {"postscript_marker": "(PS)"}, False),
        ("ifeval_number_bullet_lists", "* a\n  - b\n** c\n", {"num_bullets": 2}, True),
        ("ifeval_constrained_response", "Well. My answer is no. Or so", {}, True),
        ("ifeval_number_highlighted_sections", "*a* ** *b\n*", {"num_highlights": 2}, False),
        ("ifeval_multiple_sections", "Section1 Section 22", {"section_spliter": " Section ", "num_sections": 2}, True),
        ("ifeval_json_format", "```JSON\n{}```", {}, True),
        ("ifeval_json_format", "{} {}", {}, False),
        ("ifeval_title", "<< >>", {}, False),
        ("ifeval_title", "x <<a>> y >>", {}, True),
        ("ifeval_two_responses", "a\n******\na", {}, False),
        ("ifeval_two_responses", "******a******b******", {}, True),
        ("ifeval_repeat_prompt", "  WHY? So", {"prompt_to_repeat": " why? "}, True),
        ("ifeval_end_checker", '"So. The end."', {"end_phrase": "the END."}, True),
        ("ifeval_quotation", '"', {}, False),
        ("ifeval_quotation", ' "a" ', {}, True),
        ("ifeval_no_comma", "a\u060c b", {}, True),
        ("ifeval_english_lowercase", "THIS IS NOT LOWER CASE AT ALL", {}, False),
        ("ifeval_response_language", "12 + 30 = 42", {"language": "te"}, True),
        ("ifeval_response_language", "你好，很高兴认识你。", {"language": "zh-cn"}, True),
    ],
)
def test_strict(name: str, text: str, settings: dict[str, Any], value: bool) -> None:
    assert call(name, text, **settings) is value


def test_loose_takes_any_of_eight_variants() -> None:
    text = "Sure, here it is:\n*one* two\nBye, then."
    assert variants(text) == [
        text, "*one* two\nBye, then.", "Sure, here it is:\n*one* two", "*one* two",
        "Sure, here it is:\none two\nBye, then.", "one two\nBye, then.", "Sure, here it is:\none two", "one two",
    ]  # fmt: skip
    assert not call("ifeval_no_comma", text)
    assert call("ifeval_no_comma", text, mode="loose")
    assert not call("ifeval_no_comma", " \n ", mode="loose")


@given(st.text(alphabet="a,\n* ", max_size=30))
def test_what_is_followed_strictly_is_followed_loosely(text: str) -> None:
    for name, settings in (("ifeval_no_comma", {}), ("ifeval_number_bullet_lists", {"num_bullets": 1})):
        assert call(name, text, mode="loose", **settings) >= call(name, text, **settings)


@given(st.text(alphabet="*- \n\ta", max_size=24))
def test_bullets_are_those_of_the_pattern_of_ifeval(text: str) -> None:
    import re

    single = re.findall(r"^\s*\*[^\*].*$", text, flags=re.MULTILINE)
    assert count_bullets(text) == len(single) + len(re.findall(r"^\s*-.*$", text, flags=re.MULTILINE))


@given(st.text(alphabet="[]a\n", max_size=24))
def test_placeholders_are_those_of_the_pattern_of_ifeval(text: str) -> None:
    import re

    assert count_placeholders(text) == len(re.findall(r"\[.*?\]", text))


@given(
    st.lists(st.sampled_from("A b I'M DON'T CAN'T U.S. 'TIS 'A' O'NEIL WELL-KNOWN CANNOT (X) \"Q\" 3,4 A,B :".split()))
)
def test_words_in_capitals_are_those_of_nltk(words: list[str]) -> None:
    from nltk.tokenize import NLTKWordTokenizer

    text = " ".join(words)
    assert count_capital_words(text) == sum(word.isupper() for word in NLTKWordTokenizer().tokenize(text))


ROW = {
    "instruction_id_list": ["punctuation:no_comma", "length_constraints:number_words"],
    "kwargs": [{"num_words": None}, {"relation": "at least", "num_words": 2.0, "keywords": None}],
}


def test_a_row_as_tables_store_it() -> None:
    assert ifeval("one, two", **ROW) == 0.5
    assert ifeval("one two", **ROW) == 1.0
    assert ifeval_all("one two", **ROW)
    assert not ifeval_all("one, two", **ROW)
    assert ifeval("", **ROW) == 0.0
    rule = signature("ifeval")
    assert rule is not None
    assert rule.explain is not None
    assert rule.explain(0.5, text="one, two", **ROW) == "1 of 2 followed, not punctuation:no_comma"


@pytest.mark.parametrize(
    ("ids", "kwargs", "message"),
    [
        ([], [], "no instructions"),
        (["punctuation:no_comma"], [], "1 instructions, but settings for 0"),
        (["count:x"], [{}], "`count:x` is none of the 25"),
        ([3], [{}], "`3` is none"),
        (["punctuation:no_comma"], [[]], "are no object"),
        (["punctuation:no_comma"], [{"n": 1}], "has no setting `n`"),
        (["length_constraints:number_words"], [{"num_words": 3}], "needs `relation`"),
        (["length_constraints:number_words"], [{"num_words": 3, "relation": "at most"}], "not one of: less than"),
        (["length_constraints:number_words"], [{"num_words": "3", "relation": "at least"}], "is str, not int"),
        (["length_constraints:number_words"], [{"num_words": True, "relation": "at least"}], "is bool, not int"),
        (["length_constraints:number_words"], [{"num_words": -1, "relation": "at least"}], "below 0"),
        (["keywords:letter_frequency"], [{"letter": "ab", "let_frequency": 1, "let_relation": "at least"}], "2 char"),
        (["combination:repeat_prompt"], [{"prompt_to_repeat": " "}], "`prompt_to_repeat` is empty"),
        (["language:response_language"], [{"language": "xx"}], "no language that is known"),
    ],
)
def test_a_row_that_cannot_be_judged_is_an_error_whatever_the_text(ids: Any, kwargs: Any, message: str) -> None:
    for text in ("a, b", ""):
        with pytest.raises(RuleError, match=message):
            ifeval(text, ids, kwargs)


SPEC = """\
rmcompose 1

composition row -> score[0, 1] {
  input instruction_id_list: list
  input kwargs: list

  rule share = ifeval(instruction_id_list = instruction_id_list, kwargs = kwargs)
  rule short = ifeval_number_words(relation = "less than", num_words = 100000)
  rule every = ifeval_all(instruction_id_list = instruction_id_list, kwargs = kwargs, mode = "loose")

  return if short and every then 1.0 else share
}
"""


def test_rows_of_ifeval_run_as_they_are(tmp_path: Path) -> None:
    spec, out = tmp_path / "row.rm", tmp_path / "out.jsonl"
    spec.write_text(SPEC, encoding="utf-8")
    from rmcompose.cli.main import main

    with (DATA / "ifeval" / "gpt4.jsonl").open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    assert main(["run", str(spec), str(DATA / "ifeval" / "gpt4.jsonl"), "-o", str(out)]) == 0
    results = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert len(results) == 242
    scores = [row["responses"][0]["score"] for row in results]
    expected = [
        1.0 if all(row["follow_loose"]) else sum(row["follow_strict"]) / len(row["follow_strict"]) for row in rows
    ]
    assert scores == pytest.approx(expected)


def test_a_text_has_the_same_language_each_time() -> None:
    import langdetect

    before = langdetect.DetectorFactory.seed
    assert len({told("nur ein paar words") for _ in range(50)}) == 1
    assert langdetect.DetectorFactory.seed == before
    assert set(_factory().get_lang_list()) == LANGUAGES


def test_a_wrong_row_is_unscored() -> None:
    reward = rmcompose.loads(SPEC)
    row = {"response": "a", "instruction_id_list": ["punctuation:no_comma"], "kwargs": [{"n": 1}]}
    assert reward.scores([row, {**row, "kwargs": [{}]}, {"response": "a"}]) == [[None], [1.0], [None]]


HOSTILE = {
    "ifeval_number_placeholders": ("[" * 500_000, {"num_placeholders": 1}),
    "ifeval_number_bullet_lists": ("\n" * 500_000 + "x", {"num_bullets": 1}),
    "ifeval_title": ("<<" * 300_000, {}),
    "ifeval_number_highlighted_sections": ("**" * 300_000, {"num_highlights": 1}),
    "ifeval_postscript": (" " * 500_000, {"postscript_marker": "P.S."}),
    "ifeval_number_paragraphs": (" " * 500_000, {"num_paragraphs": 3}),
    "ifeval_capital_word_frequency": ("'" * 500_000, {"capital_frequency": 1}),
    "ifeval_number_sentences": ("a. " * 100_000, {"num_sentences": 1}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_time_is_linear(name: str) -> None:
    text, settings = HOSTILE[name]
    started = time.perf_counter()
    call(name, text, mode="loose", **settings)
    assert time.perf_counter() - started < 20


def codes(rule: str) -> list[str]:
    spec = f"rmcompose 1\n\ncomposition one -> bool {{\n  rule ok = {rule}\n\n  return ok\n}}\n"
    try:
        rmcompose.loads(spec)
    except rmcompose.SpecError as error:
        return [one.code for one in error.diagnostics]
    return []


def test_settings_are_checked_when_a_spec_is_compiled() -> None:
    assert codes('ifeval_keyword_existence(keywords = ["a", "b"], mode = "loose")') == []
    assert codes('ifeval_number_words(relation = "at most", num_words = 3)') == ["RM301"]
    assert codes("ifeval_number_words(num_words = -3)") == ["RM302"]
    assert codes("ifeval_number_words()") == ["RM205"]
    assert codes('is_language(language = "german")') == ["RM301"]
    assert codes('is_language(language = "de", among = ["de"])') == ["RM301"]
    assert codes('tag_format(tags = ["<think>"])') == ["RM301"]
