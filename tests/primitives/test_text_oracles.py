"""Measures of overlap against the libraries that people know them from, on random and on real texts."""

from __future__ import annotations

import json
import random
import re
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sacrebleu
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.stem.porter import PorterStemmer
from nltk.translate.gleu_score import sentence_gleu
from nltk.translate.meteor_score import single_meteor_score
from rapidfuzz import fuzz
from rouge_score.rouge_scorer import RougeScorer

from rmcompose.primitives.text.bleu import bleu, gleu
from rmcompose.primitives.text.chrf import chrf
from rmcompose.primitives.text.edits import edit_distance, fuzzy_ratio
from rmcompose.primitives.text.meteor import meteor
from rmcompose.primitives.text.porter import stem
from rmcompose.primitives.text.rouge import rouge_1, rouge_2, rouge_l, rouge_lsum, rouge_n
from rmcompose.primitives.text.words import words

EXAMPLES = Path(__file__).parents[2] / "examples" / "math" / "data.jsonl"
PIECES = [
    "the cat", " ", "\n", "running", " runs", "ran.", "1,234.5", "U.S.", "don't", "a_b", "-", "3-4", "&amp;", "&", '"',
    "(x)", "flies", "flying", "a a b", "...", "<skipped>", "-\n", "$5", "happily", "THE", "x=<<3*4=12>>12", "\t",
]  # fmt: skip
ASCII = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=14).map("".join),
    st.lists(st.sampled_from("a b c the cat cats".split()), max_size=12).map(" ".join),
    st.text(st.characters(codec="ascii"), max_size=40),
)
ANY = st.one_of(
    ASCII,
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.lists(
        st.sampled_from(["猫坐在", "垫子上。", "“好”", "……", "abc,", " ", "ガード", "1.5", "→", "𠀀"]), max_size=8
    ).map("".join),
)
NO_WORDNET = SimpleNamespace(synsets=lambda word: ())


@cache
def real() -> list[tuple[str, str]]:
    """Pairs of solutions of the same problem."""
    rows = [json.loads(line) for line in EXAMPLES.read_text(encoding="utf-8").splitlines()]
    return [(row["responses"][0], other) for row in rows for other in row["responses"][1:]]


def near(value: float) -> Any:
    return pytest.approx(value, abs=1e-12)


def rouge_agrees(text: str, reference: str, stems: bool) -> None:
    names = {"rouge1": rouge_1, "rouge2": rouge_2, "rougeL": rouge_l, "rougeLsum": rouge_lsum}
    scores = RougeScorer([*names, "rouge4"], use_stemmer=stems).score(reference, text)
    for name, rule in names.items():
        found = scores[name]
        value = rule(text, reference, stem=stems)
        if value == 1.0 and found.fmeasure == 0.0:
            # nothing to compare on either side: equal texts have 1 here
            size = 2 if name == "rouge2" else 1
            assert len(words(re.sub(r"[_']", " ", text))) < size
            continue
        assert value == near(found.fmeasure), name
        assert rule(text, reference, measure="precision", stem=stems) == near(found.precision)
        assert rule(text, reference, measure="recall", stem=stems) == near(found.recall)
    if scores["rouge4"].fmeasure:
        assert rouge_n(text, reference, n=4, stem=stems) == near(scores["rouge4"].fmeasure)


@settings(max_examples=400, deadline=None)
@given(ASCII, ASCII, st.booleans())
def test_rouge_is_that_of_rouge_score(text: str, reference: str, stems: bool) -> None:
    rouge_agrees(text, reference, stems)


def test_rouge_is_that_of_rouge_score_on_solutions() -> None:
    for text, reference in real()[:60]:
        rouge_agrees(text, reference, stems=True)
    for text, reference in real()[60:120]:
        rouge_agrees(text, reference, stems=False)


def test_the_best_of_several_references_is_that_of_rouge_score() -> None:
    references = ["a cat sat", "the dog sat on the rug", "cat the on sat"]
    multi = RougeScorer(["rouge1", "rougeL"]).score_multi(references, "the cat sat on the mat")
    assert rouge_1("the cat sat on the mat", references) == near(multi["rouge1"].fmeasure)
    assert rouge_l("the cat sat on the mat", references) == near(multi["rougeL"].fmeasure)


@settings(max_examples=400, deadline=None)
@given(
    ANY,
    st.lists(ANY, min_size=1, max_size=3),
    st.sampled_from(["13a", "zh", "none"]),
    st.sampled_from([("exp", None), ("floor", None), ("floor", 0.01), ("add-k", None), ("add-k", 0.5), ("none", None)]),
    st.integers(1, 6),
)
def test_bleu_is_that_of_sacrebleu(
    text: str, references: list[str], tokenize: str, smoothing: tuple[str, float | None], order: int
) -> None:
    if tokenize == "zh" and "𠀀" in text + "".join(references):
        return  # sacrebleu does not see characters beyond the basic plane
    method, value = smoothing
    metric = sacrebleu.BLEU(
        tokenize=tokenize,
        smooth_method=method,
        smooth_value=value,
        max_ngram_order=order,
        effective_order=True,
        force=True,
    )
    expected = metric.sentence_score(text, references).score / 100
    ours = bleu(text, references, tokenize=tokenize, smooth=method, smooth_value=value, max_order=order)
    if ours == 1.0 and expected == 0.0:
        assert not metric._preprocess_segment(text)  # both empty
        return
    assert ours == near(expected)


def test_bleu_over_characters_leaves_white_space_out() -> None:
    metric = sacrebleu.BLEU(tokenize="char", effective_order=True)
    assert bleu("猫坐 在垫", "猫坐在 垫子", tokenize="char") == near(
        metric.sentence_score("猫坐在垫", ["猫坐在垫子"]).score / 100
    )


def test_bleu_and_chrf_on_solutions() -> None:
    for text, reference in real()[:150]:
        assert bleu(text, reference) == near(sacrebleu.sentence_bleu(text, [reference]).score / 100)
        assert chrf(text, reference) == near(sacrebleu.sentence_chrf(text, [reference]).score / 100)
        assert chrf(text, reference, word_order=2) == near(
            sacrebleu.sentence_chrf(text, [reference], word_order=2).score / 100
        )


@settings(max_examples=300, deadline=None)
@given(
    ANY,
    st.lists(ANY, min_size=1, max_size=3),
    st.integers(1, 7),
    st.integers(0, 2),
    st.sampled_from([0, 1, 2, 3]),
    st.booleans(),
)
def test_chrf_is_that_of_sacrebleu(
    text: str, references: list[str], chars: int, order: int, beta: int, lower: bool
) -> None:
    metric = sacrebleu.CHRF(char_order=chars, word_order=order, beta=beta, lowercase=lower)
    expected = metric.sentence_score(text, references).score / 100
    ours = chrf(text, references, char_order=chars, word_order=order, beta=float(beta), ignore_case=lower)
    if ours == 1.0 and expected == 0.0:
        assert not text.split()
        return
    assert ours == near(expected)


def meteor_agrees(text: str, reference: str) -> None:
    left, right = words(text), words(reference)
    if not left and not right:
        assert meteor(text, reference) == 1.0
        return
    assert meteor(text, reference) == near(single_meteor_score(right, left, wordnet=NO_WORDNET))  # type: ignore[arg-type]


@settings(max_examples=300, deadline=None)
@given(ANY, ANY)
def test_meteor_is_that_of_nltk_without_synonyms(text: str, reference: str) -> None:
    meteor_agrees(text, reference)


def test_meteor_is_that_of_nltk_on_solutions() -> None:
    for text, reference in real()[:100]:
        meteor_agrees(text, reference)


@settings(max_examples=200, deadline=None)
@given(ASCII, ASCII)
def test_gleu_is_that_of_nltk(text: str, reference: str) -> None:
    left, right = words(text), words(reference)
    if left and right:
        assert gleu(text, reference) == near(sentence_gleu([right], left))


SUFFIXES = (
    "ational tional enci anci izer bli abli alli entli eli ousli ization ation ator alism iveness fulness ousness aliti"
    " iviti biliti fulli logi icate ative alize iciti ical ful ness al ance ence er ic able ible ant ement ment ent ion"
    " ou ism ate iti ous ive ize ed ing eed ied ies sses ss s y e ll ly"
).split()


@settings(max_examples=2000, deadline=None)
@given(
    st.one_of(
        st.text("abehlistuvwxyz", max_size=8),
        st.tuples(st.text("aeioubtlsyzwx", max_size=5), st.lists(st.sampled_from(SUFFIXES), max_size=3)).map(
            lambda parts: parts[0] + "".join(parts[1])
        ),
    )
)
def test_stems_are_those_of_nltk(word: str) -> None:
    assert stem(word) == PorterStemmer().stem(word)


def test_stems_of_real_and_of_irregular_words_are_those_of_nltk() -> None:
    found = {word for text, _ in real() for word in words(text)}
    irregular = (
        "sky skies dying lying tying news innings outings cannings howe proceed exceed succeed dies died".split()
    )
    assert len(found) > 800
    for word in [*found, *irregular, "é", "naïveté", "y" * 50_000]:
        assert stem(word) == PorterStemmer().stem(word)


@settings(max_examples=200, deadline=None)
@given(ANY, ANY)
def test_fuzzy_ratios_are_those_of_rapidfuzz(text: str, reference: str) -> None:
    for mode, scorer in (
        ("ratio", fuzz.ratio),
        ("partial", fuzz.partial_ratio),
        ("token_sort", fuzz.token_sort_ratio),
        ("token_set", fuzz.token_set_ratio),
    ):
        if text.split() and reference.split():
            assert fuzzy_ratio(text, reference, mode=mode) == near(scorer(text, reference) / 100)


def table(left: Any, right: Any) -> int:
    """The Levenshtein distance by the usual table."""
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        last, row[0] = row[0], i
        for j, b in enumerate(right, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (a != b))
    return row[-1]


@given(st.text("abc é好\ud800", max_size=12), st.text("abc é好\ud800", max_size=12))
def test_edit_distance_is_that_of_the_table(text: str, reference: str) -> None:
    assert edit_distance(text, reference) == table(text, reference)
    assert edit_distance(text, reference, unit="words") == table(words(text), words(reference))


def test_long_random_texts_agree_with_the_table() -> None:
    rng = random.Random(4)
    left, right = ("".join(rng.choices("ab cd", k=300)) for _ in range(2))
    assert edit_distance(left, right) == table(left, right)
