"""docs/rescoring.md: its commands, in the order of the page, print what it shows, and then its code runs."""

from __future__ import annotations

import shlex

from rmcompose.cli.main import main
from tests.docs.blocks import ROOT, blocks, differences, run_python

PAGE = ROOT / "docs" / "rescoring.md"


def test_commands_and_code(project, capsys):
    (spec,) = blocks(PAGE, "rm")
    (project / spec.info).write_text(spec.text, encoding="utf-8")
    shown = blocks(PAGE, "console")
    assert len(shown) == 4
    for block in shown:
        command, _, output = block.text.partition("\n")
        words = shlex.split(command)
        assert words[:2] == ["$", "rmcompose"], block
        code = main(words[2:])
        told = capsys.readouterr()
        assert f"exit={code}" == block.info, (block, told)
        missing = min((differences(output, one) for one in (told.out, told.err)), key=len)
        assert missing == [], (block, told)
    assert (project / "moved.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    code = blocks(PAGE, "python")
    assert code
    names: dict[str, object] = {}
    exec("import rmcompose as rm", names)
    assert [one for block in code for one in run_python(block.text, names)] == []
