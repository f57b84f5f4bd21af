"""Whatever a config holds, out comes a spec that validates or clear errors, each on one line."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmcompose.compiler import Compilation
from rmcompose.diagnostics import Source
from rmcompose.library import aliases
from rmcompose.migration import ConversionError, from_openjudge, from_simple_composition
from rmcompose.migration.openjudge_names import KNOWN
from rmcompose.migration.rm_gallery_names import BASES, REFUSED, RULES
from rmcompose.syntax import format_text
from rmcompose.syntax.plain import PlainError, plain_data

SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | st.integers(), inner, max_size=3),
    max_leaves=8,
)


def _some(*words: str) -> st.SearchStrategy[Any]:
    return st.sampled_from(words) | st.text(max_size=8)


PARAMS = st.dictionaries(
    _some("llm", "rubrics", "desc", "examples", "max_length", "n", "penalty_rate", "template", "name", "max_retries"),
    VALUES | st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=3) | st.integers(0, 9),
    max_size=3,
)
REWARD = (
    st.fixed_dictionaries({"cls": _some(*RULES, *aliases(), *BASES, *REFUSED)}, optional={"params": PARAMS}) | VALUES
)
SIMPLE = st.fixed_dictionaries(
    {"rewards": st.dictionaries(st.text(max_size=10) | st.just("total"), REWARD, max_size=3) | VALUES},
    optional={
        "weights": st.dictionaries(st.text(max_size=10), st.floats() | SCALARS, max_size=3) | VALUES,
        "params": PARAMS,
        "name": SCALARS,
        "cls": SCALARS,
    },
)
GRADER = st.fixed_dictionaries(
    {"class_name": _some(*KNOWN)},
    optional={
        "kwargs": st.dictionaries(_some("model", "template", "algorithm", "strategy", "tolerance"), VALUES, max_size=3)
    },
)
CONFIG = st.fixed_dictionaries(
    {"grader": GRADER}, optional={"mapper": st.dictionaries(_some("query", "response", "context"), SCALARS, max_size=2)}
)
RUNNER = st.fixed_dictionaries(
    {"grader_configs": st.dictionaries(st.text(max_size=8), CONFIG | GRADER | VALUES, max_size=3) | VALUES},
    optional={"aggregators": VALUES | st.just({"class_name": "WeightedSumAggregator", "kwargs": {"name": "total"}})},
)


def _holds(convert: Any, config: Any) -> None:
    try:
        converted = convert(config)
    except ConversionError as error:
        errors = error.errors
        converted = None
    else:
        errors = ()
    assert all(one and "\n" not in one for one in errors)
    if converted is None:
        assert errors != ()
        return
    for to, path in (("rm", "spec.rm"), ("yaml", "spec.rm.yaml")):
        text = converted.text(to)
        compilation = Compilation(path, text)
        assert [one for one in compilation.diagnostics if one.is_error] == []
        assert compilation.document == converted.document
        assert format_text(Source(path, text)).text == text
    assert all(note and "\n" not in note for note in converted.notes)


@given(SIMPLE | VALUES)
def test_any_simple_composition(config):
    _holds(from_simple_composition, config)


@given(RUNNER | VALUES)
def test_any_grading_runner(config):
    _holds(from_openjudge, config)


def _deep(levels: int) -> Any:
    deep: Any = []
    for _ in range(levels):
        deep = [deep]
    return deep


HOSTILE = {
    "deep": _deep(5000),
    "huge": 10**5000,
    "characters": "\x00\ud800",
    "long": "a" * 100_000,
    "infinite": float("inf"),
    "deep mapping": {"a": _deep(5000)},
    "bytes": b"x",
}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_hostile_values_anywhere(hostile):
    for config in (
        hostile,
        {"rewards": hostile},
        {"rewards": {"a": hostile}},
        {"rewards": {"a": {"cls": hostile}}},
        {"rewards": {"a": {"cls": "length_penalty", "params": {"max_length": hostile}}}},
        {"rewards": {"a": {"cls": "reasoning_format", "params": {"think_token": hostile}}}},
        {"rewards": {"a": {"cls": "BasePointWiseRubricReward", "params": {"rubrics": [hostile], "desc": hostile}}}},
        {"rewards": {"a": {"cls": "accuracy"}}, "weights": {"a": hostile}, "name": hostile},
    ):
        _holds(from_simple_composition, config)
    for config in (
        {"grader_configs": {"a": hostile}},
        {"grader_configs": {"a": {"grader": "CodeStyleGrader", "mapper": hostile}}},
        {"grader_configs": {"a": {"class_name": "LLMGrader", "kwargs": {"template": hostile, "model": hostile}}}},
        {"grader_configs": {"a": "CodeStyleGrader"}, "aggregators": hostile},
    ):
        _holds(from_openjudge, config)


@given(st.text(max_size=60))
def test_any_text_is_data_or_one_error(text):
    for path in ("a.json", "a.yaml"):
        with contextlib.suppress(PlainError):
            plain_data(path, text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: no", {"a": "no"}),
        ("a: 1e-3", {"a": 0.001}),
        ("a: ~\nb: [true, 'true', 07]", {"a": None, "b": [True, "true", 7]}),
        ('{"a": 1.50}', {"a": 1.5}),
        ("", None),
    ],
)
def test_plain_data(text, value):
    assert plain_data("a.yaml", text) == value


@pytest.mark.parametrize(
    "text", ["a: 1\na: 2", '{"a": 1, "a": 2}', "a: !!python/object:os.system x", "[" * 5000, "&a [*a]"]
)
def test_what_would_lose_or_run_something_is_refused(text):
    with pytest.raises(PlainError):
        plain_data("a.yaml" if text[0] != "[" else "a.json", text)
