"""What a short command loads and does before it answers; nothing here is timed (benchmarks/startup.py is)."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from rmcompose.cli import collector
from rmcompose.cli.main import main

SMALL = """\
rmcompose 1
composition main -> score[0, 1] {
  rule same  = accuracy()
  rule words = word_count()
  let  brief = clamp(1.0 - words / 200, 0.0, 1.0)
  return 0.8 * same + 0.2 * brief
}
"""

WITH_JUDGE = """\
rmcompose: 1
composition: main
returns: score[0, 1]
nodes:
  sound:
    type: score[1, 5]
    judge:
      model: grader
      given: [prompt, response]
      rubric: Grade the reasoning.
require:
  - {that: sound > 1, else: 0.0, because: unsound}
return: normalize(sound)
"""

NEEDED = {
    "": "compiler",
    "analysis": "arguments check cycles declared document fixed graph infer load names report result rules scope"
    " substitutes unused uses values wording",
    "analysis.infer": "demands expression functions operators",
    "cli": "collector console faults files main validate",
    "diagnostics": "diagnostic render source suggest",
    "ir": "arithmetic base composition expressions interval nodes reserved types walk",
    "library": "places",
    "primitives": "catalogue failure patterns registry",
    "primitives.text": "content references",
    "syntax": "builder built expression_builder feeding grammar limits literals parsed parser place reading tables"
    " tokens types words",
}
"""The modules that checking any small `.rm` takes, by room."""

HEAVY = {"asyncio", "concurrent", "difflib", "email", "http", "importlib.metadata", "multiprocessing", "sqlite3", "ssl"}
"""Parts of the standard library that are slow to load."""

ROOMS_NOT_NEEDED = ("rmcompose.data", "rmcompose.plan", "rmcompose.rewards", "rmcompose.runtime")


def loaded_by_validate(path: Path) -> set[str]:
    script = "import sys\nfrom rmcompose.cli.main import main\nassert main(sys.argv[1:]) == 0\nprint(*sys.modules)\n"
    done = subprocess.run(
        [sys.executable, "-c", script, "validate", str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return set(done.stdout.split())


@pytest.fixture
def small(folder) -> Path:
    path = folder / "main.rm"
    path.write_text(SMALL, encoding="utf-8")
    return path


def test_a_small_spec_loads_what_it_needs(small):
    needed = {f"rmcompose.{room}.{name}".replace("..", ".") for room, names in NEEDED.items() for name in names.split()}
    needed |= {"rmcompose", *(f"rmcompose.{room}" for room in NEEDED if room)}
    loaded = {name for name in loaded_by_validate(small) if name.partition(".")[0] == "rmcompose"}
    newcomers = sorted(loaded - needed)
    assert not newcomers, f"import {newcomers} where they are used, or add what every small spec needs to NEEDED"
    assert loaded == needed  # what is no longer needed leaves the list


def test_a_small_spec_loads_no_slow_part_of_the_standard_library_and_no_yaml(small):
    assert loaded_by_validate(small) & (HEAVY | {"yaml"}) == set()


def test_validate_loads_nothing_that_runs_a_spec(folder):
    path = folder / "main.rm.yaml"
    path.write_text(WITH_JUDGE, encoding="utf-8")
    loaded = loaded_by_validate(path)
    assert "rmcompose.analysis.judges" in loaded
    assert [name for name in sorted(loaded) if name.startswith(ROOMS_NOT_NEEDED)] == []
    assert loaded & HEAVY == set()


def test_validate_builds_no_validator(small):
    script = (
        "from rmcompose.cli.main import main\n"
        "assert main(['validate', 'main.rm']) == 0\n"
        "from rmcompose.ir import Node\n"
        "assert [one.__name__ for one in Node.__subclasses__() if one.__pydantic_complete__] == []\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=small.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# ---- the garbage collector -------------------------------------------------------------------------------------------


def threshold_after(folder: Path, *words: str) -> int:
    """The collector's first threshold at the end of a process that was one command."""
    script = (
        "import gc, sys\n"
        "from rmcompose.cli.main import main\n"
        "code = main()\n"
        "assert code == 0, code\n"
        "assert gc.get_freeze_count() > 0\n"
        "print(gc.get_threshold()[0], file=sys.stderr)\n"
    )
    command = [sys.executable, "-c", script, *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return int(done.stderr.split()[-1])


def test_a_short_command_collects_seldom(small):
    assert threshold_after(small.parent, "validate", "main.rm") == collector.SELDOM


def test_a_run_collects_as_usual(small):
    data = small.parent / "data.jsonl"
    data.write_text('{"prompt": "p", "response": "a b", "reference": "a b"}\n', encoding="utf-8")
    assert threshold_after(small.parent, "run", "main.rm", "data.jsonl", "-o", "out.jsonl") == gc.get_threshold()[0]


def test_a_command_within_another_program_leaves_its_collector_alone(small, capsys):
    before = gc.get_threshold(), gc.get_freeze_count()
    assert main(["validate", str(small)]) == 0
    assert (gc.get_threshold(), gc.get_freeze_count()) == before
