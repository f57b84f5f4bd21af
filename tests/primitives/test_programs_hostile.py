"""Hostile programs, run for real: they score 0, in bounded time, and leave neither processes nor files."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.programs import available, bubblewrap, settings, users
from rmcompose.primitives.programs.execution import code_execution, code_tests
from rmcompose.primitives.programs.inside.sweeper import descendants
from rmcompose.primitives.programs.settings import SandboxSettings
from tests.primitives import hostile
from tests.primitives.sandboxed import needs_sandbox

SECONDS = 0.3
SMALL = {"total_seconds": 10.0, "memory_mb": 512, "processes": 16, "output_kb": 64, "files_mb": 8}
AT_MOST = 40.0
USED: set[int] = set()


@pytest.fixture(
    params=[
        "bubblewrap",
        pytest.param("user space", marks=pytest.mark.slow),
        pytest.param("rlimits", marks=pytest.mark.slow),
    ]
)
def limits(request, monkeypatch) -> Iterator[str]:
    needs_sandbox()
    USED.clear()
    unused = users.unused

    def noted() -> int:
        USED.add(user := unused())
        return user

    monkeypatch.setattr(users, "unused", noted)
    found = SandboxSettings(**SMALL)
    if request.param != "bubblewrap":
        # root becomes another user first, who must be able to read the interpreter
        python = "/usr/bin/python3" if os.geteuid() == 0 and Path("/usr/bin/python3").exists() else ""
        found = SandboxSettings(**SMALL, allow_rlimits=request.param == "rlimits", python=python)
    if request.param == "rlimits":
        monkeypatch.setattr(bubblewrap, "found", lambda: None)
    elif request.param == "user space":
        monkeypatch.setattr(available, "_ways", lambda: ["map"])
    available.forget()
    before = settings.current()
    settings.use(found)
    if request.param != "bubblewrap":
        try:
            assert available.kind(found) == {"rlimits": "rlimits", "user space": "map"}[request.param]
        except RuleError as fault:
            pytest.skip(str(fault))
    yield request.param
    settings.use(before)
    available.forget()


def _files() -> set[str]:
    return {str(one) for folder in ("/tmp", "/dev/shm") for one in Path(folder).glob("*") if "pytest" not in one.name}


def _harmless(run: Callable[[], float]) -> float:
    """The value of a call after which the machine is as it was."""
    files, started = _files(), time.monotonic()
    before = set(descendants(os.getpid()))  # such as the workers that other tests left for formulas
    value = run()
    assert time.monotonic() - started < AT_MOST
    deadline = time.monotonic() + 5
    while (left := set(descendants(os.getpid())) - before) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert left == set()
    new = {one for one in _files() - files if "rmcompose" in one or one in ("/tmp/large", "/tmp/0", "/dev/shm/large")}
    assert new == set()
    return value


@pytest.mark.parametrize("name", hostile.STDIN)
def test_a_program_that_misbehaves_scores_nothing(name: str, limits: str) -> None:
    if limits == "rlimits" and name in ("files", "a large file", "shared memory"):
        pytest.skip("without bubblewrap a program may write where its user may")
    text = f"```python\n{hostile.STDIN[name]}\n```"
    seconds = 5.0 if name == "memory of many processes" else SECONDS
    assert _harmless(lambda: code_tests(text, hostile.PRINTED, timeout=seconds)) == 0.0
    assert not _runs_on()


def _runs_on() -> list[str]:
    """Processes of the users that sandboxes of this test ran as. Not even one that waits to be reaped is left."""
    return [one.name for one in Path("/proc").iterdir() if one.name.isdecimal() and _owner(one) in USED]


def _owner(process: Path) -> int:
    try:
        return process.stat().st_uid
    except OSError:
        return 0


@pytest.mark.parametrize(
    "tests", [hostile.CALLED, hostile.TESTED, hostile.TEST_TEXT], ids=["calls", "asserts", "check"]
)
@pytest.mark.parametrize("name", hostile.FUNCTION)
def test_a_function_that_cheats_scores_nothing(name: str, tests: Any, limits: str) -> None:
    text = f"```python\n{hostile.FUNCTION[name]}\n```"
    assert _harmless(lambda: code_tests(text, tests, timeout=SECONDS)) == 0.0


@pytest.mark.parametrize("name", hostile.ESCAPES)
def test_there_is_no_way_out(name: str, tmp_path: Path, monkeypatch) -> None:
    needs_sandbox()
    monkeypatch.setenv("SECRET_KEY", "s3cret")
    secret = tmp_path / "secret"
    secret.write_text("s3cret", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as server:
        code = hostile.ESCAPES[name].replace("PORT", str(server.getsockname()[1])).replace("'SECRET'", f"'{secret}'")
        value = _harmless(lambda: code_tests(f"```python\n{code}\n```", {"inputs": [""], "outputs": ["held"]}))
        assert value == 1.0
    assert secret.read_text(encoding="utf-8") == "s3cret"


def test_the_same_tests_are_passed_by_an_honest_program(limits: str) -> None:
    honest = (
        "def add(a, b):\n    return a + b\nif __name__ == '__main__':\n    print(add(*map(int, input().split())))\n"
    )
    for tests in (hostile.PRINTED, hostile.CALLED, hostile.TESTED, hostile.TEST_TEXT):
        assert _harmless(lambda tests=tests: code_tests(honest, tests)) == 1.0
    assert code_execution(honest, hostile.PRINTED) == 1.0


def test_cases_know_nothing_of_each_other(limits: str) -> None:
    """What one case writes, starts or sets is gone before the next."""
    code = (
        "import os, time, collections\n"
        "seen = os.path.exists('left') or hasattr(collections, 'left')\n"
        "open('left', 'w').close()\ncollections.left = True\n"
        "if os.fork() == 0:\n    os.setsid()\n    time.sleep(60)\n"
        "print('seen' if seen else 'new')\n"
    )
    tests = {"inputs": ["", "", ""], "outputs": ["new"] * 3}
    assert _harmless(lambda: code_tests(f"```python\n{code}\n```", tests)) == 1.0


def test_an_interrupted_run_leaves_no_process(tmp_path: Path) -> None:
    needs_sandbox()
    script = (
        "from rmcompose.primitives.programs.execution import code_tests\n"
        "print('running', flush=True)\n"
        "code_tests('while True: pass', {'inputs': [''] * 4, 'outputs': [''] * 4}, timeout=10.0)\n"
    )
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        with subprocess.Popen(
            [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=tmp_path
        ) as run:
            assert run.stdout is not None
            assert run.stdout.readline() == b"running\n"
            deadline = time.monotonic() + 10
            while not (below := descendants(run.pid)) and time.monotonic() < deadline:
                time.sleep(0.01)
            time.sleep(0.3)
            below = descendants(run.pid)
            assert below
            run.send_signal(number)
            run.wait(timeout=20)
        deadline = time.monotonic() + 10
        while (left := [pid for pid in below if Path(f"/proc/{pid}").exists()]) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert left == []
