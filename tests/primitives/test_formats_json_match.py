"""JSON against a reference: the values of OpenJudge, sameness as a law, and lists in any order."""

from __future__ import annotations

import itertools
import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.formats.json_match import json_field_share, json_match
from rmcompose.primitives.formats.json_text import json_schema, json_valid
from rmcompose.primitives.registry import signature

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, 1.0, "a", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("text", "reference", "settings", "value"),
    [
        ('{"b": 2, "a": 1}', '{"a": 1, "b": 2}', {}, True),
        ('{"a": 1}', '{"a": 1, "b": 2}', {}, False),
        ('{"a": 1, "b": 2}', '{"a": 1}', {}, False),
        ('{"a": 1, "b": 2}', '{"a": 1}', {"ignore_extra_keys": True}, True),
        ("[3, 1, 2]", "[1, 2, 3]", {}, False),
        ("[3, 1, 2]", "[1, 2, 3]", {"strict_order": False}, True),
        ("not json", "[]", {}, False),
        ("[1, 1, 2]", "[1, 2, 2]", {"strict_order": False}, False),
        ("1", "1.0", {}, True),
        ("[1]", "[1.0]", {"strict_order": False}, True),
        ("true", "1", {}, False),
        ("[true]", "[1]", {"strict_order": False}, False),
        ('["1"]', "[1]", {"strict_order": False}, False),
        ("null", "null", {}, True),
        ("{}", "[]", {}, False),
        ("```json\n[1]\n```", "[1]", {}, False),
        ("```json\n[1]\n```", "[1]", {"fence": True}, True),
        # the item that fits both must leave its place: a greedy pairing says no
        ('[{"a": 1}, {}]', '[{}, {"a": 1}]', {"strict_order": False, "ignore_extra_keys": True}, True),
        (
            '[{"a": 1, "b": 1}, {"a": 1}, {"b": 1}]',
            '[{}, {"a": 1}, {"b": 1}]',
            {"strict_order": False, "ignore_extra_keys": True},
            True,
        ),
        (
            '[{"a": 1}, {"a": 1}, {}]',
            '[{"a": 1}, {"a": 1}, {"a": 1}]',
            {"strict_order": False, "ignore_extra_keys": True},
            False,
        ),
    ],
)
def test_json_match(text: str, reference: str, settings: dict[str, Any], value: bool) -> None:
    assert json_match(text, reference, **settings) is value


@pytest.mark.parametrize(
    ("text", "reference", "settings", "value"),
    [
        ('{"a": 1, "b": {"c": 2, "d": 3}}', '{"a": 1, "b": {"c": 2, "d": 4}}', {}, 2 / 3),
        ('{"a": 1}', '{"a": 1, "b": [1, 2]}', {}, 1 / 3),
        ('{"a": 1, "x": 1}', '{"a": 1}', {}, 0.5),
        ('{"a": 1, "x": [1, 2]}', '{"a": 1}', {"ignore_extra_keys": True}, 1.0),
        ("[1, 2, 3]", "[1, 3]", {}, 1 / 3),
        ("{}", "{}", {}, 1.0),
        ("[]", "{}", {}, 0.0),
        ("[]", "[1]", {}, 0.0),
        ("[[1]]", "[1]", {}, 0.0),
        ("{", "[1]", {}, 0.0),
        ("~~~\n1\n~~~", "1", {"fence": True}, 1.0),
    ],
)
def test_json_field_share(text: str, reference: str, settings: dict[str, Any], value: float) -> None:
    assert json_field_share(text, reference, **settings) == pytest.approx(value)


def _shuffled(value: Any, order: random.Random) -> Any:
    if isinstance(value, list):
        return order.sample([_shuffled(one, order) for one in value], len(value))
    if isinstance(value, dict):
        return {key: _shuffled(value[key], order) for key in order.sample(list(value), len(value))}
    return value


@given(JSON, st.randoms(use_true_random=False))
def test_order_does_not_count_where_it_is_not_asked_for(value: Any, order: random.Random) -> None:
    other = json.dumps(_shuffled(value, order))
    for extra in (False, True):
        assert json_match(other, json.dumps(value), strict_order=False, ignore_extra_keys=extra)


def _covers(value: Any, wanted: Any) -> bool:
    """The definition, tried in full: every pairing of lists."""
    if isinstance(wanted, dict):
        return isinstance(value, dict) and all(key in value and _covers(value[key], wanted[key]) for key in wanted)
    if isinstance(wanted, list):
        return (
            isinstance(value, list)
            and len(value) == len(wanted)
            and any(all(map(_covers, order, wanted)) for order in itertools.permutations(value))
        )
    return isinstance(value, bool) == isinstance(wanted, bool) and value == wanted


@given(JSON, JSON)
def test_lists_in_any_order_are_paired_off_as_well_as_can_be(value: Any, wanted: Any) -> None:
    found = json_match(json.dumps(value), json.dumps(wanted), strict_order=False, ignore_extra_keys=True)
    assert found is _covers(value, wanted)


@given(JSON, JSON)
def test_a_match_has_every_field_and_the_share_is_symmetric(value: Any, other: Any) -> None:
    left, right = json.dumps(value), json.dumps(other)
    share = json_field_share(left, right)
    assert (share == 1) is json_match(left, right)
    assert share == json_field_share(right, left)
    assert json_field_share(left, right, ignore_extra_keys=True) >= share


def test_what_cannot_be_judged_is_an_error() -> None:
    for rule in (json_match, json_field_share):
        with pytest.raises(RuleError, match="the reference is not JSON"):
            rule("[]", "no")
        with pytest.raises(RuleError, match="too deeply"):
            rule("[" * 100_000, "[]")
    many = json.dumps([{"a": number} for number in range(1000)])
    assert json_match(many, many, strict_order=False)
    with pytest.raises(RuleError, match="500000 steps"):
        json_match(many, many, strict_order=False, ignore_extra_keys=True)


def test_fields_far_down_take_no_room_of_their_own() -> None:
    text = "[" * 400 + ",".join(["1"] * 300_000) + "]" * 400
    assert json_field_share(text, text) == 1.0


def test_the_first_difference_is_named() -> None:
    rule = signature("json_match")
    assert rule is not None
    assert rule.explain is not None
    said = rule.explain(False, text='{"a": {"b": [1, 2]}}', reference='{"a": {"b": [1, 3]}}')
    assert said == "1 of 2 fields, 0 extra, first difference at `$.a.b[1]`"


def test_a_fence_is_taken_off_where_it_is_asked_for() -> None:
    for text in ("```json\n[1]\n```", " ```\n[1]\n``` \n", "~~~~\n[1]\n~~~~"):
        assert not json_valid(text)
        assert json_valid(text, fence=True)
        assert json_schema(text, '{"type": "array"}', fence=True)
    for text in ("```json\n[1]", "a\n```\n[1]\n```", "```\n[1]\n```\n```\n[2]\n```"):
        assert not json_valid(text, fence=True)
