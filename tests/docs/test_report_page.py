"""docs/report.md: its command prints what it shows, and its tables name what there is."""

import re
import shlex

from rmcompose.cli.main import main
from tests.docs.blocks import ROOT, blocks, differences

PAGE = ROOT / "docs" / "report.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_the_command_prints_what_is_shown(project, capsys):
    assert main(["run", "answer.rm", "data.jsonl", "-o", "out.jsonl"]) == 3
    (block,) = blocks(PAGE, "console")
    command, _, output = block.text.partition("\n")
    words = shlex.split(command)
    assert words[:2] == ["$", "rmcompose"]
    capsys.readouterr()
    code = main(words[2:])
    assert f"exit={code}" == block.info
    assert differences(output, capsys.readouterr().err) == []
    page = (project / "report.html").read_text(encoding="utf-8")
    titles = re.findall("<h2>(.*?)</h2>", page)
    told = re.findall(r"^\| ([A-Z][^|]*?) \|", TEXT.partition("## What it tells")[2], flags=re.MULTILINE)
    assert [one for one in told if one != "Head"] == titles


def test_its_options_are_those_of_the_command(capsys):
    assert main(["report", "--help"]) == 0
    offered = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help", "--output"}
    assert offered == set(re.findall(r"`(--[a-z-]+)", TEXT))
