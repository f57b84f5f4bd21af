"""What an explanation shows as wrong gives its code and nothing else, and what it shows as right gives nothing."""

import pytest

from rmcompose.cli.spec_tests import outcomes_of
from rmcompose.compiler import check
from rmcompose.diagnostics.catalogue import CATALOGUE, explanation
from rmcompose.diagnostics.render import render

CHECKED = [code for code in CATALOGUE if not code.startswith("RM9")]


def found(examples, folder, monkeypatch):
    (folder / "project").mkdir()
    monkeypatch.chdir(folder / "project")
    for example in examples:
        path = folder / "project" / example.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(example.text, encoding="utf-8")
    diagnostics = check(examples[0].path)
    if not any(one.is_error for one in diagnostics):
        outcomes, _ = outcomes_of(examples[0].path)
        diagnostics = [*diagnostics, *(one for outcome in outcomes for one in outcome.diagnostics)]
    return diagnostics


@pytest.mark.parametrize("code", CHECKED)
def test_the_wrong_example_shows_the_code(code, tmp_path, monkeypatch):
    diagnostics = found(explanation(code).wrong, tmp_path, monkeypatch)
    assert {one.code for one in diagnostics} == {code}, render(diagnostics, "full")


@pytest.mark.parametrize("code", CATALOGUE)
def test_the_right_example_is_clean(code, tmp_path, monkeypatch):
    diagnostics = found(explanation(code).right, tmp_path, monkeypatch)
    assert diagnostics == [], render(diagnostics, "full")


@pytest.mark.parametrize("code", [code for code in CATALOGUE if code not in CHECKED])
def test_what_fails_while_running_cannot_be_seen_before(code, tmp_path, monkeypatch):
    diagnostics = found(explanation(code).wrong, tmp_path, monkeypatch)
    assert diagnostics == [], render(diagnostics, "full")
