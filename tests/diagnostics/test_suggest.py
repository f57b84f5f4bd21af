"""Did you mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmcompose.diagnostics.suggest import distance, nearest


@pytest.mark.parametrize(
    ("name", "candidates", "expected"),
    [
        ("qualty", ["reasoning", "quality"], "quality"),
        ("acuracy", ["accuracy", "token_f1"], "accuracy"),
        ("Quality", ["quantity", "quality"], "quality"),
        ("word-count", ["word_count"], "word_count"),
        ("lenght", ["length", "light"], "length"),
        ("min_lenght", ["min_length", "max_length"], "min_length"),
        ("x", ["y", "z"], None),
        ("quality", ["safety"], None),
        ("quality", ["quality"], None),
        ("name", [], None),
        ("cat", ["bat", "car"], "bat"),
        ("a" * 100, ["a" * 99], None),
    ],
)
def test_nearest(name, candidates, expected):
    assert nearest(name, candidates) == expected
    assert nearest(name, reversed(candidates)) == expected
    assert nearest(name, set(candidates)) == expected


def test_distance_counts_a_swap_once():
    assert distance("form", "from") == 1
    assert distance("ca", "abc") == 3
    assert distance("kitten", "sitting") == 3


words = st.text("abcd", max_size=8)


@given(words, words)
def test_distance_is_symmetric_and_bounded(a, b):
    found = distance(a, b)
    assert found == distance(b, a)
    assert abs(len(a) - len(b)) <= found <= max(len(a), len(b))
    assert (found == 0) == (a == b)


@given(st.text("abcdef", min_size=3, max_size=12), st.data())
def test_one_lost_letter_is_found_again(name, data):
    at = data.draw(st.integers(0, len(name) - 1))
    typed = name[:at] + name[at + 1 :]
    assert nearest(typed, ["zzzzzzzz", name]) == (name if len(name) >= 3 else None)
