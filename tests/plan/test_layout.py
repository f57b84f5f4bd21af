"""Layouts of graphs: each box below all that it needs, none on another, and lines beside boxes."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rmcompose.plan import layout as layouts
from rmcompose.plan.layout import layout

WIDE, GAP, PASSING = 100.0, 10.0, 16.0


@st.composite
def graphs(draw):
    count = draw(st.integers(0, 14))
    keys = [f"k{place}" for place in range(count)]
    possible = [(one, other) for place, one in enumerate(keys) for other in keys[place + 1 :]]
    return keys, draw(st.lists(st.sampled_from(possible), unique=True, max_size=30)) if possible else []


@given(graphs())
def test_boxes_stand_below_what_they_need_and_apart(graph):
    keys, edges = graph
    found = layout(keys, edges, wide=WIDE, gap=GAP, passing=PASSING)
    assert set(found.places) == set(keys)
    for start, end in edges:
        assert found.places[start][1] < found.places[end][1]
        assert len(found.lines[start, end]) == found.places[end][1] - found.places[start][1] + 1
    rows: dict[int, list[tuple[float, float]]] = {}
    for x, row in found.places.values():
        rows.setdefault(row, []).append((x, WIDE))
    for (start, _), xs in found.lines.items():
        for down, x in enumerate(xs[1:-1], start=1):
            rows.setdefault(found.places[start][1] + down, []).append((x, PASSING))
    for row, some in rows.items():
        assert 0 <= row < found.rows
        for (x, wide), (other, beside) in pairwise(sorted(some)):
            assert other - x >= (wide + beside) / 2 + GAP - 1e-6
        assert all(x - wide / 2 >= -1e-6 and x + wide / 2 <= found.width + 1e-6 for x, wide in some)


def test_a_chain_is_straight():
    keys = ["a", "b", "c"]
    found = layout(keys, list(pairwise(keys)), wide=WIDE, gap=GAP)
    assert {x for x, _ in found.places.values()} == {WIDE / 2}
    assert [row for _, row in found.places.values()] == [0, 1, 2]
    assert found.width == WIDE


def test_lines_do_not_cross_where_they_need_not():
    found = layout(["a", "b", "x", "y"], [("a", "y"), ("b", "x")], wide=WIDE, gap=GAP)
    assert (found.places["a"][0] < found.places["b"][0]) == (found.places["y"][0] < found.places["x"][0])


def test_what_needs_nothing_stands_near_what_needs_it():
    found = layout(
        ["a", "b", "late", "c", "d"], [("a", "b"), ("b", "c"), ("c", "d"), ("late", "d")], wide=WIDE, gap=GAP
    )
    assert found.places["late"][1] == 2


def test_a_graph_too_large_for_care_is_laid_out_all_the_same(monkeypatch):
    monkeypatch.setattr(layouts, "MOST_PASSED", 3)
    keys = [f"k{place}" for place in range(8)]
    found = layout(keys, [*pairwise(keys), ("k0", "k7")], wide=WIDE, gap=GAP)
    assert found.rows == 8
    assert len(found.lines["k0", "k7"]) == 2
