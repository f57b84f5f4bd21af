"""The examples and the library, run as a reader would: nothing is wrong with them, both twins say the same, no key."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import rmcompose as rm
from rmcompose.cli.main import main
from rmcompose.primitives.programs import available
from tests.primitives.sandboxed import needs_sandbox

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
SPECS = [*sorted((ROOT / "specs").rglob("*.rm")), *sorted(EXAMPLES.rglob("*.rm")), *sorted(EXAMPLES.rglob("*.rm.yaml"))]
RUNS = {"math": "math.rm", "code": "code.rm", "chat": "assistant.rm", "end_to_end": "main.rm"}
"""The example folders, and the spec to run over their `data.jsonl`."""


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.fixture(autouse=True)
def _no_model(monkeypatch, tmp_path):
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RMCOMPOSE_CACHE_DIR", str(tmp_path / "cache"))


def _run(folder: str, spec: str, out: Path, *options: str) -> list[dict]:
    cassette = EXAMPLES / folder / "cassette.jsonl"
    replay = ["--replay", str(cassette)] if cassette.exists() else []
    assert main(["run", spec, "data.jsonl", "-o", str(out), *replay, *options]) == 0
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


def _scores(rows: list[dict]) -> list[list[float | None]]:
    return [[response["score"] for response in row["responses"]] for row in rows]


@pytest.mark.parametrize("path", SPECS, ids=_name)
def test_nothing_is_wrong(path: Path):
    assert rm.check(path) == []


@pytest.mark.parametrize("path", SPECS, ids=_name)
def test_its_own_tests_pass(path: Path, capsys):
    assert main(["test", str(path)]) == 0, capsys.readouterr()


@pytest.mark.parametrize("path", SPECS, ids=_name)
def test_it_is_laid_out_as_fmt_would(path: Path, capsys):
    assert main(["fmt", "--check", str(path)]) == 0, capsys.readouterr()


@pytest.mark.parametrize(
    "path", [p for p in SPECS if "tests" in p.parts or p.is_relative_to(ROOT / "specs")], ids=_name
)
def test_every_spec_of_the_library_has_tests_and_a_doc(path: Path):
    text = path.read_text(encoding="utf-8")
    assert "\n## " in text
    assert '\n  test "' in text


def test_every_spec_of_the_library_is_in_its_readme():
    readme = (ROOT / "specs" / "README.md").read_text(encoding="utf-8")
    names = {p.relative_to(ROOT / "specs").with_suffix("").as_posix() for p in (ROOT / "specs").rglob("*.rm")}
    assert {name for name in names if f"`{name}`" not in readme} == set()


@pytest.mark.parametrize(("folder", "spec"), RUNS.items())
def test_an_example_runs_without_a_key(folder: str, spec: str, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(EXAMPLES / folder)
    rows = _run(folder, spec, tmp_path / "out.jsonl")
    samples = [json.loads(line) for line in Path("data.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["id"] for row in rows] == [sample["id"] for sample in samples]
    assert [len(row["responses"]) for row in rows] == [len(sample["responses"]) for sample in samples]
    assert all(score is not None for scores in _scores(rows) for score in scores)


@pytest.mark.parametrize(("folder", "spec"), RUNS.items())
def test_the_twins_give_the_same_scores(folder: str, spec: str, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(EXAMPLES / folder)
    one = _run(folder, spec, tmp_path / "rm.jsonl")
    other = _run(folder, f"{spec}.yaml", tmp_path / "yaml.jsonl")
    assert _scores(one) == _scores(other)


@pytest.mark.parametrize(("folder", "spec"), RUNS.items())
def test_optimising_changes_the_calls_and_not_the_scores(folder: str, spec: str, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(EXAMPLES / folder)
    plain = _run(folder, spec, tmp_path / "plain.jsonl", "--no-optimize")
    assert _scores(plain) == _scores(_run(folder, spec, tmp_path / "out.jsonl"))


def test_the_math_reward_agrees_with_people(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(EXAMPLES / "math")
    rows = _run("math", "math.rm", tmp_path / "out.jsonl")
    samples = [json.loads(line) for line in Path("data.jsonl").read_text(encoding="utf-8").splitlines()]
    for row, sample in zip(rows, samples, strict=True):
        correct = sample["label"]["is_correct"]
        assert [response["score"] > 0 for response in row["responses"]] == correct
        for response in row["responses"]:
            # a wrong answer costs nothing
            asked = response["nodes"]["reasoning"]["status"] == "scored"
            assert asked == correct[response["index"]]


def test_programs_are_run_against_their_tests(tmp_path: Path, monkeypatch):
    needs_sandbox()
    monkeypatch.chdir(EXAMPLES / "code")
    out = tmp_path / "out.jsonl"
    for spec in ("tested.rm", "tested.rm.yaml"):
        assert main(["run", spec, "tested.jsonl", "-o", str(out)]) == 0
        rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
        assert _scores(rows) == [[1.0, 0.45, 0.0], [1.0, 0.0], [1.0, 0.0]]


def test_a_spec_without_a_sandbox_is_unscored_and_says_why(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(EXAMPLES / "code")
    monkeypatch.setattr("rmcompose.primitives.programs.bubblewrap.found", lambda: None)
    available.forget()
    try:
        assert main(["run", "tested.rm", "tested.jsonl", "-o", str(tmp_path / "out.jsonl")]) == 3
    finally:
        available.forget()
    told = (tmp_path / "out.jsonl").read_text(encoding="utf-8")
    assert "bubblewrap (`bwrap`) is not installed: install it" in told
    assert "allow_rlimits" in told


def test_the_demo_prints_the_agreement(tmp_path: Path, monkeypatch, capsys):
    monkeypatch.chdir(EXAMPLES / "math")
    _run("math", "math.rm", tmp_path / "out.jsonl")
    capsys.readouterr()
    monkeypatch.syspath_prepend(str(EXAMPLES / "math"))
    import agreement

    assert agreement.main(tmp_path / "out.jsonl") == 0
    assert "| 0.1 | 170 | 100.0% |" in capsys.readouterr().out


@pytest.mark.parametrize("path", [p for p in SPECS if p.with_name(p.name + ".yaml").exists()], ids=_name)
def test_the_twins_are_one_document(path: Path):
    twin = path.with_name(path.name + ".yaml")
    one, other = (rm.parse(file.read_text(encoding="utf-8"), path=file) for file in (path, twin))
    assert one == other
