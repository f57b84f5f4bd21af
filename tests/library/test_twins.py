"""Every spec of the library in both syntaxes (`pytest --update-golden` writes the twins again)."""

from __future__ import annotations

import shutil

import pytest

import rmcompose as rm
from rmcompose.cli.main import main
from rmcompose.compiler import Compilation
from rmcompose.library import folder, names

SPECS = pytest.mark.parametrize("path", names().values(), ids=list(names()))


def _twin(path):
    return path.with_name(f"{path.name}.yaml")


@SPECS
def test_the_twin_is_what_convert_writes(path, update_golden, tmp_path):
    assert main(["convert", str(path), "--to", "yaml", "-o", str(tmp_path / "twin")]) == 0
    text = (tmp_path / "twin").read_text(encoding="utf-8")
    if update_golden:
        _twin(path).write_text(text, encoding="utf-8")
    assert _twin(path).read_text(encoding="utf-8") == text, "run scripts/test --update-golden"


@SPECS
def test_the_twins_are_one_spec(path):
    one, other = (rm.parse(file.read_text(encoding="utf-8"), path=file) for file in (path, _twin(path)))
    assert one == other
    assert Compilation(path).plan().digest == Compilation(_twin(path)).plan().digest


@SPECS
def test_nothing_is_wrong_with_the_twin(path, capsys):
    assert rm.check(_twin(path)) == []
    assert main(["test", str(_twin(path))]) == 0, capsys.readouterr()


def test_no_twin_is_left_behind():
    twins = {path.with_name(path.name.removesuffix(".yaml")) for path in folder().rglob("*.rm.yaml")}
    assert twins == set(names().values())


def test_the_library_stands_alone(tmp_path):
    """Without the checkout around it, as in an installed package, its specs import each other all the same."""
    copy = shutil.copytree(folder(), tmp_path / "_specs")
    assert main(["validate", str(copy)]) == 0
