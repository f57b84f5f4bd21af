"""The shape of the code, read from the code: who imports whom, what loads when, and what ARCHITECTURE.md says of it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "rmcompose"
MODULES = sorted(PACKAGE.rglob("*.py"))

MAY_IMPORT: dict[str, set[str]] = {
    # each room imports those named here, and what those may import
    "diagnostics": set(),
    "data": set(),
    "configuration": set(),
    "primitives": {"configuration"},
    "pages": set(),
    "calibration": {"data", "pages"},
    "ir": {"diagnostics"},
    "syntax": {"ir"},
    "analysis": {"ir", "primitives.registry"},
    "plan": {"ir", "analysis"},
    "runtime": {"plan", "primitives", "data", "configuration"},
    "compiler": {"syntax", "analysis", "plan", "runtime", "library.places"},
    "library": {"compiler"},
    "rewards": {"primitives", "data", "runtime", "compiler", "library.places"},
    "selection": {"compiler"},
    "migration": {"compiler", "library"},
    "reporting": {"compiler", "calibration"},
    "benchmarking": {"compiler", "calibration"},
    "rescoring": {"compiler", "calibration"},
    "learning": {"compiler", "calibration", "data"},
    "cli": {
        "compiler",
        "calibration",
        "library",
        "selection",
        "migration",
        "reporting",
        "benchmarking",
        "rescoring",
        "learning",
    },
}
"""The rooms, from the ground up. `compiler` is one module; the others are folders."""

LATE = {
    "aiohttp",
    "google",
    "httpx2",
    "jsonschema",
    "latex2sympy2_extended",
    "math_verify",
    "networkx",
    "openai",
    "pyarrow",
    "re2",
    "rich",
    "sympy",
    "tiktoken",
}
"""Libraries that load only when they are used: `validate` must start fast."""

ONLY_IN: dict[str, set[str]] = {
    "lark": {"syntax"},
    "yaml": {"syntax"},
    "networkx": {"plan"},
    "openai": {"runtime", "rewards"},
    "aiohttp": {"runtime"},
    "httpx2": {"runtime"},
    "pyarrow": {"data"},
    "rich": {"cli"},
    "math_verify": {"primitives"},
    "sympy": {"primitives"},
    "re2": {"primitives", "runtime", "analysis", "ir"},
}
"""Where a library may be imported at all: the rest of the code knows nothing of it."""

MOST_LINES = 500


@dataclass(frozen=True)
class Import:
    """One import of a module: `name` is dotted and absolute; `late` means inside a function."""

    path: Path
    line: int
    name: str
    late: bool

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line} imports {self.name}"


def _imports(path: Path) -> list[Import]:
    return list(_walk(path, ast.parse(path.read_text(encoding="utf-8")), late=False))


def _walk(path: Path, node: ast.AST, *, late: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Import(path, node.lineno, alias.name, late)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, f"{path}:{node.lineno} is a relative import"
        for alias in node.names:
            # `from rmcompose import ir` and `from rmcompose.ir import nodes` name modules too
            yield Import(path, node.lineno, f"{node.module}.{alias.name}", late)
    elif isinstance(node, ast.If) and _is_type_checking(node.test):
        for child in node.orelse:
            yield from _walk(path, child, late=late)
    else:
        inside = late or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for child in ast.iter_child_nodes(node):
            yield from _walk(path, child, late=inside)


def _is_type_checking(test: ast.expr) -> bool:
    return ast.unparse(test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def _room(path: Path) -> str:
    """The room of a module; for a module directly in the package its own name (`__init__`, `compiler`, `__main__`)."""
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def _allowed(room: str) -> set[str]:
    allowed: set[str] = set()
    open_rooms = [room]
    while open_rooms:
        for target in MAY_IMPORT.get(open_rooms.pop(), set()) - allowed:
            allowed.add(target)
            open_rooms.append(target)
    return allowed


def _is_inside(name: str, room: str) -> bool:
    return name == f"rmcompose.{room}" or name.startswith(f"rmcompose.{room}.")


ALL_IMPORTS = [one for path in MODULES for one in _imports(path)]


def test_every_room_is_in_the_table():
    rooms = {_room(path) for path in MODULES} - {"__init__", "__main__"}
    assert rooms == set(MAY_IMPORT)


def test_imports_run_one_way():
    wrong = []
    for one in ALL_IMPORTS:
        room = _room(one.path)
        if not one.name.startswith("rmcompose.") or room in ("__init__", "__main__"):
            continue
        if not any(_is_inside(one.name, target) for target in {room, *_allowed(room)}):
            wrong.append(str(one))
    assert wrong == []


def test_the_table_itself_has_no_cycle():
    for room in MAY_IMPORT:
        assert room not in _allowed(room)


def test_heavy_libraries_load_only_when_they_are_used():
    assert [str(one) for one in ALL_IMPORTS if not one.late and one.name.split(".")[0] in LATE] == []


def test_a_library_is_known_only_where_it_belongs():
    wrong = [
        str(one) for one in ALL_IMPORTS if _room(one.path) not in ONLY_IN.get(one.name.split(".")[0], {_room(one.path)})
    ]
    assert wrong == []


def test_validate_loads_no_heavy_library(tmp_path: Path):
    (tmp_path / "main.rm").write_text(
        "rmcompose 1\ncomposition main -> score[0, 1] {\n  rule same = accuracy()\n  return same\n}\n",
        encoding="utf-8",
    )
    script = (
        "import sys\n"
        "from rmcompose.cli.main import main\n"
        "assert main(['validate', 'main.rm']) == 0\n"
        f"loaded = sorted({LATE - {'google'}!r} & set(sys.modules))\n"
        "assert not loaded, loaded\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "path", [p for p in MODULES if p.name == "__init__.py"], ids=lambda p: str(p.relative_to(ROOT))
)
def test_every_room_says_what_it_is(path: Path):
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert docstring, f"{path.relative_to(ROOT)} has no docstring"


def test_every_folder_of_modules_is_a_package():
    folders = {path.parent for path in MODULES}
    assert [str(folder.relative_to(ROOT)) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_modules_can_be_read_in_one_sitting():
    lengths = {path.relative_to(ROOT): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {path: lines for path, lines in lengths.items() if lines > MOST_LINES} == {}


def _architecture() -> str:
    return (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")


def test_every_path_named_in_architecture_exists():
    named = re.findall(
        r"`((?:rmcompose|grammar|specs|tests|scripts|benchmarks|examples|docs)/[\w./*-]*)`", _architecture()
    )
    assert named
    missing = [path for path in named if not (list(ROOT.glob(path)) if "*" in path else (ROOT / path).exists())]
    assert missing == []


def test_every_package_is_named_in_architecture():
    text = _architecture()
    packages = [path.parent.relative_to(ROOT).as_posix() for path in MODULES if path.name == "__init__.py"]
    assert [name for name in packages if name != "rmcompose" and f"`{name}/" not in text] == []


def test_the_client_knows_no_judges():
    """Asking models is a room of its own within `runtime`: it could serve anything that asks questions."""
    client = PACKAGE / "runtime" / "client"
    found = [one.name for path in sorted(client.glob("*.py")) for one in _imports(path)]
    assert found
    assert [name for name in found if name.startswith("rmcompose.runtime") and ".client" not in name] == []
