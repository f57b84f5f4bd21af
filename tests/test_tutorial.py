"""The tutorial, run as its README says: a process of its own, no key, and a spec that gives what the classes give."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "examples" / "end_to_end"
README = (FOLDER / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    (rmcompose .+)$", README, re.MULTILINE)


@pytest.fixture
def address(monkeypatch):
    """A judge on loopback."""
    monkeypatch.syspath_prepend(str(FOLDER))
    import stand_in

    with stand_in.judge() as found:
        yield found


def _environment(scratch: Path) -> dict[str, str]:
    """As a fresh shell has it: no key, no address, a cache of its own."""
    models = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "BASE_URL", "PYTHONPATH")
    kept = {name: value for name, value in os.environ.items() if name not in models}
    return {**kept, "RMCOMPOSE_CACHE_DIR": str(scratch / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}


def _tutorial(scratch: Path, *words: str, script: Path = FOLDER / "tutorial.py") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(script), *words]
    environment = _environment(scratch)
    return subprocess.run(command, cwd=scratch, env=environment, capture_output=True, text=True, check=False)


def test_it_runs_without_a_key_and_says_that_both_are_equal(tmp_path: Path, update_golden):
    done = _tutorial(tmp_path)
    assert done.returncode == 0, done.stderr
    golden = FOLDER / "expected.txt"
    if update_golden:
        golden.write_text(done.stdout, encoding="utf-8")
    assert done.stdout == golden.read_text(encoding="utf-8")
    rows = (FOLDER / "data.jsonl").read_text(encoding="utf-8").splitlines()
    assert done.stdout.count("equal to the bit\n") == len(rows)
    assert f"{len(rows)} of {len(rows)} samples have the same scores" in done.stdout


def test_it_says_where_spec_and_classes_differ(tmp_path: Path):
    for file in FOLDER.iterdir():
        if file.is_file():
            (tmp_path / "end_to_end").mkdir(exist_ok=True)
            (tmp_path / "end_to_end" / file.name).write_bytes(file.read_bytes())
    (tmp_path / "record.py").write_bytes((FOLDER.parent / "record.py").read_bytes())
    spec = tmp_path / "end_to_end" / "main.rm"
    spec.write_text(spec.read_text(encoding="utf-8").replace("factual weight 2", "factual weight 3"), encoding="utf-8")
    done = _tutorial(tmp_path, script=tmp_path / "end_to_end" / "tutorial.py")
    assert done.returncode == 1
    assert "   water     1.0 0.32 DIFFERENT\n" in done.stdout


def test_a_model_is_taken_from_the_configuration(tmp_path: Path, address: str):
    table = f'[models.judge]\nmodel = "their-model"\nbase_url = "{address}"\n'
    (tmp_path / "rmcompose.toml").write_text(table, encoding="utf-8")
    done = _tutorial(tmp_path, "--model")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("equal to the bit\n") == 6
    assert done.stdout.endswith("(a model may answer the two ways of asking differently)\n")


def test_a_model_without_a_key_is_told_in_one_line(tmp_path: Path):
    (tmp_path / "rmcompose.toml").write_text("", encoding="utf-8")
    done = _tutorial(tmp_path, "--model")
    assert done.returncode == 2
    assert "OPENAI_API_KEY" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_the_spec_has_ten_lines_at_most():
    for text in (
        (FOLDER / "main.rm").read_text(encoding="utf-8"),
        re.findall(r"```rm\n(.*?)```", README, re.DOTALL)[0],
    ):
        lines = [line for line in map(str.strip, text.splitlines()) if line and not line.startswith("#")]
        assert 0 < len(lines) <= 10
    assert text == (FOLDER / "main.rm").read_text(encoding="utf-8")


def test_the_numbers_of_the_readme_are_those_of_the_script():
    steps = re.findall(r"^(\d+)\. \*\*", README, re.MULTILINE)
    assert steps == [str(number) for number in range(1, 10)]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_of_the_readme_run(command: str, address: str, tmp_path: Path):
    (tmp_path / "rmcompose.toml").write_text(f'[models.judge]\nbase_url = "{address}"\n', encoding="utf-8")
    for file in FOLDER.iterdir():
        if file.is_file():
            (tmp_path / file.name).write_bytes(file.read_bytes())
    if "out.jsonl" in command and "run" not in command:
        first = next(one for one in COMMANDS if "--replay" in one)
        assert _command(first, tmp_path).returncode == 0
    done = _command(command, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    if command.startswith("rmcompose run"):
        rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
        golden = (FOLDER / "expected.txt").read_text(encoding="utf-8").partition("\n9.")[2]
        for row in rows:
            assert f"{row['id']:9} {' '.join(repr(one['score']) for one in row['responses'])} equal" in golden


def _command(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", *line.split()]
    return subprocess.run(
        words, cwd=folder, env=_environment(folder), capture_output=True, text=True, check=False, timeout=120
    )
