"""Tests as data sets carry them, read into one form.

Known are `{"inputs", "outputs", "fn_name"?}` (APPS, TACO, PRIME), a list of `{"input", "output", "testtype"?}`
(LiveCodeBench), `{"test", "entry_point", "prompt"?}` (HumanEval), `{"test_list", "test_setup_code"?}` (MBPP), a list of
assert statements, and a text of tests; each also as JSON text, and below one of the keys of `WRAPPERS`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rmcompose.primitives.failure import RuleError

MOST_CASES = 1000
WRAPPERS = ("inputs_outputs", "input_output", "tests", "test_cases", "unit_tests", "public_test_cases")
_NAMES = ("fn_name", "func_name", "function_name", "entry_point")
_LARGEST = 32 * 2**20


@dataclass(frozen=True, slots=True)
class Printed:
    """A case that is read and printed."""

    given: str
    expected: str


@dataclass(frozen=True, slots=True)
class Called:
    """A case that is a call: `arguments` is a JSON list; any of the values in `expected` will do."""

    arguments: str
    expected: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Tests:
    """What a program has to stand: cases of one kind, or the texts of tests.

    `function` is what is called (of calls and of tests). `prompt` stands before the program; `before` is run before
    each test, the prompt too.
    """

    printed: tuple[Printed, ...] = ()
    called: tuple[Called, ...] = ()
    texts: tuple[str, ...] = ()
    function: str = ""
    prompt: str = ""
    before: tuple[str, ...] = ()


def read(given: Any, function: str = "") -> Tests:
    """The tests. Raises `RuleError` where there are none, too many, or they are of no known form."""
    if given is None:
        raise RuleError("the sample has no tests", "missing_input")
    value = _decoded(given)
    if isinstance(value, str):
        if not value.strip():
            raise RuleError("the tests are empty", "missing_input")
        return Tests(texts=(value,), function=function)
    if isinstance(value, Mapping):
        return _mapped(value, function)
    if isinstance(value, Sequence):
        return _listed(list(value), function)
    raise RuleError(f"the tests are {type(value).__name__}, not an object, a list or a text")


def _decoded(given: Any) -> Any:
    """The value of a JSON text; a text that is no JSON object or list is itself."""
    if isinstance(given, str) and given.lstrip()[:1] in ("{", "["):
        if len(given) > _LARGEST:
            raise RuleError("the tests are longer than 32 MB")
        try:
            return json.loads(given)
        except (ValueError, RecursionError):
            return given
    return given


def _mapped(value: Mapping[str, Any], function: str) -> Tests:
    function = function or next((str(value[name]) for name in _NAMES if value.get(name)), "")
    if "inputs" in value or "outputs" in value:
        return _paired(value, function)
    if "test_list" in value:
        setup = value.get("test_setup_code") or "\n".join(value.get("test_imports") or [])
        return _asserts(_list(value["test_list"], "test_list"), function, setup)
    if isinstance(value.get("test"), str):
        prompt = str(value.get("prompt") or "")
        return Tests(texts=(value["test"],), function=function, prompt=prompt, before=(prompt,) if prompt else ())
    for name in WRAPPERS:
        if value.get(name) is not None:
            return read(value[name], function)
    raise RuleError(
        "no tests are found: expected `inputs` with `outputs`, `test` with `entry_point`, `test_list`, or one of "
        + ", ".join(f"`{name}`" for name in WRAPPERS),
        "missing_input",
    )


def _listed(items: list[Any], function: str) -> Tests:
    if not items:
        raise RuleError("the tests are empty", "missing_input")
    if all(isinstance(one, str) for one in items):
        return _asserts(items, function, "")
    if not all(isinstance(one, Mapping) and "input" in one for one in items):
        raise RuleError("the list of tests holds neither statements nor objects with `input` and `output`")
    answers = [
        next((one[name] for name in ("output", "expected_output", "expected") if name in one), None) for one in items
    ]
    functional = any(one.get("testtype") == "functional" for one in items)
    if functional and not function:
        function = next((str(one[name]) for one in items for name in _NAMES if one.get(name)), "")
        if not function:
            raise RuleError("functional tests need the name of the function: `entry_point` or `fn_name`")
    inputs = [one["input"] for one in items]
    return _paired({"inputs": inputs, "outputs": answers}, function if functional else "")


def _paired(value: Mapping[str, Any], function: str) -> Tests:
    inputs = _list(value.get("inputs"), "inputs")
    outputs = _list(value.get("outputs"), "outputs")
    if len(inputs) != len(outputs):
        raise RuleError(f"the tests have {len(inputs)} inputs and {len(outputs)} outputs")
    _bounded(inputs)
    pairs = list(zip(inputs, outputs, strict=True))
    if function:
        return Tests(called=tuple(_called(one, other) for one, other in pairs), function=function)
    return Tests(printed=tuple(Printed(_text(one, "input"), _text(other, "output")) for one, other in pairs))


def _asserts(statements: list[Any], function: str, setup: Any) -> Tests:
    _bounded(statements)
    if not all(isinstance(one, str) for one in statements):
        raise RuleError("`test_list` holds what is no text")
    before = (setup,) if isinstance(setup, str) and setup.strip() else ()
    return Tests(texts=tuple(statements), function=function, before=before)


def _list(value: Any, name: str) -> list[Any]:
    value = _decoded(value)
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise RuleError(f"`{name}` of the tests is no list")
    return list(value)


def _bounded(items: list[Any]) -> None:
    if not items:
        raise RuleError("the tests are empty", "missing_input")
    if len(items) > MOST_CASES:
        raise RuleError(f"the tests have {len(items)} cases, more than {MOST_CASES}")


def _text(value: Any, name: str) -> str:
    """What is read or printed: a text, or a list of its lines."""
    if isinstance(value, str):
        return value
    if isinstance(value, Sequence) and all(isinstance(line, str) for line in value):
        return "\n".join(value)
    raise RuleError(f"an {name} of the tests is neither a text nor a list of lines, and no `fn_name` is given")


def _called(given: Any, expected: Any) -> Called:
    """A call; its arguments are a list, or a text with the JSON of one argument a line (PRIME, LiveCodeBench)."""
    if isinstance(given, str):
        try:
            arguments = [json.loads(line) for line in given.split("\n") if line.strip()]
            expected = json.loads(expected) if isinstance(expected, str) else expected
        except (ValueError, RecursionError):
            raise RuleError("an argument or a result of the tests is not JSON") from None
        return Called(json.dumps(arguments), (expected,))
    if not isinstance(given, Sequence):
        raise RuleError("the arguments of a call are neither a list nor a text")
    # APPS wraps some results in a list of one
    either = (expected, expected[0]) if isinstance(expected, (list, tuple)) and expected else (expected,)
    try:
        return Called(json.dumps(list(given)), tuple(json.loads(json.dumps(either))))
    except (TypeError, ValueError, RecursionError):
        raise RuleError("an argument or a result of the tests cannot be written as JSON") from None
