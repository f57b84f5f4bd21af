"""Files and imports: each read once, inside the project, cycles told once, nothing raised."""

from __future__ import annotations

from pathlib import Path

import pytest

from rmcompose.analysis import check_project
from rmcompose.diagnostics import Source
from rmcompose.syntax.reading import read
from tests.analysis.spec import marked, places

LEAF = "rmcompose 1\ncomposition good -> score[0, 1] { rule x = accuracy()  return x }\n"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Writes files below a fresh working directory and returns the marks of each."""
    monkeypatch.chdir(tmp_path)

    def write(files: dict[str, str]):
        expected = []
        for path, text in files.items():
            plain, found = marked(text)
            expected += found
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(plain, encoding="utf-8")
        return expected

    return write


def using(path: str, target: str = "lib.good") -> str:
    return (
        f"rmcompose 1\nimport {path} as lib\ncomposition main -> score[0, 1] {{ compose x = {target}()  return x }}\n"
    )


def load(path: str = "main.rm"):
    return check_project(Path(path), None, read)


CASES = {
    "missing": {"main.rm": using('‹RM001›"none.rm"')},
    "a folder": {"main.rm": using('‹RM001›"lib"'), "lib/x.rm": LEAF},
    "a path that is none": {"main.rm": using('‹RM001›"a\\u0000b.rm"')},
    "a path that is too long": {"main.rm": using('‹RM001›"' + "a" * 5000 + '.rm"')},
    "absolute": {"main.rm": using('‹RM005›"/lib/good.rm"')},
    "absolute elsewhere": {"main.rm": using('‹RM005›"C:/lib/good.rm"')},
    "outside of the spec's folder": {"main.rm": using('‹RM005›"../good.rm"')},
    "inside": {"main.rm": using('"lib/good.rm"'), "lib/good.rm": LEAF},
    "up and down again": {"main.rm": using('"lib/../lib/good.rm"'), "lib/good.rm": LEAF},
    "unknown export": {"main.rm": using('"good.rm"', "‹RM004›lib.goods"), "good.rm": LEAF},
    "private export": {
        "main.rm": using('"good.rm"', "‹RM004›lib._good"),
        "good.rm": LEAF.replace("good", "_good"),
    },
    "imports are not exported": {
        "main.rm": using('"middle.rm"', "‹RM004›lib.lib.good"),
        "middle.rm": using('"good.rm"'),
        "good.rm": LEAF,
    },
    "a cycle": {"main.rm": using('‹RM003›"other.rm"', "lib.main"), "other.rm": using('"main.rm"', "lib.main")},
    "a cycle beside the spec": {
        "main.rm": using('"a.rm"', "lib.main"),
        "a.rm": using('‹RM003›"b.rm"', "lib.main"),
        "b.rm": using('"a.rm"', "lib.main"),
    },
    "itself": {"main.rm": using('‹RM003›"main.rm"', "lib.main")},
    "a fault in an import is told there": {
        "main.rm": using('"good.rm"'),
        "good.rm": LEAF.replace("accuracy", "‹RM203›acuracy"),
    },
    "an unread name of an import is not missing": {
        "main.rm": using('"good.rm"', "lib.bad"),
        "good.rm": LEAF + "composition bad -> score[0, 1] { ‹RM101›return }",
    },
}


@pytest.mark.parametrize("name", CASES)
def test_imports(name, project):
    expected = project(CASES[name])
    found = load()
    assert places(found.diagnostics) == expected
    assert ("main" in found.compositions) == (not expected)


def test_one_name_for_two_files(project):
    expected = project(
        {
            "main.rm": (
                'rmcompose 1\nimport "good.rm" as lib\nimport "good.rm" as ‹RM202›lib\n'
                "composition main -> score[0, 1] { compose x = lib.good()  return x }"
            ),
            "good.rm": LEAF,
        }
    )
    assert places(load().diagnostics) == expected


def test_a_project_reaches_up_to_its_mark(project):
    expected = project({"rmcompose.toml": "", "lib/good.rm": LEAF, "specs/main.rm": using('"../lib/good.rm"')})
    found = load("specs/main.rm")
    assert places(found.diagnostics) == expected == []
    assert found.imports["lib"].source.path == "lib/good.rm"


def test_a_link_does_not_lead_out(project, tmp_path):
    project({"inside/main.rm": using('"good.rm"'), "outside/good.rm": LEAF})
    (tmp_path / "inside/good.rm").symlink_to(tmp_path / "outside/good.rm")
    assert [one.code for one in load("inside/main.rm").diagnostics] == ["RM005"]


def test_a_link_inside_is_followed(project, tmp_path):
    project({"main.rm": using('"alias.rm"'), "lib/good.rm": LEAF})
    (tmp_path / "alias.rm").symlink_to(tmp_path / "lib/good.rm")
    assert load().diagnostics == []


def test_a_link_to_itself_is_a_missing_file(project, tmp_path):
    project({"main.rm": using('"loop.rm"')})
    (tmp_path / "loop.rm").symlink_to("loop.rm")
    assert [one.code for one in load().diagnostics] == ["RM001"]


def test_each_file_is_read_once_however_it_is_named(project):
    project(
        {
            "main.rm": (
                'rmcompose 1\nimport "a.rm" as a\nimport "lib/good.rm" as b\nimport "lib/../lib/good.rm" as c\n'
                "composition main -> score[0, 1] { compose x = b.good()  compose y = c.good()  compose z = a.main()\n"
                "  return x * y * z }"
            ),
            "a.rm": using('"lib/good.rm"'),
            "lib/good.rm": LEAF,
        }
    )
    seen = []

    def counting(source: Source):
        seen.append(source.path)
        return read(source)

    found = check_project(Path("main.rm"), None, counting)
    assert sorted(seen) == ["a.rm", "lib/good.rm", "main.rm"]
    assert found.imports["b"] is found.imports["c"] is found.imports["a"].imports["lib"]


def test_a_fault_reached_on_two_ways_is_told_once(project):
    expected = project(
        {
            "main.rm": (
                'rmcompose 1\nimport "a.rm" as a\nimport "b.rm" as b\n'
                "composition main -> score[0, 1] { compose x = a.main()  compose y = b.main()  return x * y }"
            ),
            "a.rm": using('"good.rm"'),
            "b.rm": using('"good.rm"'),
            "good.rm": LEAF.replace("accuracy", "‹RM203›acuracy"),
        }
    )
    assert places(load().diagnostics) == expected


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"\xff\xfe\x00", "RM001"), (b"rmcompose 1\n#" + b"a" * 16_000_001, "RM155")],
    ids=["not UTF-8", "too large"],
)
def test_what_cannot_be_read(project, tmp_path, content, code):
    project({"main.rm": using('"bad.rm"')})
    (tmp_path / "bad.rm").write_bytes(content)
    assert places(load().diagnostics) == [(code, 2, 8, "error")]
    assert [one.code for one in load("bad.rm").diagnostics] == [code]


@pytest.mark.parametrize("path", ["none.rm", ".", "none/none.rm", "main.rm/x.rm", "a\0b.rm"])
def test_a_spec_that_is_not_there_is_a_diagnostic(project, path):
    project({"main.rm": LEAF})
    found = load(path)
    assert places(found.diagnostics) == [("RM001", 0, 0, "error")]
    assert found.compositions == {}


def test_a_byte_order_mark_is_no_character(project, tmp_path):
    (tmp_path / "main.rm").write_bytes(b"\xef\xbb\xbf" + LEAF.encode())
    assert load().diagnostics == []


def test_text_without_a_file_imports_from_the_working_directory(project):
    project({"lib/good.rm": LEAF})
    found = check_project(None, using('"lib/good.rm"'), read)
    assert found.diagnostics == []
    assert list(found.compositions) == ["main"]


def test_a_text_in_place_of_a_file_is_not_read_again(project):
    project({"main.rm": "nonsense", "lib/good.rm": LEAF})
    assert check_project(Path("main.rm"), using('"lib/good.rm"'), read).diagnostics == []


def test_a_long_chain_of_imports(project):
    count = 1500
    files = {f"f{i}.rm": using(f'"f{i + 1}.rm"', "lib.main") for i in range(count)}
    project({**files, f"f{count}.rm": LEAF.replace("good", "main")})
    found = load("f0.rm")
    assert found.diagnostics == []
    assert list(found.compositions) == ["main"]
