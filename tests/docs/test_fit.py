"""docs/fit.md keeps its word: what its example prints is what is shown, and its Python gives what it says."""

from __future__ import annotations

import importlib.util
import json
import shlex
import sys

import pytest

import rmcompose as rm
from rmcompose.cli.main import main
from tests.docs.blocks import ROOT, blocks, differences, run_python

PAGE = ROOT / "docs" / "fit.md"


def _benchmark():
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        spec = importlib.util.spec_from_file_location("benchmark_fit", ROOT / "benchmarks" / "fit.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(ROOT / "benchmarks"))
    return module


BENCHMARK = _benchmark()


@pytest.fixture
def voting(tmp_path, monkeypatch):
    """The folder of the example: the spec that is shown, and the recorded votes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    for block in blocks(PAGE, "rm"):
        (tmp_path / block.info).write_text(block.text, encoding="utf-8")
    rows = BENCHMARK.rows(BENCHMARK.judges("Metrics_Reference"))
    (tmp_path / "votes.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return tmp_path


def test_the_spec_checks(voting):
    assert rm.check("vote.rm") == []


def test_the_command_prints_what_is_shown(voting, capsys):
    [block] = blocks(PAGE, "console")
    command, _, output = block.text.partition("\n")
    code = main(shlex.split(command)[2:])
    assert block.info == f"exit={code}"
    told = capsys.readouterr()
    assert differences(output, told.out) == []


def test_the_code_runs(voting):
    names: dict[str, object] = {}
    assert [one for block in blocks(PAGE, "python") for one in run_python(block.text, names)] == []
