"""The names of `rmcompose` itself."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import rmcompose

ROOT = Path(rmcompose.__file__).parent.parent


@pytest.mark.parametrize("name", rmcompose.__all__)
def test_every_public_name_is_there(name):
    assert getattr(rmcompose, name) is not None
    assert name in dir(rmcompose)


def test_type_checkers_see_the_same_names():
    tree = ast.parse(Path(rmcompose.__file__).read_text(encoding="utf-8"))
    guarded = next(node for node in tree.body if isinstance(node, ast.If))
    imported = {alias.name for node in guarded.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert imported | {"__version__"} == set(rmcompose.__all__)
    assert sorted(rmcompose.__all__, key=str) == sorted(set(rmcompose.__all__))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'lode'"):
        _ = rmcompose.lode


def run(code: str) -> None:
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_importing_the_package_loads_nothing():
    run(
        "import sys\n"
        "import rmcompose\n"
        "loaded = {'pydantic', 'lark', 'openai', 'yaml', 'networkx'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
        "assert not [name for name in sys.modules if name.startswith('rmcompose.')]\n"
    )


def test_rewards_load_no_client_until_one_is_asked():
    run(
        "import sys\n"
        "from rmcompose import OpenaiLLM, RewardRegistry\n"
        "OpenaiLLM(model='m', base_url='http://127.0.0.1:9/v1')\n"
        "loaded = {'openai', 'httpx', 'lark', 'networkx'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
    )
