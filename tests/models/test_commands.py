"""The commands: a model that nobody configured, stubs in spec tests, recording and replaying."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rmcompose.cli.main import main

SPEC = """rmcompose 1
composition c -> score[0, 1] {
  input prompt: text
  input response: text
  rule rm = reward_model(model = "skywork")
  rule toxic = toxicity(model = "tox")
  let s = sigmoid(rm)
  require toxic < 0.5 else 0 because "it is toxic"
  return s
  test "a stub stands for the model" {
    given prompt = "Why?"
    given response = "x"
    stub rm = 0.0
    stub toxic = 0.0
    expect return == 0.5
  }
}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.rm").write_text(SPEC, encoding="utf-8")
    rows = [{"prompt": "Why?", "responses": ["Because.", "you fool"]}]
    (tmp_path / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return tmp_path


def test_a_model_that_nobody_configured_stops_the_run_before_it_begins(project, capsys):
    assert main(["run", "c.rm", "data.jsonl", "-o", "out.jsonl", "--no-cache"]) == 2
    told = capsys.readouterr().err
    assert "the model `skywork` is not in `rmcompose.toml`: add [models.skywork]" in told
    assert "Traceback" not in told
    assert not (project / "out.jsonl").exists() or not (project / "out.jsonl").read_text(encoding="utf-8")


def test_spec_tests_stub_rules_that_ask(project, capsys):
    assert main(["test", "c.rm"]) == 0
    text = SPEC.replace("    stub rm = 0.0\n", "")
    (project / "c.rm").write_text(text, encoding="utf-8")
    assert main(["test", "c.rm"]) == 1
    assert "rule `rm` would be asked, and it has no stub" in capsys.readouterr().out


def test_a_run_records_and_replays(project, serve, capsys):
    server = serve("tei")
    table = f'api = "tei"\nbase_url = "{server.url}"\n'
    (project / "rmcompose.toml").write_text(f"[models.skywork]\n{table}[models.tox]\n{table}", encoding="utf-8")
    run = ["run", "c.rm", "data.jsonl", "--no-cache", "--summary", "json"]
    assert main([*run, "-o", "a.jsonl", "--record", "tape.jsonl"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["model_calls" if "model_calls" in summary else "calls"] == 3
    first = json.loads((project / "a.jsonl").read_text(encoding="utf-8"))
    assert [response["score"] for response in first["responses"]][1] == 0.0
    (project / "rmcompose.toml").unlink()
    assert main([*run, "-o", "b.jsonl", "--replay", "tape.jsonl"]) == 0
    second = json.loads((project / "b.jsonl").read_text(encoding="utf-8"))
    assert [r["score"] for r in second["responses"]] == [r["score"] for r in first["responses"]]
