"""`validate`: files and folders in, diagnostics in five formats out."""

import json

import pytest

MISTAKE = """\
rmcompose 1

composition main -> score[0, 1] {
  rule same = accuracy()
  rule words = word_count()

  return 0.5 * sme
}
"""
IMPORTER = """\
rmcompose 1

import "part.rm" as part

composition main -> score[0, 1] {
  compose x = part.main()

  return x
}
"""


def test_a_clean_spec(rmcompose, spec):
    done = rmcompose("validate", spec())
    assert (done.code, done.out, done.err) == (0, "", "1 file, 0 errors, 0 warnings\n")


def test_faults_in_full(rmcompose, spec):
    done = rmcompose("validate", spec(MISTAKE))
    assert done.code == 1
    assert "error[RM201]: unknown name `sme`\n --> main.rm:7:16\n" in done.out
    assert "help: did you mean `same`?" in done.out
    assert done.err.startswith("1 file, 1 error, ")


def test_faults_in_a_line(rmcompose, spec):
    done = rmcompose("validate", spec(MISTAKE), "--format", "concise")
    assert done.code == 1
    assert "main.rm:7:16: error[RM201] unknown name `sme`" in done.out.splitlines()


def test_faults_as_json(rmcompose, spec):
    done = rmcompose("validate", spec(MISTAKE), "--format", "json")
    assert (done.code, done.err) == (1, "")
    found = next(one for one in json.loads(done.out) if one["code"] == "RM201")
    assert set(found) >= {"code", "name", "severity", "message", "path", "start", "end", "labels", "notes", "help"}
    assert (found["path"], found["start"], found["end"]) == (
        "main.rm",
        {"line": 7, "column": 16},
        {"line": 7, "column": 19},
    )


def test_a_clean_spec_as_data(rmcompose, spec):
    name = spec()
    assert rmcompose("validate", name, "--format", "json").out == "[]\n"
    assert rmcompose("validate", name, "--format", "github").out == ""
    assert json.loads(rmcompose("validate", name, "--format", "sarif").out)["version"] == "2.1.0"


def test_annotations(rmcompose, spec):
    done = rmcompose("validate", spec(MISTAKE), "--format", "github")
    assert done.code == 1
    assert "::error file=main.rm,line=7,endLine=7,col=16,endColumn=18,title=RM201 unknown-name::" in done.out


def test_warnings_are_no_errors(rmcompose, spec):
    done = rmcompose("validate", spec(MISTAKE.replace("sme", "same")))
    assert done.code == 0
    assert "warning[RM206]" in done.out
    assert done.err == "1 file, 0 errors, 1 warning\n"


def test_a_folder(rmcompose, spec, folder):
    spec(name="specs/a.rm")
    spec(MISTAKE, name="specs/deep/b.rm")
    for skipped in (".hidden/c.rm", "node_modules/d.rm", "env/e.rm", "specs/.f.rm", "specs/g.txt"):
        spec("nonsense", name=skipped)
    (folder / "env" / "pyvenv.cfg").touch()
    done = rmcompose("validate", ".")
    assert done.code == 1
    assert done.err.startswith("2 files, 1 error, ")
    assert "specs/deep/b.rm:7:16" in done.out


def test_what_two_specs_import_is_told_once(rmcompose, spec):
    spec(MISTAKE, name="part.rm")
    spec(IMPORTER, name="one.rm")
    spec(IMPORTER, name="two.rm")
    done = rmcompose("validate", ".", "--format", "json")
    assert [one["code"] for one in json.loads(done.out)].count("RM201") == 1


@pytest.mark.parametrize("path", ["none.rm", "none", "empty"])
def test_a_path_that_is_not_there(rmcompose, spec, folder, path):
    (folder / "empty").mkdir()
    done = rmcompose("validate", spec(), path)
    assert (done.code, done.out) == (4, "")
    assert len(done.err.splitlines()) == 1
    assert path in done.err


def test_a_missing_import_is_a_fault_of_the_spec(rmcompose, spec):
    done = rmcompose("validate", spec(IMPORTER))
    assert done.code == 1
    assert "error[RM001]" in done.out


def test_a_spec_on_stdin(rmcompose, monkeypatch):
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO(MISTAKE))
    done = rmcompose("validate", "-", "--format", "concise")
    assert done.code == 1
    assert "stdin.rm:7:16: error[RM201]" in done.out


@pytest.mark.parametrize("content", [b"", b"\x00\x01", b"\xef\xbb\xbf", b"rmcompose", b"rmcompose 1 {", b"{" * 5000])
@pytest.mark.parametrize("name", ["x.rm", "x.rm.yaml"])
def test_any_file_gives_diagnostics(rmcompose, folder, name, content):
    (folder / name).write_bytes(content)
    done = rmcompose("validate", name)
    assert done.code == 1
    assert "error[RM" in done.out


def test_bytes_that_are_no_text(rmcompose, folder):
    (folder / "x.rm").write_bytes(b"rmcompose 1 \xff\xfe")
    done = rmcompose("validate", "x.rm")
    assert done.code in (1, 4)
    assert "Traceback" not in done.err
    assert "internal error" not in done.err
