"""The wheel, built from the sdist and installed into an empty environment far from the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.slow

SPEC = """\
rmcompose 1

composition main -> score[0, 1] {
  rule same = accuracy()

  return same
}
"""


def _run(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    # nothing of the checkout may leak in: no PYTHONPATH, no variables of the environment that runs the tests
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run([*map(str, words)], cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    _run(sys.executable, "-m", "build", "--outdir", folder, ROOT, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def command(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `rmcompose` command of an environment that holds the wheel and nothing else."""
    folder = tmp_path_factory.mktemp("empty")
    venv.create(folder, with_pip=True)
    (wheel,) = built.glob("*.whl")
    _run(folder / "bin" / "python", "-m", "pip", "install", "--quiet", wheel, cwd=folder)
    return folder / "bin" / "rmcompose"


def _names(folder: str) -> set[str]:
    return {path.relative_to(ROOT / folder).as_posix() for path in (ROOT / folder).rglob("*") if path.is_file()}


def test_the_wheel_carries_the_grammar_and_the_library(built: Path):
    (wheel,) = built.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"rmcompose/_grammar/{name}" for name in _names("grammar")} <= names
    assert {f"rmcompose/_specs/{name}" for name in _names("specs")} <= names
    assert "rmcompose/py.typed" in names
    assert {name for name in names if name.startswith(("tests/", "examples/", "benchmarks/"))} == set()


def test_the_sdist_carries_the_sources(built: Path):
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {f"grammar/{name}" for name in _names("grammar")} <= names
    assert {f"specs/{name}" for name in _names("specs")} <= names
    assert {"LICENSE", "README.md", "tests/test_wheel.py"} <= names


def test_validate_finds_the_grammar(command: Path, tmp_path: Path):
    (tmp_path / "main.rm").write_text(SPEC, encoding="utf-8")
    _run(command, "validate", "main.rm", cwd=tmp_path)
    done = _run(command, "convert", "main.rm", "--to", "yaml", cwd=tmp_path)
    assert "composition: main" in done.stdout


def test_specs_finds_the_library(command: Path, tmp_path: Path):
    listed = _run(command, "specs", cwd=tmp_path).stdout
    library = sorted((ROOT / "specs").rglob("*.rm"))
    assert library
    for path in library:
        assert path.relative_to(ROOT / "specs").with_suffix("").as_posix() in listed


def test_schema_is_json(command: Path, tmp_path: Path):
    schema = json.loads(_run(command, "schema", cwd=tmp_path).stdout)
    assert schema["$schema"].startswith("https://json-schema.org/")


def test_a_spec_runs(command: Path, tmp_path: Path):
    (tmp_path / "main.rm").write_text(SPEC, encoding="utf-8")
    (tmp_path / "data.jsonl").write_text(
        '{"prompt": "q", "responses": ["Paris", "Rome"], "reference": "Paris"}\n', encoding="utf-8"
    )
    _run(command, "run", "main.rm", "data.jsonl", "-o", "out.jsonl", cwd=tmp_path)
    (row,) = map(json.loads, (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines())
    assert [response["score"] for response in row["responses"]] == [1.0, 0.0]
