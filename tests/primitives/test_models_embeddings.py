"""The embeddings in this process: the same as the package that ships them, and the same every time."""

from __future__ import annotations

import socket

import pytest

from rmcompose.primitives import registry
from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.models.embeddings import LONGEST, cosine, embedding_similarity

pytest.importorskip("wordllama", reason="needs the extra `embeddings`")

PAIRS = [
    ("the cat sat on the mat", "a feline rested on the rug"),
    ("the cat sat on the mat", "stock markets fell sharply"),
    ("Paris is the capital of France.", "The capital of France is Paris."),
    ("猫坐在垫子上", "一只猫在垫子上"),
    ("x = 3", "x = 4"),
]


def test_it_agrees_with_the_package_that_ships_the_vectors():
    """The reference is the package's own inference over its own files."""
    from wordllama.inference import WordLlamaInference

    from rmcompose.primitives.models.embeddings import _model

    tokenizer, table = _model()
    reference = WordLlamaInference(table, type(tokenizer).from_str(tokenizer.to_str()))
    for one, other in PAIRS:
        expected = reference.similarity(one, other)
        assert embedding_similarity(one, other) == pytest.approx(float(expected), abs=1e-5)


def test_closer_meaning_is_closer():
    values = [embedding_similarity(one, other) for one, other in PAIRS]
    assert values[0] > values[1] + 0.15
    assert values[2] > 0.9


def test_no_connection_is_made(monkeypatch):
    def refused(*_):
        raise AssertionError("a connection was made")

    monkeypatch.setattr(socket.socket, "connect", refused)
    registry.signature("embedding_similarity")
    from rmcompose.primitives.models.embeddings import _model

    _model.cache_clear()
    assert embedding_similarity("a dog", "a dog") == 1.0


@pytest.mark.parametrize("text", ["\ud800", "a\0b", "\U0001f408", "\u200b", "é" * 1000, "word " * 20_000])
def test_any_text_has_a_value_or_a_reason(text):
    assert embedding_similarity(text, text) == pytest.approx(1.0)
    assert -1 <= embedding_similarity(text, "hello") <= 1


def test_what_has_no_meaning_is_unscored():
    for text in ("", "  \n"):
        with pytest.raises(RuleError, match="empty"):
            embedding_similarity(text, "x")
    with pytest.raises(RuleError, match="1,000,000 characters"):
        embedding_similarity("x" * (LONGEST + 1), "x")


def test_the_same_tokens_in_another_order_are_the_same_bits():
    assert embedding_similarity("dog bites dog bites", "x y") == embedding_similarity("dog bites dog bites", "x y")
    assert embedding_similarity(" man bites dog", "x y") == embedding_similarity(" dog bites man", "x y")


@pytest.mark.parametrize(
    ("first", "second", "value"),
    [
        ([1, 0], [0, 1], 0.0),
        ([1, 0], [-2, 0], -1.0),
        ([3, 4], [4, 3], 0.96),
        ([1e-200, 0], [1e200, 0], 1.0),
        ([1e300, 1e300], [1e300, 1e300], 1.0),
    ],
)
def test_the_cosine_of_vectors_of_any_size(first, second, value):
    assert cosine(first, second) == pytest.approx(value, abs=1e-15)


def test_vectors_without_an_angle():
    with pytest.raises(RuleError, match="2 and 3 dimensions"):
        cosine([1, 2], [1, 2, 3])
    with pytest.raises(RuleError, match="all zeros"):
        cosine([0, 0], [1, 2])
