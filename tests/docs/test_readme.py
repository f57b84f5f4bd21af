"""README.md keeps its word: its specs check, its code runs, and its commands print what it shows."""

from __future__ import annotations

import shlex

import pytest

import rmcompose as rm
from rmcompose.cli.main import main
from tests.docs.blocks import ROOT, blocks, differences, run_python

README = ROOT / "README.md"
TEXT = README.read_text(encoding="utf-8")


def test_it_is_short():
    assert len(TEXT.splitlines()) <= 220


def test_specs_check(project):
    specs = blocks(README, "rm")
    assert specs
    for block in specs:
        assert rm.check(project / block.info) == [], block


def test_code_runs(project):
    code = blocks(README, "python")
    assert code
    names: dict[str, object] = {}
    assert [one for block in code for one in run_python(block.text, names)] == []


def test_commands_print_what_is_shown(project, capsys):
    """In the order of the page, for a later command reads what an earlier one wrote."""
    shown = blocks(README, "console")
    assert len(shown) >= 4
    for block in shown:
        command, _, output = block.text.partition("\n")
        words = shlex.split(command)
        assert words[:2] == ["$", "rmcompose"], block
        code = main(words[2:])
        told = capsys.readouterr()
        assert f"exit={code}" == block.info, (block, told)
        missing = min((differences(output, one) for one in (told.out, told.err, told.out + told.err)), key=len)
        assert missing == [], (block, told)


@pytest.mark.parametrize("name", ["calls", "labels"])
def test_its_tables_are_there(name):
    _, begin, rest = TEXT.partition(f"<!-- {name}:begin -->")
    table, end, _ = rest.partition(f"<!-- {name}:end -->")
    assert begin
    assert end
    assert "|---|" in table


def test_the_demo_asks_as_often_as_it_says(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(ROOT / "examples" / "math")
    asked = {}
    for option in ("--summary=table", "--no-optimize"):
        out = str(tmp_path / "out.jsonl")
        assert main(["run", "math.rm", "data.jsonl", "-o", out, "--replay", "cassette.jsonl", option]) == 0
        line = next(one for one in capsys.readouterr().err.splitlines() if one.startswith("model calls"))
        asked[option] = line.split(", ")[-1].split()[0]
    assert f"In the demo that is {asked['--summary=table']} of {asked['--no-optimize']} responses." in TEXT
