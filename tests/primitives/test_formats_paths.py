"""Fields that were asked for, in structures of four formats."""

from __future__ import annotations

import time
from typing import Any

import pytest

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.formats.paths import key_paths

TREE = {"user": {"name": "Ann", "a.b": 1}, "steps": [{"title": "x"}, {"note": None}]}


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("user", True),
        ("user.name", True),
        ("user.`a.b`", True),
        ("user.a.b", False),
        ("user[0]", False),
        ("steps[0].title", True),
        ("steps[1].title", False),
        ("steps[1].note", True),
        ("steps[2]", False),
        ("steps.*.note", True),
        ("steps[*].title", True),
        ("steps.*.other", False),
        ("name", False),
    ],
)
def test_paths(path: str, there: bool) -> None:
    import json

    assert key_paths(json.dumps(TREE), [path, "user"], "json") == (1.0 if there else 0.5)


@pytest.mark.parametrize(
    ("text", "format_", "value"),
    [
        ("a:\n  b: 1", "yaml", 1.0),
        ('{"a": {"b": 1}}', "yaml", 1.0),
        ("[a]\nb = 1", "toml", 1.0),
        ('```json\n{"a": {"b": 1}}\n```', "json", 1.0),
        ("Here:\n```\na:\n  b: 1", "yaml", 1.0),
        ("<think>{}</think>a: {b: }", "yaml", 1.0),
        ("a: [", "yaml", 0.0),
        ("a: 1\na", "toml", 0.0),
        ("{'a': 1}", "json", 0.0),
        ("", "json", 0.0),
        ("", "yaml", 0.0),
        ("!!python/object/apply:os.getpid []", "yaml", 0.0),
        ("? [1]\n: 2", "yaml", 0.0),
        ("2001-99-99", "yaml", 0.0),
    ],
)
def test_formats(text: str, format_: str, value: float) -> None:
    assert key_paths(text, ["a.b"], format_) == value


def test_columns() -> None:
    table = "id,full name\n1,Ann"
    assert key_paths(table, ["csv::id", "csv::full name", "id", "csv::Ann"], "csv") == 0.75
    assert key_paths("", ["csv::id"], "csv") == 0.0


def test_marks_come_before_fences() -> None:
    text = "```\nx: 1\n```\n<<a: 1>>"
    assert key_paths(text, ["a"], "yaml", begin="<<", end=">>") == 1.0
    assert key_paths(text, ["x"], "yaml", begin="{{", end="}}") == 1.0


@pytest.mark.parametrize("paths", [[], "a", [1], None])
def test_paths_must_be_texts(paths: Any) -> None:
    with pytest.raises(RuleError, match="`paths` is not a list of texts"):
        key_paths("{}", paths)


def test_structures_that_would_grow_without_end() -> None:
    started = time.monotonic()
    laughs = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    for one, other in zip("abcdefgh", "bcdefghi", strict=True):
        laughs += f"{other}: &{other} [{', '.join(['*' + one] * 10)}]\n"
    assert key_paths(laughs, ["i" + ".*" * 9], "yaml") == 1.0
    assert key_paths("[" * 100_000, ["a"], "json") == 0.0
    assert key_paths("[" * 2_000, ["a"], "yaml") == 0.0
    assert key_paths("&a [*a]", [".*" * 50], "yaml") in (0.0, 1.0)
    with pytest.raises(RuleError, match="too long to read"):
        key_paths("a" * 200_001, ["a"])
    assert time.monotonic() - started < 20
