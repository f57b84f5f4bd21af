"""docs/bench.md keeps its word: its example runs and prints what it shows, and its tables are complete."""

from __future__ import annotations

import re
import shlex

from rmcompose.benchmarking.catalogue import BENCHMARKS
from rmcompose.cli.main import main
from rmcompose.data.sources import SOURCES
from tests.docs.blocks import ROOT, blocks, differences, run_python

PAGE = ROOT / "docs" / "bench.md"
TEXT = PAGE.read_text(encoding="utf-8")


def _files(folder):
    for block in blocks(PAGE, "rm", "jsonl"):
        (folder / block.info).write_text(block.text, encoding="utf-8")


def test_the_example_prints_what_is_shown(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    _files(tmp_path)
    (block,) = blocks(PAGE, "console")
    command, _, output = block.text.partition("\n")
    words = shlex.split(command)
    assert words[:2] == ["$", "rmcompose"]
    code = main(words[2:])
    told = capsys.readouterr().out
    assert f"exit={code}" == block.info
    assert differences(output, told) == []


def test_the_code_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    _files(tmp_path)
    names: dict[str, object] = {}
    assert [one for block in blocks(PAGE, "python") for one in run_python(block.text, names)] == []


def test_every_benchmark_and_source_has_a_row():
    rows = re.findall(r"^\| (`[^|]*|`\*`[^|]*) \|", TEXT, flags=re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([^`]+)`", row)}
    assert set(BENCHMARKS) <= named
    assert set(SOURCES) <= named
