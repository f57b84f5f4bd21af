"""Tests as data sets carry them, and how outputs, results and programs in replies are read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rmcompose.configuration import ConfigError
from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.programs import cases, settings
from rmcompose.primitives.programs.comparison import gallery_output, same_output, same_value
from rmcompose.primitives.programs.execution import _key, code_execution, code_tests, told
from rmcompose.primitives.programs.extraction import gallery_program, program
from rmcompose.primitives.programs.inside.wire import Opaque, Values
from rmcompose.primitives.programs.process import Report
from rmcompose.primitives.programs.running import imported
from rmcompose.primitives.programs.settings import SandboxSettings, read
from rmcompose.primitives.registry import signature
from tests.primitives.sandboxed import needs_sandbox

ADD = "```python\ndef add(a, b):\n    return a + b\n```"
SUM = "```python\nprint(sum(map(int, input().split())))\n```"


def test_code_execution_gives_the_values_of_the_parent() -> None:
    """Recorded of RM-Gallery with a working runner; where they differ, `quirks` says so."""
    needs_sandbox()
    both = {"inputs": ["1 2", "3 4"], "outputs": ["3", "7"]}
    one = {"inputs": ["1 2", "3 4"], "outputs": ["3", "8"]}
    calls = {"inputs": ["1\n2"], "outputs": ["3"], "fn_name": "add"}
    assert code_execution(SUM, {"inputs_outputs": both}) == 1.0
    assert code_execution(SUM, {"inputs_outputs": json.dumps(one)}) == 0.5
    assert code_execution(SUM, {"inputs_outputs": one}, continuous=False) == 0.0
    assert code_execution(ADD, {"inputs_outputs": calls}) == 1.0
    assert code_execution("```python\nprint(\n```", {"inputs_outputs": both}) == 0.0
    # not as RM-Gallery: a share, and unscored
    half = {"inputs": ["1\n2", "1\n2"], "outputs": ["3", "4"], "fn_name": "add"}
    assert code_execution(ADD, {"inputs_outputs": half}) == 0.5
    for nothing in (None, {}, {"inputs_outputs": {"inputs": [], "outputs": []}}):
        with pytest.raises(RuleError) as fault:
            code_execution(SUM, nothing)
        assert fault.value.kind == "missing_input"
    with pytest.raises(RuleError):
        code_execution(ADD, {"inputs_outputs": {"inputs": [[1, 2]], "outputs": [[3]]}})


def test_metadata_comes_before_the_label() -> None:
    needs_sandbox()
    right, wrong = {"inputs": ["1 2"], "outputs": ["3"]}, {"inputs": ["1 2"], "outputs": ["4"]}
    assert code_execution(SUM, {"inputs_outputs": wrong}, {"inputs_outputs": right}) == 1.0
    assert code_execution(SUM, {"inputs_outputs": right}, {"other": 1}) == 1.0


@pytest.mark.parametrize(
    ("text", "tests", "value"),
    [
        # APPS and TACO: the column is JSON text; results may be wrapped in a list
        (ADD, json.dumps({"fn_name": "add", "inputs": [[1, 2], [2, 2]], "outputs": [[3], 4]}), 1.0),
        (ADD, {"input_output": json.dumps({"fn_name": "add", "inputs": [[1, 2]], "outputs": [4]})}, 0.0),
        (SUM, {"inputs": ["1 2\n", ["3 4", ""]], "outputs": ["3\n", ["7"]]}, 1.0),
        # LiveCodeBench
        (SUM, json.dumps([{"input": "1 2\n", "output": "3\n", "testtype": "stdin"}]), 1.0),
        (
            "class Solution:\n    def twoSum(self, nums: List[int], target: int) -> List[int]:\n"
            "        d = defaultdict(int)\n        return [0, 1]",
            {
                "public_test_cases": [{"input": "[1, 2]\n3", "output": "[0, 1]", "testtype": "functional"}],
                "func_name": "twoSum",
            },
            1.0,
        ),
        # HumanEval: a whole function, and a completion of the prompt
        (
            "```python\ndef double(x):\n    return helper(x) * 2\n```",
            {
                "prompt": "def helper(x):\n    return x\n\n\ndef double(x):\n    '''Doubles.'''\n",
                "entry_point": "double",
                "test": "def check(candidate):\n    assert candidate(2) == 4\n    assert helper(3) == 3\n",
            },
            1.0,
        ),
        (
            "    return 2 * x\n",
            {
                "prompt": "def double(x):\n    '''Doubles.'''\n",
                "entry_point": "double",
                "test": "def check(candidate):\n    assert candidate(2) == 4\n",
            },
            1.0,
        ),
        # MBPP
        (ADD, {"test_list": ["assert add(1, 2) == 3", "assert add(1, 2) == 4"], "test_setup_code": ""}, 0.5),
        (ADD, ["assert add(1, 2) == 3"], 1.0),
        (ADD, "assert add(1, 2) == 3\nassert add(2, 2) == 4", 1.0),
        (
            ADD,
            "import unittest\nclass TestAdd(unittest.TestCase):\n    def test_it(self):\n"
            "        self.assertEqual(add(1, 2), 3)\n        self.assertEqual(add(1, 2), 4)\n",
            0.0,
        ),
        (
            ADD,
            "import unittest\nclass TestAdd(unittest.TestCase):\n    def test_it(self):\n"
            "        self.assertEqual(add(1, 2), 3)\n        with self.assertRaises(TypeError):\n            add(1, None)\n",
            1.0,
        ),
    ],
)
def test_data_sets(text: str, tests: Any, value: float) -> None:
    needs_sandbox()
    assert code_tests(text, tests) == value


PROGRAM = """
import math
class Pair:
    def __init__(self, a, b):
        self.a, self.b = a, b
class Odd(ValueError):
    pass
def longest(pairs):
    return max(pair.b - pair.a for pair in pairs)
def sort(values):
    values.sort()
def swap(names):
    names["a"], names["b"] = names["b"], names["a"]
def numbers(n):
    yield from range(n)
def apply(f, x):
    return f(x)
def fail(x):
    if x % 2:
        raise Odd("odd")
    raise KeyError("even")
def kinds():
    return (1, [2.5, None], {"a": {1, 2}}, b"x", 1j, frozenset({3}), "\\ud800")
def big():
    return 10 ** 5000
class Counter2:
    def __init__(self): self.n = 0
    def add(self, k=1):
        self.n += k
        return self.n
"""


@pytest.mark.parametrize(
    "test",
    [
        "assert longest([Pair(1, 5), Pair(2, 3)]) == 4",
        "x = [3, 1, 2]\nsort(x)\nassert x == [1, 2, 3]",
        "x = {'a': 1, 'b': 2}\nswap(x)\nassert x == {'a': 2, 'b': 1}",
        "assert list(numbers(3)) == [0, 1, 2]\nassert sum(n for n in numbers(4)) == 6",
        "assert apply(lambda x: x + 1, 2) == 3",
        "try:\n    fail(1)\nexcept ValueError as e:\n    assert str(e) == 'odd'\nelse:\n    assert False",
        "try:\n    fail(1)\nexcept Odd:\n    pass\nelse:\n    assert False",
        "try:\n    fail(2)\nexcept KeyError:\n    pass\nelse:\n    assert False",
        "assert kinds() == (1, [2.5, None], {'a': {1, 2}}, b'x', 1j, frozenset({3}), '\\ud800')\n"
        "assert type(kinds()) is tuple",
        "assert big() == 10 ** 5000",
        "c = Counter2()\nassert c.add() == 1\nassert c.add(k=5) == 6\nassert c.n == 6\nassert c == c",
        "assert math.isclose(apply(lambda x: x / 3, 1), 0.333, abs_tol=1e-3)",
    ],
)
def test_tests_use_a_program_as_if_it_were_theirs(test: str) -> None:
    needs_sandbox()
    assert code_tests(PROGRAM, [test]) == 1.0
    assert code_tests(PROGRAM, [f"{test}\nassert False"]) == 0.0


def test_a_comparison_of_two_objects_is_not_left_to_the_program() -> None:
    needs_sandbox()
    program = "class Same:\n    def __eq__(self, other): return True\ndef f(): return Same()\n"
    assert code_tests(program, ["assert f() == f()", "assert f() == 1", "assert 1 == f()", "assert f() in [1]"]) == 0.0


def test_all_or_nothing_and_blocks() -> None:
    needs_sandbox()
    tests = {"inputs": ["1 2", "3 4"], "outputs": ["3", "8"]}
    assert code_tests(SUM, tests, partial=False) == 0.0
    assert code_tests(SUM, {"inputs": ["1 2"], "outputs": ["3"]}, partial=False) == 1.0
    both = f"First:\n{SUM}\nThen:\n```python\nprint(0)\n```\n"
    right = {"inputs": ["1 2"], "outputs": ["3"]}
    assert [code_tests(both, right, block=block) for block in ("first", "last", "longest")] == [1.0, 0.0, 1.0]


def test_a_longer_list_of_cases_is_run_in_order_of_its_own() -> None:
    needs_sandbox()
    many = {"inputs": [f"{n} {n}" for n in range(100)], "outputs": [str(2 * n if n % 4 else -1) for n in range(100)]}
    assert code_tests(SUM, many) == 0.75
    tests = [f"assert add({n}, 1) == {n + 1}" for n in range(40)]
    assert code_tests(ADD, [*tests, "assert add(1, 1) == 3"]) == 40 / 41


def test_a_trace_tells_what_failed() -> None:
    needs_sandbox()
    arguments = {"tests": {"inputs": ["1 2", "x", "1 1"], "outputs": ["3", "7", "1"]}, "entry_point": ""}
    arguments |= {"block": "last", "partial": True, "compare": "lines", "tolerance": 0.0, "timeout": 5.0}
    arguments["shorthand"] = True
    value = code_tests(SUM, **arguments)
    rule = signature("code_tests")
    assert rule is not None
    assert rule.explain is not None
    assert rule.explain(value, text=SUM, **arguments) == (
        "1 of 3 cases passed; case 2: ValueError: invalid literal for int() with base 10: 'x'; case 3: wrong output"
    )
    assert _key(SUM, arguments) != _key(ADD, arguments)


def test_reasons() -> None:
    results = [
        (True, Report("ended")),
        (False, Report("time")),
        (False, Report("ended", code=-11)),
        (False, Report("ended", code=3)),
        (False, Report("ended")),
        (False, Report("memory")),
    ]
    assert told(results, partial=True) == (
        "1 of 6 cases passed; case 2: time limit; case 3: ended by signal 11; case 4: exit code 3; and 2 more"
    )
    assert told(results, partial=False) == "1 of 6 cases passed; case 2: time limit"


@pytest.mark.parametrize(
    "tests",
    [
        None, "", "  ", [], {}, {"inputs": ["1"], "outputs": []}, {"inputs": [1], "outputs": [1]}, {"inputs": 5, "outputs": 5},
        [1, 2], 5, {"test_list": []}, {"test_list": [5]}, {"inputs": ["x"], "outputs": ["1"], "fn_name": "f"},
        [{"input": "1", "output": "1", "testtype": "functional"}], {"inputs": ["1"] * 1001, "outputs": ["1"] * 1001},
    ],
)  # fmt: skip
def test_tests_that_cannot_be_read_are_unscored(tests: Any) -> None:
    with pytest.raises(RuleError):
        code_tests(SUM, tests)


def test_no_program_is_zero_and_needs_no_sandbox() -> None:
    for text in ("", "  \n", "```bash\nls\n```", "```python\n```"):
        assert code_tests(text, {"inputs": ["1"], "outputs": ["1"]}) == 0.0
    assert code_execution("", {"inputs": ["1"], "outputs": ["1"]}) == 0.0


def test_the_program_of_a_reply() -> None:
    text = "```python\na\n```\n~~~py\nbb\nbb\n~~~\n```\nbare\n```\n- x:\n  ```python\n  if x:\n    y\n  ```\n"
    assert program(text, "first") == "a\n"
    assert program(text, "longest") == "if x:\n  y\n"
    assert program(text, "last") == "if x:\n  y\n"
    assert program("```\nbare\n```\n```js\nx\n```", "last") == "bare\n"
    assert program("```js\nx\n```", "last") == ""
    assert program("cut:\n```python\nx = 1\ny", "last") == "x = 1\ny"
    assert program("    return 1\n", "last") == "    return 1\n"
    assert program("````python\n```\nx\n```\n````", "last") == "```\nx\n```\n"
    assert gallery_program("a ```python\nx\n``` b ```python\ny\n```") == "x"
    assert gallery_program("a ```\nx\n```") == "x"
    assert gallery_program("x = 1") == "x = 1"


def test_outputs() -> None:
    assert same_output("1 \n2\n\n", "1\n2", "lines", 0)
    assert not same_output("1 2", "1\n2", "lines", 0)
    assert same_output("1 2", "1\n2", "tokens", 0)
    assert not same_output("1\n", "1", "exact", 0)
    assert same_output("0.3333333", "0.3333334", "lines", 1e-6)
    assert not same_output("0.3333333", "0.3333334", "lines", 0)
    assert not same_output("nan", "1", "tokens", 1.0)
    assert not same_output("", "1", "tokens", 1e-6)
    assert gallery_output(" 1\n\n2 ", "1\n2")
    assert gallery_output("0.333333", "0.3333333")
    assert not gallery_output("2\n1", "1\n2")
    assert not gallery_output("x", "1")


def test_values() -> None:
    assert same_value((1, [2]), [1, [2]], 0)
    assert same_value({1: 2, None: 3}, {"1": 2, "null": 3}, 0)
    assert not same_value({1: 2, "1": 2}, {"1": 2}, 0)
    assert not same_value(True, 1, 0)
    assert same_value(1, 1.0, 0)
    assert same_value(0.1 + 0.2, 0.3, 1e-9)
    assert not same_value(0.1 + 0.2, 0.3, 0)
    assert not same_value({1}, [1], 0)
    assert not same_value(Opaque("x"), None, 0)
    assert not same_value(float("nan"), float("nan"), 0)


@pytest.mark.parametrize(
    "text", ["", "[", "[1]", '{"l": 5}', '{"s": [{"l": []}]}', '{"F": [1, 0]}', '{"a": 1, "b": 2}', '{"o": 1}']
)
def test_what_a_program_sends_is_a_value_or_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Values().read(text)


def test_what_a_program_imports_is_found_without_parsing_it() -> None:
    assert imported("import os, sys as s\n  from a.b import c\nimport x.y\nimporting = 1") == (
        "os",
        "sys",
        "s",
        "a",
        "x",
    )


def test_the_users_configuration(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(settings, "_current", [])
    assert settings.current() == SandboxSettings()
    file = tmp_path / "rmcompose.toml"
    file.write_text('[sandbox]\nallow_rlimits = true\nseconds = 2\nmemory_mb = 256\npython = "/usr/bin/python3"\n')
    found = settings.refresh()
    assert found == SandboxSettings(allow_rlimits=True, seconds=2, memory_mb=256, python="/usr/bin/python3")
    assert settings.current() is found
    wrong = (
        "allow = 1",
        "allow_rlimits = 1",
        "seconds = 0",
        "processes = 1.5",
        "python = 'python3'",
        "memory_mb = true",
    )
    for line in wrong:
        file.write_text(f"[sandbox]\n{line}\n")
        with pytest.raises(ConfigError, match="sandbox"):
            settings.refresh()
    file.write_text("sandbox = 1\n")
    with pytest.raises(ConfigError, match="not a table"):
        settings.refresh()
    with pytest.raises(ValueError, match="unknown key"):
        read({"x": 1})


def test_more_time_than_the_user_allows_is_not_had() -> None:
    needs_sandbox()
    before = settings.current()
    settings.use(SandboxSettings(seconds=0.2))
    try:
        assert code_tests("while True: pass", {"inputs": [""], "outputs": [""]}, timeout=600.0) == 0.0
    finally:
        settings.use(before)


def test_cases_are_read_without_a_sandbox() -> None:
    found = cases.read({"fn_name": "f", "inputs": ["1\n[2]"], "outputs": ["3"]})
    assert found.called == (cases.Called("[1, [2]]", (3,)),)
    assert cases.read([{"input": "1", "output": "2"}]).printed == (cases.Printed("1", "2"),)
