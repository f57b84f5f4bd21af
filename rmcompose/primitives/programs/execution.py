"""The rules that run a program against tests, in a sandbox."""

from __future__ import annotations

import functools
import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, cast

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.pictures.declared import Unpictured
from rmcompose.primitives.programs import cases, settings
from rmcompose.primitives.programs.comparison import How, gallery_output, same_output, same_value
from rmcompose.primitives.programs.extraction import Choice, gallery_program, program
from rmcompose.primitives.programs.inside.wire import Values
from rmcompose.primitives.programs.process import Job, Report
from rmcompose.primitives.programs.running import Suite, run_cases, run_tests
from rmcompose.primitives.registry import TEXT, data, register, setting

_TOLD = 3
_REMEMBERED = 512
_MOST_CODE = 1_000_000
Results = list[tuple[bool, Report]]

_PICTURE = Unpictured("it runs programs in a sandbox (docs/sandbox.md), and none is run here")
_TIMEOUT = setting("the processor seconds of a case; the user's configuration may allow fewer", low=0.01, high=3600)


def _prepare_execution(**constants: Any) -> Callable[..., float]:
    settings.refresh()  # a mistake in the user's configuration is told before anything runs
    return functools.partial(code_execution, **constants)


def _prepare_tests(**constants: Any) -> Callable[..., float]:
    settings.refresh()
    return functools.partial(code_tests, **constants)


def _explain(value: float, text: str, **arguments: Any) -> str:
    told = _explanations.get(_key(text, arguments))
    return told if told is not None else f"{value:.0%} of the cases passed"


@register(
    "code_execution",
    returns="float",
    low=0,
    high=1,
    cost=2,
    arguments={
        "text": TEXT,
        "label": data("label", "an object with `inputs_outputs`", optional=True),
        "metadata": data("metadata", "an object with `inputs_outputs`, which comes first", optional=True),
        "continuous": setting("whether a part of the cases is a part of the value"),
        "timeout": _TIMEOUT,
    },
    prepare=_prepare_execution,
    picture=_PICTURE,
    explain=_explain,
    example='code_execution(text = "print(int(input()) + 1)", '
    'label = "{\\"inputs\\": [\\"1\\", \\"2\\"], \\"outputs\\": [\\"2\\", \\"4\\"]}") -> 0.5',
    quirks=(
        "RM-Gallery gives 1 for empty tests, and 0 where there are no tests or its runner is not installed: unscored "
        "here. It drops `fn_name` when it counts, so that a call-based task with one wrong case is 0 (here its share), "
        "counts 10 cases at most (here all), does not use `timeout`, and takes lines in any order. An input that is a "
        "list of numbers without `fn_name` is 0 there and unscored here. `code_tests` chooses the block and the "
        "comparison."
    ),
)
def code_execution(
    text: str, label: Any = None, metadata: Any = None, continuous: bool = True, timeout: float = 10.0
) -> float:
    """The share of input and output cases that the program of a reply passes, run in a sandbox (RM-Gallery).

    The program is the first ```` ```python ```` block, else the first bare block, else the whole text. The tests are
    `inputs_outputs` of the metadata, else of the label: `{"inputs": [...], "outputs": [...], "fn_name"?}` as in APPS,
    TACO and PRIME, also as JSON text. Without `fn_name` each input is read and the output compared line by line
    without outer white space, or as numbers within 1e-8 + 1e-5 of the expected; with it the function, or the method
    of `Solution`, is called. With `continuous` false the value is 1 where all pass and else 0.

    No program is 0; no tests, empty tests, and no sandbox to run in are unscored (docs/sandbox.md).
    """
    given = next((found for one in (metadata, label) if (found := _inputs_outputs(one)) is not None), None)
    if given is None:
        raise RuleError("neither `metadata` nor `label` has `inputs_outputs`", "missing_input")
    tests = cases.read(given)
    if tests.texts:
        raise RuleError("the tests are no inputs and outputs; `code_tests` runs statements")
    arguments = {"label": label, "metadata": metadata, "continuous": continuous, "timeout": timeout}
    code = gallery_program(text)
    return _scored(code, tests, gallery_output, 0.0, timeout, continuous, _key(text, arguments))


def _inputs_outputs(field: Any) -> Any:
    if isinstance(field, str) and field.lstrip().startswith("{"):
        try:
            field = json.loads(field)
        except (ValueError, RecursionError):
            return None
    if not isinstance(field, dict):
        return None
    return field if "inputs" in field and "outputs" in field else field.get("inputs_outputs")


@register(
    "code_tests",
    returns="float",
    low=0,
    high=1,
    cost=2,
    arguments={
        "text": TEXT,
        "tests": data("label", "the tests: cases, statements, or a text of tests"),
        "entry_point": setting("the function that is called, where the tests do not name it"),
        "block": setting("which fenced block is the program", choices=("last", "first", "longest")),
        "partial": setting("whether a part of the tests is a part of the value; else all or nothing"),
        "compare": setting(
            "how outputs are compared: `lines` without white space at the ends of lines, `tokens` as words, `exact`",
            choices=("lines", "tokens", "exact"),
        ),
        "tolerance": setting("how much numbers may differ, absolute or relative", low=0, high=1),
        "timeout": _TIMEOUT,
        "shorthand": setting("whether `List`, `deque`, `math` and the like are there unimported, as on LeetCode"),
    },
    prepare=_prepare_tests,
    picture=_PICTURE,
    explain=_explain,
    example='code_tests(text = "def add(a, b):\\n    return a + b", '
    'tests = "[\\"assert add(1, 2) == 3\\", \\"assert add(1, 1) == 3\\"]") -> 0.5',
)
def code_tests(
    text: str,
    tests: Any,
    entry_point: str = "",
    block: str = "last",
    partial: bool = True,
    compare: str = "lines",
    tolerance: float = 0.0,
    timeout: float = 10.0,
    shorthand: bool = True,
) -> float:
    """The share of tests that the program of a reply passes, run in a sandbox.

    Left out, `tests` is the sample's label. It may be cases of standard input and output, or of calls (APPS, TACO,
    PRIME, LiveCodeBench), a test of HumanEval, statements of MBPP, or a text of asserts; docs/sandbox.md shows each.
    Expected values never enter the process of the program: outputs and results are compared outside, and tests that
    are code run in another sandbox and call the program through a socket that passes plain values. So a program that
    patches `assert`, ends early, or returns objects that are equal to all passes nothing. A case passes where the
    program also ends by itself with exit code 0, within its limits.

    No program is 0; no tests, tests of an unknown form, and no sandbox to run in are unscored.
    """
    read = cases.read(tests, entry_point)
    arguments = {"tests": tests, "entry_point": entry_point, "block": block, "partial": partial, "compare": compare}
    arguments |= {"tolerance": tolerance, "timeout": timeout, "shorthand": shorthand}
    how = cast("How", compare)
    return _scored(
        program(text, cast("Choice", block)),
        read,
        lambda found, expected: same_output(found, expected, how, tolerance),
        tolerance,
        timeout,
        partial,
        _key(text, arguments),
        shorthand=shorthand,
    )


def _scored(
    code: str,
    tests: cases.Tests,
    same: Callable[[str, str], bool],
    tolerance: float,
    timeout: float,
    partial: bool,
    key: bytes,
    *,
    shorthand: bool = True,
) -> float:
    """Runs a program; the share of cases that passed, or whether all did."""
    if not 0.01 <= timeout <= 3600:
        raise RuleError("`timeout` is outside 0.01 to 3600 seconds")
    if len(code) > _MOST_CODE:
        raise RuleError(f"the program has more than {_MOST_CODE:,} characters")
    if not code.strip():
        _explanations.keep(key, "there is no program in the reply")
        return 0.0
    if tests.prompt:
        code = f"{tests.prompt}\n{code}"
    job = Job(code, "stdin", timeout, shorthand and not tests.printed)
    results = _run(job, tests, same, tolerance, all_needed=not partial)
    _explanations.keep(key, told(results, partial))
    passed = sum(ok for ok, _ in results)
    return passed / len(results) if partial else float(passed == len(results))


def _run(
    job: Job, tests: cases.Tests, same: Callable[[str, str], bool], tolerance: float, *, all_needed: bool
) -> Results:
    if tests.texts:
        suite = Suite(tests.texts, tests.before, tests.function)
        return run_tests(Job(job.code, "serve", job.seconds, job.shorthand), suite, all_needed=all_needed)
    if tests.called:
        called = tests.called
        calls = [{"name": tests.function, "arguments": one.arguments} for one in called]

        def returned(number: int, report: Report) -> bool:
            if report.status != "ended" or report.code:
                return False
            try:
                value = Values().read(report.output.decode("utf-8", "surrogatepass"))
            except ValueError:
                return False
            return any(same_value(value, one, tolerance) for one in called[number].expected)

        return run_cases(Job(job.code, "call", job.seconds, job.shorthand), calls, returned, all_needed=all_needed)
    printed = tests.printed
    inputs = [{"stdin": one.given.encode("utf-8", "surrogatepass")} for one in printed]

    def wrote(number: int, report: Report) -> bool:
        if report.status != "ended" or report.code:
            return False
        return same(report.output.decode("utf-8", "replace"), printed[number].expected)

    return run_cases(job, inputs, wrote, all_needed=all_needed)


def told(results: Results, partial: bool) -> str:
    """One line: `7 of 10 cases passed; case 3: wrong output; case 5: time limit`."""
    passed = sum(ok for ok, _ in results)
    line = f"{passed} of {len(results)} cases passed"
    failed = [(number, report) for number, (ok, report) in enumerate(results, start=1) if not ok]
    if not partial:
        failed = failed[:1]
    for number, report in failed[:_TOLD]:
        line += f"; case {number}: {_reason(report)}"
    if len(failed) > _TOLD:
        line += f"; and {len(failed) - _TOLD} more"
    return line


def _reason(report: Report) -> str:
    match report.status:
        case "time":
            return "time limit"
        case "output":
            return "too much output"
        case "memory":
            return "memory limit"
        case "died":
            return "it ended its sandbox"
    if report.code < 0:
        return f"ended by signal {-report.code}"
    if report.code:
        lines = report.errors.decode("utf-8", "replace").strip().splitlines()
        return (
            "".join(one if one.isprintable() else " " for one in lines[-1])[:120]
            if lines
            else f"exit code {report.code}"
        )
    return "wrong output" if report.output else "no output"


class _Explanations:
    """What was found for the last calls, for traces: a program is not run again to be explained."""

    def __init__(self) -> None:
        self._lines: OrderedDict[bytes, str] = OrderedDict()
        self._lock = Lock()

    def keep(self, key: bytes, line: str) -> None:
        with self._lock:
            self._lines[key] = line
            self._lines.move_to_end(key)
            while len(self._lines) > _REMEMBERED:
                self._lines.popitem(last=False)

    def get(self, key: bytes) -> str | None:
        with self._lock:
            return self._lines.get(key)


_explanations = _Explanations()


def _key(text: str, arguments: dict[str, Any]) -> bytes:
    """What identifies a call; settings that are left out and those that are given as their default differ."""
    plain = json.dumps([text, {name: arguments[name] for name in sorted(arguments)}], default=repr)
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).digest()
