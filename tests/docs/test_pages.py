"""The other pages: their code runs, their tables are complete, their links lead somewhere."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

import rmcompose as rm
from rmcompose.cli import faults
from rmcompose.cli.main import COMMANDS
from rmcompose.diagnostics.catalogue import UNSCORED_CODES
from rmcompose.runtime.client import Config
from tests.docs.blocks import PAGES, ROOT, blocks, run_python

PYTHON = ROOT / "docs" / "python.md"
CHOOSING = ROOT / "docs" / "choosing.md"
RESULTS = ROOT / "docs" / "results.md"
RESULTS_TEXT = RESULTS.read_text(encoding="utf-8")


def test_the_code_of_the_python_page_runs(project):
    names: dict[str, object] = {}
    wrong = [one for block in blocks(PYTHON, "python") for one in run_python(block.text, names)]
    assert wrong == []


def test_the_code_of_the_page_on_choosing_runs(project):
    names: dict[str, object] = {"rows": list(map(json.loads, (project / "data.jsonl").read_text().splitlines()))[:1]}
    wrong = [one for block in blocks(CHOOSING, "python") for one in run_python(block.text, names)]
    assert wrong == []


@pytest.mark.parametrize("name", [name for name in rm.__all__ if name != "__version__"])
def test_every_public_name_is_on_the_python_page(name: str):
    assert re.search(rf"\b{name}\b", PYTHON.read_text(encoding="utf-8"))


def test_the_methods_of_a_composition_are_on_the_python_page():
    text = PYTHON.read_text(encoding="utf-8")
    public = [name for name in vars(rm.RMComposition) if not name.startswith("_")]
    told_elsewhere = {"doc", "client", "program"}
    assert [name for name in public if name not in told_elsewhere and f"reward.{name}" not in text] == []


def test_a_result_line_has_the_fields_shown(project):
    (block,) = (block for block in blocks(RESULTS, "json") if block.info == "result")
    shown = json.loads(block.text)
    row = json.loads((project / "data.jsonl").read_text(encoding="utf-8").splitlines()[0])
    real = json.loads(json.dumps(rm.load("answer.rm").trace(row)))
    assert list(shown) == list(real)
    assert list(shown["responses"][0]) == list(real["responses"][0])
    node, other = shown["responses"][0]["nodes"]["correct"], real["responses"][0]["nodes"]["correct"]
    assert list(node) == list(other)
    fixed = ("value", "status", "reason", "calls", "tokens", "cached")
    assert {key: node[key] for key in fixed} == {key: other[key] for key in fixed}
    assert [shown["responses"][0][key] for key in ("index", "score")] == [0, real["responses"][0]["score"]]


def test_every_field_of_a_result_is_told(project):
    row = json.loads((project / "data.jsonl").read_text(encoding="utf-8").splitlines()[0])
    line = rm.load("answer.rm").trace(row)
    response = line["responses"][0]
    fields = {*line, *response, *(key for node in response["nodes"].values() for key in node)}
    told = set(re.findall(r"`(\w+)`", RESULTS_TEXT.partition("## Results")[2].partition("## Reasons")[0]))
    assert fields - {"responses", "index", "nodes"} - told == set()


def test_every_reason_is_told_with_its_code():
    rows = re.findall(r"^\| `(\w+)` \| .* \| (RM\d+) \|$", RESULTS_TEXT, flags=re.MULTILINE)
    assert dict(rows) == UNSCORED_CODES


def test_every_exit_code_is_told():
    rows = re.findall(r"^\| (\d+) \|", RESULTS_TEXT, flags=re.MULTILINE)
    codes = [value for name, value in vars(faults).items() if name.isupper() and isinstance(value, int)]
    assert sorted(map(int, rows)) == sorted(codes)


def test_every_command_is_told():
    assert re.findall(r"^\| `rmcompose ([\w-]+)", RESULTS_TEXT, flags=re.MULTILINE) == list(COMMANDS)


def test_the_configuration_shown_is_one(tmp_path):
    (block,) = blocks(RESULTS, "toml")
    (tmp_path / "rmcompose.toml").write_text(block.text, encoding="utf-8")
    endpoint = Config.load(tmp_path, {"JUDGE_KEY": "k"}).endpoint("judge")
    assert (endpoint.model, endpoint.rpm, endpoint.price_out) == ("gpt-4.1-mini", 600, 1.6)


def _anchors(page: Path) -> set[str]:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path):
    inline = [one for one in MarkdownIt().enable("table").parse(page.read_text(encoding="utf-8")) if one.children]
    targets = [str(part.attrs["href"]) for one in inline for part in one.children if part.type == "link_open"]
    broken = []
    for target in targets:
        if target.startswith(("http://", "https://")):
            continue
        name, _, anchor = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        if not path.exists() or (anchor and anchor not in _anchors(path)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_lines_can_be_read(page: Path):
    """Prose is wrapped; tables, code and what scripts/docs writes are as wide as they must be."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    if "<!-- Written by" in text:
        return
    assert [line for line in text.splitlines() if len(line) > 120 and not line.lstrip().startswith("|")] == []
