"""Configs as users write them, with the spec that each becomes and what is told of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from rmcompose.cli.main import main
from rmcompose.compiler import Compilation

FOLDER = Path(__file__).parent / "golden"
CONFIGS = sorted(path for path in FOLDER.iterdir() if path.suffix in (".json", ".yaml") and ".rm" not in path.name)


@pytest.mark.parametrize("to", ["rm", "yaml"])
@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
def test_golden(config: Path, to: str, update_golden: bool, tmp_path, monkeypatch, capsys):
    system = config.stem.partition(".")[0]
    out = config.stem.partition(".")[2] + (".rm" if to == "rm" else ".rm.yaml")
    monkeypatch.chdir(tmp_path)
    assert main(["convert", str(config), "--from", system, "--to", to, "-o", out]) == 0
    told = capsys.readouterr().err
    expected, notes = FOLDER / out, FOLDER / f"{out.partition('.')[0]}.notes.txt"
    if update_golden:
        expected.write_text((tmp_path / out).read_text(encoding="utf-8"), encoding="utf-8")
        notes.write_text(told, encoding="utf-8")
    assert (tmp_path / out).read_text(encoding="utf-8") == expected.read_text(encoding="utf-8")
    assert told == notes.read_text(encoding="utf-8")
    assert main(["validate", out]) == 0
    assert main(["fmt", "--check", out]) == 0
    Compilation(out).plan(out.partition(".")[0])


def test_both_syntaxes_of_a_golden_pair_mean_the_same():
    for path in FOLDER.glob("*.rm"):
        assert Compilation(path).document == Compilation(path.with_name(f"{path.name}.yaml")).document


def test_standard_input(monkeypatch, capsys):
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO("rewards:\n  a: {cls: accuracy}\n"))
    assert main(["convert", "-", "--from", "rm-gallery", "--to", "rm"]) == 0
    assert "rule a = accuracy()" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "text", "code", "told"),
    [
        ("a.json", '{"rewards": {"a": {"cls": "acuracy"}}}', 1, "did you mean `accuracy`?"),
        ("a.yaml", "rewards: {a: {cls: accuracy}\n", 4, "invalid YAML"),
        ("a.json", '{"rewards": ', 4, "invalid JSON"),
        ("a.rm", "rmcompose 1\n", 2, "is a spec already"),
    ],
)
def test_faults_are_lines_without_a_traceback(name, text, code, told, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path(name).write_text(text, encoding="utf-8")
    assert main(["convert", name, "--from", "rm-gallery", "--to", "rm"]) == code
    error = capsys.readouterr().err
    assert told in error
    assert "Traceback" not in error
