"""Rules of the user's own modules and of installed packages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

POLITE = """
from rmcompose import register

@register("politeness", returns="bool", example='politeness(text = "please") -> true')
def politeness(text: str) -> bool:
    \"\"\"Whether the text says please.\"\"\"
    return "please" in text
"""
SPEC = "rmcompose 1\ncomposition main -> bool {\n  rule polite = politeness()\n  return polite\n}\n"


def command(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "rmcompose", *words],
        cwd=folder, capture_output=True, text=True, check=False, env={**os.environ, "NO_COLOR": "1", **environment},
    )  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "spec.rm").write_text(SPEC)
    (tmp_path / "data.jsonl").write_text('{"prompt": "q", "response": "please"}\n{"prompt": "q", "response": "no"}\n')
    return tmp_path


def scores(folder: Path, **environment: str) -> list[float]:
    done = command(folder, "run", "spec.rm", "data.jsonl", "-o", "-", **environment)
    assert done.returncode == 0, done.stderr
    return [json.loads(line)["responses"][0]["score"] for line in done.stdout.splitlines()]


def test_nothing_is_loaded_for_built_in_rules(project: Path) -> None:
    (project / "spec.rm").write_text(SPEC.replace("politeness()", 'contains(value = "please")'))
    (project / "loud.py").write_text("raise SystemExit('loaded')")
    (project / "rmcompose.toml").write_text('python = "loud.py"\n')
    assert scores(project) == [1.0, 0.0]


@pytest.mark.parametrize("named", ['"rules/polite.py"', '["rules/polite.py"]'])
def test_a_file_that_the_configuration_names_brings_rules(project: Path, named: str) -> None:
    (project / "rules").mkdir()
    (project / "rules" / "polite.py").write_text(f"import beside\n{POLITE}")
    (project / "rules" / "beside.py").write_text("")
    (project / "rmcompose.toml").write_text(f"python = {named}\n")
    assert scores(project) == [1.0, 0.0]
    shown = command(project, "rules", "politeness")
    assert "Whether the text says please." in shown.stdout


def test_a_reward_class_of_such_a_file_is_a_rule(project: Path) -> None:
    (project / "mine.py").write_text("""
import rmcompose as rm

@rm.RewardRegistry.register("politeness")
class Politeness(rm.BasePointWiseReward):
    \"\"\"How polite.\"\"\"

    name: str = "politeness"

    def _evaluate(self, sample, **_):
        said = "please" in sample.output[0].answer.content
        return rm.RewardResult(
            name=self.name, details=[rm.RewardDimensionWithScore(name="p", reason="", score=float(said))]
        )
""")
    (project / "spec.rm").write_text(SPEC.replace("-> bool", "-> float"))
    (project / "rmcompose.toml").write_text('python = "mine.py"\n')
    assert scores(project) == [1.0, 0.0]


def test_a_module_that_can_be_imported_is_named_by_its_name(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = tmp_path_factory.mktemp("site")
    (place / "polite_rules.py").write_text(POLITE)
    (project / "rmcompose.toml").write_text('python = "polite_rules"\n')
    assert scores(project, PYTHONPATH=str(place)) == [1.0, 0.0]


def test_a_package_brings_rules_by_an_entry_point(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    place = _installed(tmp_path_factory.mktemp("site"), "polite_rules", POLITE)
    assert scores(project, PYTHONPATH=str(place)) == [1.0, 0.0]
    assert "politeness" in command(project, "rules", PYTHONPATH=str(place)).stdout


def test_a_broken_package_takes_nothing_with_it_and_is_told(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = tmp_path_factory.mktemp("site")
    _installed(place, "a_broken", "import nothing_of_that_name")
    _installed(place, "polite_rules", POLITE)
    assert scores(project, PYTHONPATH=str(place)) == [1.0, 0.0]
    (project / "spec.rm").write_text(SPEC.replace("politeness", "kindness"))
    done = command(project, "validate", "spec.rm", PYTHONPATH=str(place))
    assert done.returncode == 1
    assert "unknown rule `kindness`" in done.stdout
    assert "the package `a_broken` cannot be loaded: ModuleNotFoundError" in done.stdout
    assert "a_broken" in command(project, "rules", PYTHONPATH=str(place)).stderr


@pytest.mark.parametrize(
    ("python", "says"),
    [
        ('"lost.py"', "is no file"),
        ('"../outside.py"', "is not below the folder of the configuration"),
        ("3", "is not a text or a list of texts"),
        ('"broken.py"', "cannot be loaded: ZeroDivisionError: division by zero"),
        ('"taken.py"', "cannot be loaded: ValueError: a rule named `contains` is already registered"),
        ('"no_such_module"', "cannot be loaded: ModuleNotFoundError"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_one_line(project: Path, python: str, says: str) -> None:
    (project.parent / "outside.py").write_text("")
    (project / "broken.py").write_text("1 / 0")
    (project / "taken.py").write_text(
        "import rmcompose\n@rmcompose.register('contains', returns='bool', replace=True)\n"
        "def contains(text: str) -> bool:\n    return True\n"
    )
    (project / "rmcompose.toml").write_text(f"python = {python}\n")
    done = command(project, "validate", "spec.rm")
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    (project / "spec.rm").write_text(SPEC.replace("politeness()", 'contains(value = "please")'))
    assert scores(project) == [1.0, 0.0], "a spec of built-in rules does not load it"


def test_a_spec_cannot_name_a_module(project: Path) -> None:
    (project / "spec.rm").write_text(SPEC.replace("politeness()", "os.system()"))
    (project / "os.py").write_text("print('loaded')")
    done = command(project, "validate", "spec.rm")
    assert done.returncode == 1
    assert "loaded" not in done.stdout


def test_what_a_rule_needs_is_asked_for_before_the_run(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from rmcompose.cli.main import main
    from rmcompose.primitives import packages

    (project / "spec.rm").write_text(SPEC.replace("politeness()", 'regex_match(pattern = "a")'))
    monkeypatch.setitem(packages.PACKAGES, "google-re2", packages.Package("no_such_module", "speed"))
    monkeypatch.chdir(project)
    assert main(["run", "spec.rm", "data.jsonl", "-o", "out.jsonl"]) == 2
    assert capsys.readouterr().err.strip() == (
        "rmcompose: rule `regex_match` needs the package `google-re2`: pip install 'rmcompose[speed]'"
    )
    assert not (project / "out.jsonl").exists()


def _installed(place: Path, module: str, code: str) -> Path:
    """A folder of installed packages with one that has an entry point."""
    (place / f"{module}.py").write_text(code)
    about = place / f"{module}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[rmcompose.primitives]\n{module} = {module}\n")
    return place
