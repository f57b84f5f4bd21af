"""Laws of the measures of overlap, known values, several references, texts without spaces, and hostile input."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rmcompose as rm
from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.registry import signature
from rmcompose.primitives.text.bags import cosine, jaccard
from rmcompose.primitives.text.bleu import bleu, gleu
from rmcompose.primitives.text.chrf import chrf
from rmcompose.primitives.text.content import contains_all, contains_any, exact_match
from rmcompose.primitives.text.edits import edit_distance, edit_similarity, fuzzy_ratio, word_error_rate
from rmcompose.primitives.text.meteor import meteor
from rmcompose.primitives.text.overlap import token_f1, word_overlap
from rmcompose.primitives.text.rouge import rouge_1, rouge_2, rouge_l, rouge_lsum, rouge_n

REF, HYP = "the cat sat on the mat", "the cat is on the mat"
WORDS = st.lists(st.sampled_from("a b c d the cats 猫 é".split()), max_size=10)
TEXTS = WORDS.map(" ".join)
SIMILARITIES: dict[str, Callable[..., float]] = {
    "bleu": bleu, "chrf": chrf, "cosine": cosine, "edit_similarity": edit_similarity, "exact_match": exact_match,
    "fuzzy_ratio": fuzzy_ratio, "gleu": gleu, "jaccard": jaccard, "meteor": meteor, "rouge_1": rouge_1,
    "rouge_2": rouge_2, "rouge_l": rouge_l, "rouge_lsum": rouge_lsum, "rouge_n": rouge_n, "token_f1": token_f1,
    "word_overlap": word_overlap,
}  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "arguments", "value"),
    [
        # OpenJudge's values for the same pair, where the measure is the same
        (bleu, {}, 0.379918),
        (bleu, {"smooth": "floor", "smooth_value": 0.1}, 0.254066),  # its `sentence_bleu`, NLTK's smoothing method 1
        (gleu, {}, 0.5),
        (chrf, {}, 0.619252),
        (rouge_1, {}, 0.833333),
        (rouge_2, {}, 0.6),
        (rouge_l, {}, 0.833333),
        (rouge_n, {"n": 3}, 0.25),
        (token_f1, {}, 0.833333),
        (fuzzy_ratio, {}, 0.930233),
        (edit_similarity, {}, 0.863636),
        (jaccard, {}, 0.666667),
        # plain counts: OpenJudge weighs words and pairs of words by rarity within the two texts, which gives 0.627904
        (cosine, {}, 7 / 8),
    ],
)
def test_known_values(rule: Callable[..., float], arguments: dict[str, Any], value: float) -> None:
    assert rule(HYP, REF, **arguments) == pytest.approx(value, abs=1e-6)


def test_the_cosine_of_openjudge_is_explained() -> None:
    # TF-IDF over words and pairs of words, with smoothed rarity: what both have weighs 1, what one has ln(3/2) + 1
    rare = (math.log(3 / 2) + 1) ** 2
    shared = (2 * 2 + 1 + 1 + 1) + 3
    assert shared / (shared + 3 * rare) == pytest.approx(0.627904, abs=1e-6)


def test_word_overlap_of_openjudge() -> None:
    assert word_overlap("the dog sat on the rug", REF) == pytest.approx(0.6)
    with pytest.raises(RuleError, match="no words"):
        word_overlap("a", "!")


def test_contains_all_is_a_share() -> None:
    assert contains_all("x red y green", ["red", "green", "blue"]) == pytest.approx(2 / 3)
    assert contains_all("12 apples", [12]) == 1.0  # type: ignore[list-item]
    assert contains_any("STRASSE", ["straße"], ignore_case=True)
    assert not contains_any("red", ["green"])
    for rule in (contains_all, contains_any):
        with pytest.raises(RuleError, match="empty list"):
            rule("a", [])
        with pytest.raises(RuleError, match="NoneType"):
            rule("a", [None])
    known = signature("contains_all")
    assert known is not None
    assert known.explain is not None
    assert known.explain(0.5, text="a", values=["a", "b"]) == "1 of 2, without 'b'"


@pytest.mark.parametrize("name", sorted(SIMILARITIES))
@given(text=TEXTS, references=st.lists(TEXTS, min_size=1, max_size=4))
def test_the_best_of_several_references_counts(name: str, text: str, references: list[str]) -> None:
    rule = SIMILARITIES[name]
    known = signature(name)
    assert known is not None
    reference = known.argument("reference")
    assert reference is not None
    assert reference.kind == "texts"
    if name == "word_overlap":
        references = [one for one in references if one] or ["a"]
    assert rule(text, references[:1]) == rule(text, references[0])
    best = max(rule(text, one) for one in references)
    if name == "bleu":  # counts n-grams of all references at once
        assert rule(text, references) >= 0
    else:
        assert rule(text, references) == best


def test_distances_take_the_nearest_reference() -> None:
    assert edit_distance("abc", ["xyz", "abd"]) == 1
    assert word_error_rate("a b", ["x y", "a c"]) == 0.5


@pytest.mark.parametrize("name", sorted(SIMILARITIES))
def test_no_reference_is_no_zero(name: str) -> None:
    for nothing in ([], [None], [["a"]], {"a": 1}, None, True):
        with pytest.raises(RuleError) as caught:
            SIMILARITIES[name]("a", nothing)
        assert caught.value.kind == "missing_input"


def test_a_number_is_read_as_its_text() -> None:
    assert exact_match("42", [41, 42])  # type: ignore[list-item]
    assert exact_match("42", 42)  # type: ignore[arg-type]


def test_a_list_of_references_reaches_rules_through_a_spec() -> None:
    reward = rm.loads(
        "rmcompose 1\n\ncomposition multi -> float {\n  rule same  = exact_match()\n  rule order = rouge_l()\n"
        '  rule fixed = token_f1(reference = ["x", "a b"])\n\n  return same + order + fixed\n}\n'
    )
    rows = [
        {"prompt": "p", "responses": ["a b", "c"], "reference": ["q", "a b"]},
        {"prompt": "p", "responses": ["7", "a b"], "reference": 7},
        {"prompt": "p", "responses": ["a b", "c"], "reference": []},
        {"prompt": "p", "responses": ["a b"]},
    ]
    scores = reward.scores(rows)
    assert scores[:2] == [[3.0, 0.0], [2.0, 1.0]]
    assert scores[2:] == [[None, None], [None]]


def test_a_reference_of_another_kind_is_found_when_the_spec_is_compiled() -> None:
    spec = (
        "rmcompose 1\n\ncomposition c -> float {{\n  input reference: {}\n\n  rule f = token_f1({})\n  return f\n}}\n"
    )
    for declared, given_, said in (
        ("int", "", "binds to the input `reference`, which is a whole number"),
        ("text", "reference = 3", "needs a text or a list of texts, not a whole number"),
    ):
        with pytest.raises(rm.SpecError, match=said):
            rm.loads(spec.format(declared, given_))
    for declared in ("text", "list"):
        rm.loads(spec.format(declared, ""))


@given(TEXTS, TEXTS, TEXTS)
def test_edit_distance_is_a_metric(one: str, two: str, three: str) -> None:
    for unit in ("characters", "words"):
        direct = edit_distance(one, three, unit=unit)
        assert direct <= edit_distance(one, two, unit=unit) + edit_distance(two, three, unit=unit)
        assert direct == edit_distance(three, one, unit=unit)
    assert (edit_distance(one, two) == 0) == (one == two)
    assert edit_distance(one, two) <= max(len(one), len(two))


@given(WORDS, WORDS, st.sampled_from("a b c d the cats 猫 é".split()))
def test_one_more_word_of_the_reference_never_lowers_recall(text: list[str], reference: list[str], more: str) -> None:
    reference = [*reference, more]
    before, after = " ".join(text), " ".join([*text, more])
    against = " ".join(reference)
    for rule in (rouge_1, rouge_l, rouge_2) if len(reference) > 1 else (rouge_1, rouge_l):
        assert rule(after, against, measure="recall") >= rule(before, against, measure="recall")
    assert word_overlap(after, against) >= word_overlap(before, against)


@given(TEXTS, TEXTS)
def test_f1_is_symmetric_and_between_precision_and_recall(text: str, reference: str) -> None:
    for rule in (rouge_1, rouge_2, rouge_l):
        f1, precision, recall = (rule(text, reference, measure=one) for one in ("f1", "precision", "recall"))
        assert f1 == pytest.approx(rule(reference, text))
        assert min(precision, recall) - 1e-12 <= f1 <= max(precision, recall) + 1e-12
        assert precision == rule(reference, text, measure="recall")
    assert rouge_l(text, reference) <= rouge_1(text, reference) + 1e-12


@given(TEXTS)
def test_a_text_that_shares_nothing_has_0(text: str) -> None:
    if text:
        for name in SIMILARITIES.keys() - {"chrf", "edit_similarity", "fuzzy_ratio"}:
            assert SIMILARITIES[name](text, "zz yy zz") == 0.0, name


@pytest.mark.parametrize("rule", [rouge_1, rouge_l, token_f1, jaccard, cosine, gleu, meteor, word_overlap])
def test_texts_without_spaces_are_compared_by_character(rule: Callable[..., float]) -> None:
    same, half = rule("我爱北京天安门", "我爱北京天安门"), rule("我爱上海", "我爱北京")
    assert same > 0.9
    assert 0 < half < same
    assert rule("東京タワー", "東京ドーム") > 0


def test_two_texts_too_short_for_an_n_gram_are_compared_whole() -> None:
    assert rouge_2("yes", "yes") == 1.0
    assert rouge_2("yes", "no") == 0.0
    assert jaccard("yes", "no", n=2) == cosine("yes", "no", n=2) == 0.0
    assert jaccard("yes", "Yes", n=2) == cosine("yes", "Yes!", n=2) == 1.0


def test_a_text_that_is_its_own_reference_has_almost_1_in_meteor() -> None:
    assert meteor("one two three four", "one two three four") == pytest.approx(1 - 0.5 / 4**3)


LONG = "word " * 200_000  # 1 MB
HOSTILE = ["\ud800" * 50, "\0", "a\u0301" * 100, "y" * 100_000, LONG, "&amp;" * 50_000, ".," * 100_000]


@pytest.mark.parametrize("name", sorted(SIMILARITIES.keys() | {"edit_distance", "word_error_rate"}))
def test_hostile_texts_are_judged_or_refused(name: str) -> None:
    known = signature(name)
    assert known is not None
    refusals: list[str] = []
    for text in HOSTILE:
        for reference in ("a b", "\udfff", text):
            try:
                value = known.function(text=text, reference=reference)
            except RuleError as error:
                refusals.append(str(error))
            else:
                assert known.low <= value <= known.high
    assert all(re.search("too long|too many|no words", said) for said in refusals)


def test_what_would_take_too_long_is_refused_with_the_limit() -> None:
    other = "other " * 200_000
    with pytest.raises(RuleError, match="10,000,000,000"):
        edit_distance(LONG, other)
    with pytest.raises(RuleError, match="4,000,000"):
        fuzzy_ratio("ab" * 3000, "ba" * 3001, mode="partial")
    with pytest.raises(RuleError, match="too many to compare in order"):
        rouge_l(LONG, LONG)
    for many in ("word " * 10_001, "word\n" * 501):
        with pytest.raises(RuleError, match="too many to compare"):
            rouge_lsum(many, many)
