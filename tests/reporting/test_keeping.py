"""Which responses are shown in full: both ends exactly, all sorts of unscored, the others by chance; all bounded."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmcompose.data import Record
from rmcompose.reporting.keeping import LARGEST_DETAIL, MOST_ITEMS, Keeper, bounded, cut
from rmcompose.reporting.matching import match
from tests.reporting.conftest import line, node, response


def kept_of(scores, most, **more):
    keeper = Keeper(most, **more)
    for number, score in enumerate(scores, start=1):
        keeper.add(number, line(response(score), id=f"s{number}"))
    return keeper.kept()


def of_sort(kept, why):
    return [one for one in kept if one.why == why]


@given(st.lists(st.one_of(st.none(), st.integers(0, 9)), max_size=80), st.integers(0, 24))
def test_both_ends_are_those_of_all(scores, most):
    kept = kept_of(scores, most)
    assert len(kept) == min(most, len(scores))
    assert len({one.number for one in kept}) == len(kept)
    quarter = (most + 3) // 4
    places = [(score, number) for number, score in enumerate(scores, start=1) if score is not None]
    assert [one.number for one in of_sort(kept, "lowest")] == [n for _, n in sorted(places)[:quarter]]
    lowest = {one.number for one in of_sort(kept, "lowest")}
    highest = [n for _, n in sorted(places, key=lambda one: (-one[0], one[1]))[:quarter] if n not in lowest]
    assert [one.number for one in of_sort(kept, "highest")] == highest[: most - len(lowest)]


def test_every_kind_of_reason_is_there_before_one_is_there_twice():
    keeper = Keeper(12)
    kinds = ["timeout"] * 50 + ["refused"] * 50 + ["off_scale"]
    for number, kind in enumerate(kinds, start=1):
        keeper.add(number, line(response(None, reason={"kind": kind, "node": "j", "message": ""})))
    found = [one.response["reason"]["kind"] for one in of_sort(keeper.kept(), "unscored")]
    assert found == ["timeout", "refused", "off_scale"]


def test_the_others_are_drawn_evenly_and_the_same_each_time():
    scores = [0.5] * 400
    counts = [0] * 4
    for seed in range(60):
        for one in of_sort(kept_of(scores, 40, seed=seed), "drawn"):
            counts[(one.number - 1) // 100] += 1
    # the first quarter gives its first ten as the lowest and ten as the highest, which are the same here
    expected = sum(counts) / 4
    assert all(abs(count - expected) < 0.2 * expected for count in counts[1:])
    first, again = kept_of(scores, 40), kept_of(scores, 40)
    assert [one.number for one in first] == [one.number for one in again]


def test_memory_is_bounded_by_what_is_shown():
    keeper = Keeper(8)
    source = random.Random(0)
    for number in range(1, 5001):
        keeper.add(number, line(response(source.random())))
    held = len(keeper._low) + len(keeper._high) + len(keeper._drawn) + sum(map(len, keeper._unscored.values()))
    assert held <= 2 * 2 + 8


def test_texts_and_details_are_cut_and_say_so():
    assert cut("abcdef", 4) == "abcd… [6 characters, cut at 4]"
    assert cut("a\u202eb\x00", 9) == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}"
    assert bounded(list(range(MOST_ITEMS + 2)))[-1] == "… 2 more"
    deep = value = []
    for _ in range(500):
        value.append([])
        value = value[0]
    assert len(json.dumps(bounded(deep))) < 100
    assert bounded({"a": 10**400, "b": 2**60, "c": float("nan")}) == {
        "a": cut(str(10**400), 60),
        "b": 2.0**60,
        "c": "nan",
    }
    votes = ["x" * 900] * 50
    (kept,) = _one(line(response(0.5, {"judge": node(1.0, detail={"votes": votes})})))
    assert kept.response["nodes"]["judge"]["detail"].endswith("characters, too many for this page")
    assert len(json.dumps(kept.response)) < LARGEST_DETAIL


def _one(result):
    keeper = Keeper(4)
    keeper.add(1, result)
    return keeper.kept()


def records(*rows):
    return [Record(row, "data.jsonl", number) for number, row in enumerate(rows, start=1)]


def test_rows_are_matched_by_id_wherever_they_are():
    kept = kept_of([0.1, 0.9], 4)
    rows = [{"id": f"s{n}", "prompt": f"p{n}", "response": f"t{n}", "reference": f"r{n}"} for n in (3, 2, 1)]
    found = match(kept, records(*rows))
    assert (found.wanted, found.lost) == (2, 0)
    assert {one.id: (one.prompt, one.text, one.reference) for one in kept} == {
        "s1": ("p1", "t1", "r1"),
        "s2": ("p2", "t2", "r2"),
    }


def test_of_several_rows_with_one_id_the_one_in_its_place_counts():
    keeper = Keeper(8)
    for number in (1, 2, 3):
        keeper.add(number, line(response(0.1 * number), id="same"))
    kept = keeper.kept()
    match(kept, records(*({"id": "same", "response": f"t{n}"} for n in (1, 2, 3))))
    assert {one.number: one.text for one in kept} == {1: "t1", 2: "t2", 3: "t3"}


def test_rows_without_an_id_are_matched_by_their_line():
    keeper = Keeper(8)
    for number in (1, 2):
        keeper.add(number, line(response(0.5), id=f"data.jsonl:{number}"))
    keeper.add(3, line(response(0.5), id="other"))
    kept = keeper.kept()
    found = match(kept, records({"response": "one"}, {"response": "two"}, {"response": "three"}))
    assert {one.number: one.text for one in kept} == {1: "one", 2: "two", 3: None}
    assert (found.wanted, found.lost) == (3, 1)


@pytest.mark.parametrize("row", [{"id": "s1"}, {"id": "s1", "response": 5}, {"id": "s1", "responses": []}])
def test_a_row_that_is_no_sample_is_lost_and_counted(row):
    kept = kept_of([0.1], 4)
    assert match(kept, [*records(row), Record(None, "data.jsonl", 2, "torn")]).lost == 1
