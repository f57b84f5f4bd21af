"""The entry point: finds the command, loads its module alone, and turns what goes wrong into one line and a code."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from itertools import takewhile
from typing import NoReturn

from rmcompose.cli import faults
from rmcompose.cli.collector import collecting_seldom
from rmcompose.cli.console import say, use_color, use_utf8
from rmcompose.cli.faults import UsageFault
from rmcompose.diagnostics.diagnostic import SpecError

COMMANDS: dict[str, str] = {
    "init": "start a project: specs, tests, data and a configuration that run as they are",
    "validate": "check specs, and say what is wrong where",
    "run": "score a data set with a spec",
    "best-of-n": "choose the best responses of each sample, asking no more than that takes",
    "filter": "keep the rows for which a condition over the score holds",
    "report": "make one page about results: scores, gates, nodes, cost and the samples behind them",
    "rescore": "score saved results anew with another spec, without a model",
    "diff": "say what moved between two results or two specs",
    "fit": "learn weights, thresholds and scales from preferences and labels",
    "judge-report": "say how far judges agree with labels, and what biases they have",
    "bench": "say how good a spec is on a published benchmark, in the official figures",
    "test": "run the spec tests of specs, without any model",
    "fmt": "write specs in the one canonical layout",
    "convert": "turn `.rm` into `.rm.yaml` and back, and configs of RM-Gallery and OpenJudge into specs",
    "plan": "show what a spec will run, in which order, and what it reads",
    "graph": "draw a spec's graph",
    "explain": "explain a diagnostic code, or the rows of a result file",
    "schema": "print the JSON Schema of `.rm.yaml`, for editors",
    "rules": "list the rules a spec can use",
    "specs": "list the library of ready specs, or show the card of one",
    "cache": "show or delete what is kept of the replies of models",
}
"""Each command with its line in the help; the module of the same name in this room holds it."""

_MODULES = {
    "best-of-n": "best_of_n",
    "judge-report": "judge_report",
    "report": "report_page",
    "test": "spec_tests",
}


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, as all others are."""

    def error(self, message: str) -> NoReturn:
        """Ends the command with what is wrong and where help is."""
        raise UsageFault(f"{message} (see `{self.prog} --help`)")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command line (default: that of this process, which then ends) and returns the exit code. Never raises."""
    if argv is None:
        with collecting_seldom():
            return _run(sys.argv[1:])
    return _run(argv)


def _run(words: Sequence[str]) -> int:
    use_utf8()
    try:
        code = _dispatch(words)
        sys.stdout.flush()
    except KeyboardInterrupt as stop:
        say(str(stop) or "interrupted")
        return faults.INTERRUPTED
    except SystemExit as end:  # argparse after --help and --version
        return end.code if isinstance(end.code, int) else faults.FINE
    except Exception as error:  # noqa: BLE001  # the last line of defence
        # a writer may have made a sentence of it
        if isinstance(error, BrokenPipeError) or isinstance(error.__context__, BrokenPipeError):
            _drop_stdout()
            return faults.NO_READER
        return _report(error)
    return code


def _dispatch(words: Sequence[str]) -> int:
    options = list(takewhile(lambda word: word.startswith("-"), words))
    if options or not words:
        return _no_command(options)
    name = words[0]
    if name not in COMMANDS:
        raise UsageFault(_unknown(name))
    module = importlib.import_module(f"rmcompose.cli.{_MODULES.get(name, name)}")
    parser = Parser(prog=f"rmcompose {name}", description=COMMANDS[name], allow_abbrev=False)
    module.arguments(parser)
    args = parser.parse_args(words[1:])
    try:
        return int(module.run(args))
    except SpecError as error:
        return _tell(error, getattr(args, "format", "full"))


def _no_command(options: Sequence[str]) -> int:
    """`--help`, `--version`, or nothing at all."""
    parser = Parser(
        prog="rmcompose",
        description="A declarative language for reward graphs: rules, judges, aggregates, gates and routes.",
        epilog="exit codes: 0 fine, 1 spec or spec test has errors, 2 wrong usage, 3 some samples are unscored, "
        "4 files or network",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    commands = parser.add_subparsers(metavar="COMMAND", title="commands")
    for name, line in COMMANDS.items():
        commands.add_parser(name, help=line)
    if parser.parse_args(options).version:
        print(f"rmcompose {_version()}")
        return faults.FINE
    parser.print_help(sys.stderr)
    return faults.USAGE


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("rmcompose")
    except PackageNotFoundError:  # run from a checkout by its path
        return "(not installed)"


def _unknown(command: str) -> str:
    from rmcompose.diagnostics.suggest import nearest

    meant = nearest(command, COMMANDS)
    advice = f"did you mean `{meant}`?" if meant else "see `rmcompose --help`"
    return f"unknown command `{command}`: {advice}"


def _tell(error: SpecError, how: str) -> int:
    """What is wrong with a spec that was to be used for something, on stderr: stdout is for results."""
    from rmcompose.diagnostics.render import FORMATS, render

    say(render(error.diagnostics, how if how in FORMATS else "full", color=use_color(sys.stderr)))
    return faults.SPEC


def _report(error: Exception) -> int:
    code = faults.exit_code_of(error)
    if code is not None:
        say(f"rmcompose: {faults.describe(error)}")
        return code
    if os.environ.get("RMCOMPOSE_DEBUG"):
        raise error
    name = type(error).__name__
    say(f"rmcompose: internal error: {name}: {faults.describe(error)} (set RMCOMPOSE_DEBUG=1 for the traceback)")
    return faults.BUG


def _drop_stdout() -> None:
    """Points stdout at nothing, so that the interpreter's own flush at exit does not fail a second time."""
    try:
        descriptor = sys.stdout.fileno()
    except OSError:  # a stream without a file beneath
        return
    os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)
