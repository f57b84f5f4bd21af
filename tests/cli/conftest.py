"""The command in this process, in an empty folder."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from rmcompose.cli.main import main

ROOT = Path(__file__).parents[2]

MAIN = """\
rmcompose 1

composition main -> score[0, 1] {
  rule same = accuracy()

  return same
}
"""


@dataclass
class Done:
    code: int
    out: str
    err: str


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working directory: empty, and no user configuration or key in reach."""
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "BASE_URL", "RMCOMPOSE_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RMCOMPOSE_CACHE_DIR", str(tmp_path / ".cache"))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # for commands in processes of their own
    return tmp_path


@pytest.fixture
def rmcompose(folder, capsys):
    """`rmcompose("validate", "main.rm")` runs the command and gives its exit code and what it printed."""

    def call(*words):
        capsys.readouterr()
        code = main([str(word) for word in words])
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    return call


@pytest.fixture
def spec(folder):
    """`spec(text, name)` writes a spec file; without a text, a plain one."""

    def write(text=MAIN, name="main.rm"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return name

    return write
