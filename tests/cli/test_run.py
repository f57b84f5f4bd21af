"""`run`: rows in, results and a summary out, and the exit codes."""

import io
import json
import subprocess
import sys

import pytest

PARAMS = """\
rmcompose 1

composition main -> score[0, 10] {
  param w: float[0, 10] = 3
  param n: int[0, 9] = 1
  param on: bool = false
  param word: text = "x"
  param mode: enum["a", "b"] = "a"

  rule hit: bool = contains(value = word)

  return if on then 0.0 else (if hit and mode == "a" then w else n)
}
"""
DATA = [
    {"id": "a", "prompt": "q", "responses": ["Paris", "Rome"], "reference": "Paris"},
    {"id": "b", "prompt": "q", "response": "Paris", "reference": "Paris"},
    {"id": "c", "prompt": "q", "response": "Paris"},
]


@pytest.fixture
def data(folder):
    """`data(rows)` writes them as JSON lines."""

    def write(rows=DATA, name="data.jsonl"):
        (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return name

    return write


def results(folder, name="out.jsonl"):
    return [json.loads(line) for line in (folder / name).read_text(encoding="utf-8").splitlines()]


def scores(rows):
    return [[response["score"] for response in row["responses"]] for row in rows]


def test_rows_in_order(rmcompose, spec, data, folder):
    done = rmcompose("run", spec(), data(DATA[:2]), "-o", "out.jsonl")
    assert (done.code, done.out) == (0, "")
    rows = results(folder)
    assert [row["id"] for row in rows] == ["a", "b"]
    assert scores(rows) == [[1.0, 0.0], [1.0]]
    assert rows[0]["best"] == 0
    assert rows[0]["spec"].startswith("sha256:")


def test_unscored_samples_are_written_and_told(rmcompose, spec, data, folder):
    done = rmcompose("run", spec(), data(), "-o", "out.jsonl")
    assert done.code == 3
    assert scores(results(folder)) == [[1.0, 0.0], [1.0], [None]]
    assert "1 missing_input" in done.err
    assert "rmcompose explain out.jsonl --unscored" in done.err
    assert "Traceback" not in done.err


def test_the_table(rmcompose, spec, data):
    done = rmcompose("run", spec(), data(DATA[:2]), "-o", "out.jsonl")
    lines = [line.split() for line in done.err.splitlines()]
    assert ["samples", "2", "with", "3", "responses"] in lines
    assert ["scored", "3"] in lines
    assert ["score", "mean", "0.6667", "std", "0.4714", "min", "0", "max", "1"] in lines
    assert ["same", "3", "0", "0", "0.6667"] in lines


def test_summary_as_json(rmcompose, spec, data):
    done = rmcompose("run", spec(), data(), "-o", "out.jsonl", "--summary", "json")
    assert (done.code, done.err) == (3, "")
    found = json.loads(done.out)
    assert (found["composition"], found["samples"], found["responses"], found["scored"]) == ("main", 3, 4, 3)
    assert found["unscored"] == {"missing_input": 1}
    assert found["score"]["mean"] == pytest.approx(2 / 3)
    assert found["nodes"]["same"]["scored"] == 3
    assert (found["calls"], found["output"]) == (0, "out.jsonl")


def test_no_summary(rmcompose, spec, data):
    done = rmcompose("run", spec(), data(DATA[:2]), "-o", "out.jsonl", "--summary", "none")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_rows_to_stdout(rmcompose, spec, data):
    done = rmcompose("run", spec(), data(DATA[:2]), "-o", "-")
    assert done.code == 0
    assert scores(map(json.loads, done.out.splitlines())) == [[1.0, 0.0], [1.0]]


def test_stdout_is_where_rows_go_in_a_pipe(rmcompose, spec, data):
    assert len(rmcompose("run", spec(), data(DATA[:2])).out.splitlines()) == 2


def test_rows_and_summary_do_not_mix(rmcompose, spec, data):
    done = rmcompose("run", spec(), data(), "-o", "-", "--summary", "json")
    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1


def test_rows_from_stdin(folder, spec):
    done = subprocess.run(
        [sys.executable, "-m", "rmcompose", "run", spec(), "-", "-o", "-"],
        input=json.dumps(DATA[0]).encode(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert scores([json.loads(done.stdout)]) == [[1.0, 0.0]]


def test_limit(rmcompose, spec, data, folder):
    assert rmcompose("run", spec(), data(), "-o", "out.jsonl", "--limit", "2").code == 0
    assert len(results(folder)) == 2


def test_a_field_from_elsewhere(rmcompose, spec, data, folder):
    rows = [{"prompt": "q", "response": "Paris", "gold": {"answer": "Paris"}}]
    done = rmcompose("run", spec(), data(rows), "-o", "out.jsonl", "--map", "reference=gold.answer")
    assert done.code == 0
    assert scores(results(folder)) == [[1.0]]


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("w=5", 5.0),
        ("w=0.5", 0.5),
        ("on=true", 0.0),
        ("word=none of it", 1.0),
        ("word=3", 1.0),
        ("mode=b", 1.0),
    ],
)
def test_params(rmcompose, spec, data, folder, setting, expected):
    done = rmcompose("run", spec(PARAMS), data([{"prompt": "q", "response": "x"}]), "-o", "out.jsonl", "--set", setting)
    assert (done.code, scores(results(folder))) == (0, [[expected]])


@pytest.mark.parametrize(
    "setting",
    ["w=11", "w=-1", "w=abc", "w=true", "w=NaN", "w=1" + "0" * 5000, "w=", "n=1.5", "on=1", "mode=c", "v=1", "w"],
)
def test_a_param_that_cannot_be(rmcompose, spec, data, folder, setting):
    done = rmcompose("run", spec(PARAMS), data(), "-o", "out.jsonl", "--set", setting)
    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1
    assert "internal error" not in done.err
    assert not (folder / "out.jsonl").exists()


def test_a_param_is_set_once(rmcompose, spec, data):
    assert rmcompose("run", spec(PARAMS), data(), "--set", "w=1", "--set", "w=2").code == 2


def test_a_spec_with_errors_runs_nothing(rmcompose, spec, data, folder):
    done = rmcompose("run", spec("rmcompose 1\ncomposition main -> bool { return x }\n"), data(), "-o", "out.jsonl")
    assert (done.code, done.out) == (1, "")
    assert "error[RM201]" in done.err
    assert not (folder / "out.jsonl").exists()


def test_errors_of_the_spec_as_data(rmcompose, spec, data):
    text = "rmcompose 1\ncomposition main -> bool { return x }\n"
    done = rmcompose("run", spec(text), data(), "-o", "out.jsonl", "--format", "json")
    assert (done.code, done.out) == (1, "")
    assert [one["code"] for one in json.loads(done.err)] == ["RM201"]


@pytest.mark.parametrize(
    "words",
    [
        ("none.rm", "data.jsonl", "-o", "out.jsonl"),
        ("no/such_spec", "data.jsonl", "-o", "out.jsonl"),
        ("main.rm", "none.jsonl", "-o", "out.jsonl"),
        ("main.rm", "data.jsonl", "-o", "no/folder/out.jsonl"),
        ("main.rm", "data.jsonl", "-o", "out.jsonl", "--replay", "none.jsonl"),
        ("main.rm", "bad.json", "-o", "out.jsonl"),
    ],
)
def test_files_that_are_not_there(rmcompose, spec, data, folder, words):
    spec()
    data()
    (folder / "bad.json").write_text("{")
    done = rmcompose("run", *words)
    assert (done.code, done.out) == (4, "")
    assert len(done.err.splitlines()) == 1
    assert not (folder / "out.jsonl").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("main.rm::other", "data.jsonl", "-o", "out.jsonl"),
        ("main.rm", "data.jsonl", "-o", "out.jsonl", "--map", "reference"),
        ("main.rm", "data.jsonl", "-o", "out.jsonl", "--limit", "-1"),
        ("main.rm", "data.jsonl", "-o", "out.jsonl", "--concurrency", "0"),
        ("main.rm", "data.jsonl", "-o", "-", "--resume"),
        ("main.rm", "data.jsonl", "-o", "out.jsonl", "--record", "a", "--replay", "b"),
        ("main.rm", "data.jsonl", "-o", "data.jsonl"),
        ("main.rm", "data.jsonl", "-o", "main.rm"),
    ],
)
def test_what_does_not_fit_together(rmcompose, spec, data, folder, words):
    spec()
    before = (folder / data()).read_text()
    done = rmcompose("run", *words)
    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1
    assert (folder / "data.jsonl").read_text() == before
    assert not (folder / "out.jsonl").exists()


def test_a_row_that_cannot_be_read_is_unscored(rmcompose, spec, folder):
    (folder / "data.jsonl").write_text('{"response": "x", "reference": "x"}\n{"response": \n\n[1]\n')
    done = rmcompose("run", spec(), "data.jsonl", "-o", "out.jsonl")
    assert done.code == 3
    assert scores(results(folder)) == [[1.0], [None], [None]]


def test_no_rows(rmcompose, spec, folder):
    (folder / "data.jsonl").write_text("")
    done = rmcompose("run", spec(), "data.jsonl", "-o", "out.jsonl")
    assert (done.code, (folder / "out.jsonl").read_text()) == (0, "")
    assert done.err.splitlines()[1].split()[:2] == ["samples", "0"]


class TestResume:
    @pytest.fixture
    def rows(self):
        return [{"id": str(i), "response": "x" * (i % 3), "reference": "x"} for i in range(20)]

    def test_no_row_is_lost_and_none_is_there_twice(self, rmcompose, spec, data, folder, rows):
        name = spec()
        assert rmcompose("run", name, data(rows), "-o", "whole.jsonl").code == 0
        whole = (folder / "whole.jsonl").read_bytes()
        lines = whole.splitlines(keepends=True)
        for kept in (b"", lines[0][:10], b"".join(lines[:7]), b"".join(lines[:7]) + lines[7][:-1], whole):
            (folder / "out.jsonl").write_bytes(kept)
            done = rmcompose("run", name, data(rows), "-o", "out.jsonl", "--resume", "--summary", "json")
            assert done.code == 0, done.err
            assert [row["id"] for row in results(folder)] == [row["id"] for row in rows]
            assert scores(results(folder)) == scores(results(folder, "whole.jsonl"))
            assert json.loads(done.out)["samples"] == 20

    def test_without_a_file_it_starts(self, rmcompose, spec, data, folder, rows):
        assert rmcompose("run", spec(), data(rows), "-o", "out.jsonl", "--resume").code == 0
        assert len(results(folder)) == 20

    def test_unscored_rows_of_the_first_run_still_count(self, rmcompose, spec, data):
        words = ("run", spec(), data(DATA[::-1]), "-o", "out.jsonl")
        assert rmcompose(*words, "--limit", "1").code == 3
        assert rmcompose(*words, "--resume").code == 3

    def test_rows_of_other_params_are_not_mixed(self, rmcompose, spec, data, folder, rows):
        name = spec(PARAMS)
        rmcompose("run", name, data(rows), "-o", "out.jsonl", "--limit", "5")
        before = (folder / "out.jsonl").read_bytes()
        done = rmcompose("run", name, data(rows), "-o", "out.jsonl", "--resume", "--set", "w=4")
        assert done.code == 2
        assert "written by another spec" in done.err
        assert (folder / "out.jsonl").read_bytes() == before

    def test_other_files_are_left_alone(self, rmcompose, spec, data, folder):
        (folder / "out.jsonl").write_text("notes\n")
        done = rmcompose("run", spec(), data(), "-o", "out.jsonl", "--resume")
        assert done.code == 4
        assert (folder / "out.jsonl").read_text() == "notes\n"


def test_an_interrupt_keeps_what_is_written(rmcompose, spec, data, folder, monkeypatch):
    from rmcompose.cli.summary import Summary

    add = Summary.add

    def stop(self, row):
        add(self, row)
        if self.samples == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(Summary, "add", stop)
    done = rmcompose("run", spec(), data(), "-o", "out.jsonl")
    assert (done.code, done.err) == (130, "interrupted: 2 rows are in out.jsonl; go on with --resume\n")
    assert len(results(folder)) == 2


def test_a_reader_of_rows_that_goes_away(folder, spec, data):
    rows = data([{"response": "x", "reference": "x" * 2000}] * 2000)
    command = [sys.executable, "-m", "rmcompose", "run", spec(), rows, "-o", "-", "--summary", "none"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.readline()
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert (process.wait(), said) == (141, b"")


def test_warnings_of_the_spec_are_told(rmcompose, spec, data):
    unused = "rmcompose 1\ncomposition main -> score[0, 1] {\n  rule a = accuracy()\n  let b = 1.0\n  return a\n}\n"
    done = rmcompose("run", spec(unused), data(DATA[:1]), "-o", "out.jsonl", "--summary", "none")
    assert done.code == 0
    assert "warning[RM206]" in done.err


def test_progress_is_for_terminals(monkeypatch):
    from rmcompose.cli.report import progress
    from rmcompose.cli.summary import Summary

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    for stream, shown in ((Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr("sys.stderr", stream)
        with progress(2) as show:
            summary = Summary()
            summary.add({"responses": []})
            show(summary)
        assert ("scoring" in stream.getvalue()) == shown


def test_a_run_that_is_killed_goes_on(rmcompose, spec, data, folder):
    rows = data([{"id": str(i), "response": str(i % 7), "reference": "3"} for i in range(20_000)])
    words = ["run", spec(), rows, "-o", "out.jsonl", "--summary", "none"]
    process = subprocess.Popen([sys.executable, "-m", "rmcompose", *words])
    out = folder / "out.jsonl"
    while process.poll() is None and not (out.exists() and out.stat().st_size > 100_000):
        pass
    process.kill()
    process.wait()
    killed_at = out.stat().st_size
    assert rmcompose(*words, "--resume").code == 0
    assert out.stat().st_size > killed_at
    assert [row["id"] for row in results(folder)] == [str(i) for i in range(20_000)]
    assert rmcompose(*words[:3], "-o", "whole.jsonl").code == 0
    assert scores(results(folder)) == scores(results(folder, "whole.jsonl"))
