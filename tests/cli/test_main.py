"""What holds for every command: help, versions, wrong words, exit codes, and no traceback."""

import errno
import io
import os
import subprocess
import sys

import pytest

from rmcompose.cli import faults, main
from rmcompose.cli.main import COMMANDS


def test_help_lists_every_command(rmcompose):
    done = rmcompose("--help")
    assert done.code == 0
    assert set(COMMANDS) <= set(done.out.split())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(rmcompose, command):
    done = rmcompose(command, "--help")
    assert (done.code, done.err) == (0, "")
    assert COMMANDS[command].split(",")[0] in " ".join(done.out.split())


def test_version(rmcompose):
    done = rmcompose("--version")
    assert done.code == 0
    assert done.out.startswith("rmcompose ")


def test_without_a_command_help_is_shown(rmcompose):
    done = rmcompose()
    assert (done.code, done.out) == (2, "")
    assert "usage:" in done.err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["vaildate"], "unknown command `vaildate`: did you mean `validate`?"),
        (["dance"], "unknown command `dance`: see `rmcompose --help`"),
        (["--colour", "validate"], "unrecognized arguments: --colour (see `rmcompose --help`)"),
        (["validate"], "the following arguments are required: PATH (see `rmcompose validate --help`)"),
        (["validate", "x", "--colour"], "unrecognized arguments: --colour (see `rmcompose validate --help`)"),
    ],
)
def test_wrong_words_are_one_line(rmcompose, words, expected):
    done = rmcompose(*words)
    assert (done.code, done.out, done.err) == (2, "", f"rmcompose: {expected}\n")


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (faults.UsageFault("wrong\nword"), 2, "rmcompose: wrong word"),
        (faults.FileFault("gone"), 4, "rmcompose: gone"),
        (FileNotFoundError(errno.ENOENT, "No such file", "a.rm"), 4, "rmcompose: `a.rm`: no such file"),
        (PermissionError(errno.EACCES, "Permission denied", "a.rm"), 4, "rmcompose: `a.rm`: permission denied"),
        (OSError(errno.ENOSPC, "No space left on device"), 4, "rmcompose: no space left on device"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (BrokenPipeError(), 141, ""),
    ],
)
def test_what_ends_a_command(rmcompose, monkeypatch, error, code, line):
    def fail(words):
        raise error

    monkeypatch.setattr(main, "_dispatch", fail)
    monkeypatch.setattr(main, "_drop_stdout", lambda: None)
    done = rmcompose("validate")
    assert (done.code, done.out, done.err.strip()) == (code, "", line)


def test_a_bug_is_one_line_and_says_how_to_see_more(rmcompose, monkeypatch):
    def fail(words):
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(main, "_dispatch", fail)
    done = rmcompose("validate")
    assert done.code == 70
    assert done.err == (
        "rmcompose: internal error: ZeroDivisionError: division by zero (set RMCOMPOSE_DEBUG=1 for the traceback)\n"
    )
    monkeypatch.setenv("RMCOMPOSE_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        rmcompose("validate")


def test_the_errors_of_other_rooms_exist():
    import importlib

    for module, name in faults._KNOWN:
        assert issubclass(getattr(importlib.import_module(module), name), Exception)


def test_a_reader_that_goes_away_is_no_fault(folder):
    words = [sys.executable, "-m", "rmcompose", "explain", "RM201"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert (process.wait(), said) == (141, b"")


def test_any_locale_will_do(folder, spec):
    name = spec(name="naïve-名.rm", text="rmcompose 1\ncomposition main -> score[0, 1] {\n  return 名\n}\n")
    env = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-m", "rmcompose", "validate", name], capture_output=True, env=env, check=False
    )
    assert done.returncode == 1
    assert "名".encode() in done.stdout
    assert b"Traceback" not in done.stderr


def test_colours_only_on_a_terminal(monkeypatch):
    from rmcompose.cli.console import use_color

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert use_color(Terminal())
    assert not use_color(io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not use_color(Terminal())
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert not use_color(Terminal())
