"""`run --resume`: torn files, data that have changed, rows that were left for later, and runs that meet."""

import io
import json
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from rmcompose.data import Journal

RUN = ("run", "main.rm", "data.jsonl", "-o", "out.jsonl", "--summary", "none")
ROWS = [{"id": str(i), "response": "x" * (i % 3), "reference": "x"} for i in range(10)]


def put(folder, rows, name="data.jsonl"):
    (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows))


def lines(folder, name="out.jsonl"):
    return (folder / name).read_bytes().splitlines(keepends=True)


def settled(content):
    rows = [json.loads(line) for line in content]
    for row in rows:
        for response in row["responses"]:
            for node in response["nodes"].values():
                node.pop("ms")
    return rows


@pytest.fixture
def whole(rmcompose, spec, folder):
    """The lines that an undisturbed run writes; `out.jsonl` is what that run left."""
    spec()
    put(folder, ROWS)
    assert rmcompose(*RUN).code == 0
    return lines(folder)


def left(line, kind="budget_exceeded", node=None):
    """The line as a run writes it that could not do the row; with `node`, where it was scored without that node."""
    row = json.loads(line)
    [response] = row["responses"]
    reason = {"kind": kind, "node": "same", "message": "…"}
    response["nodes"]["same"] |= {"value": None, "status": "unscored", "reason": reason}
    if not node:
        response |= {"score": None, "status": "unscored", "reason": reason}
        row["best"] = None
    return json.dumps(row).encode() + b"\n"


def marked(line):
    """The same row, spelt so that it can be told from one that was written anew."""
    return json.dumps(json.loads(line) | {"mark": "kept"}, indent=None, separators=(" , ", " : ")).encode() + b"\n"


class TestTorn:
    @pytest.mark.parametrize("part", range(4))
    def test_wherever_the_last_lines_are_torn_the_file_becomes_whole(self, rmcompose, folder, whole, part):
        content = b"".join(whole)
        record = (folder / ".out.jsonl.run").read_bytes()
        first = len(b"".join(whole[:-2]))
        for end in range(first + part, len(content) + 1, 4):
            (folder / "out.jsonl").write_bytes(content[:end])
            done = rmcompose(*RUN, "--resume")
            assert (done.code, done.err) == (0, "")
            assert lines(folder)[:-2] == whole[:-2]
            assert settled(lines(folder)) == settled(whole)
            assert (folder / ".out.jsonl.run").read_bytes() == record

    def test_the_summary_is_of_all_rows(self, rmcompose, folder, whole):
        (folder / "out.jsonl").write_bytes(b"".join(whole[:4]))
        done = rmcompose(*RUN[:-1], "json", "--resume")
        assert json.loads(done.out)["samples"] == 10
        assert json.loads(done.out)["nodes"]["same"]["scored"] == 10


class TestChanged:
    @pytest.fixture
    def half(self, rmcompose, spec, folder):
        """`out.jsonl` holds the first five rows."""
        spec()
        put(folder, ROWS)
        assert rmcompose(*RUN, "--limit", "5").code == 0
        return b"".join(lines(folder))

    def refused(self, rmcompose, folder, half, *more):
        done = rmcompose(*RUN, "--resume", *more)
        assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)
        assert (folder / "out.jsonl").read_bytes() == half
        assert done.err.endswith("(`--resume-anyway` goes on all the same)\n")
        return done.err

    def goes_on(self, rmcompose, folder, half, *more, rows=10):
        done = rmcompose(*RUN, *more)
        assert (done.code, done.err) == (0, "")
        assert (folder / "out.jsonl").read_bytes().startswith(half)
        assert len(lines(folder)) == rows

    @pytest.mark.parametrize(
        ("rows", "row"),
        [
            ([{"id": "0", "response": "x", "reference": "x"}, *ROWS[1:]], 1),
            ([*ROWS[:3], *ROWS[4:]], 4),
            ([ROWS[0], *ROWS], 2),
            ([*ROWS[:4], ROWS[4] | {"more": 1}, *ROWS[5:]], 5),
        ],
    )
    def test_a_row_that_was_scored(self, rmcompose, folder, half, rows, row):
        put(folder, rows)
        assert f"row {row} of the data is not the row" in self.refused(rmcompose, folder, half)
        self.goes_on(rmcompose, folder, half, "--resume-anyway", rows=len(rows))
        # the data of now are those that count from here on
        self.goes_on(rmcompose, folder, half, "--resume", rows=len(rows))
        put(folder, ROWS)
        assert rmcompose(*RUN, "--resume").code == 2

    def test_fewer_rows(self, rmcompose, folder, half):
        put(folder, ROWS[:4])
        assert "5 rows of the data were scored, and now there are 4" in self.refused(rmcompose, folder, half)
        self.refused(rmcompose, folder, half, "--limit", "5")
        self.goes_on(rmcompose, folder, half, "--resume", "--limit", "4", rows=5)
        self.goes_on(rmcompose, folder, half, "--resume-anyway", rows=5)

    def test_more_rows_are_welcome(self, rmcompose, folder, half):
        put(folder, [*ROWS, *ROWS])
        self.goes_on(rmcompose, folder, half, "--resume", rows=20)

    def test_so_are_rows_that_were_not_scored_yet(self, rmcompose, folder, half):
        put(folder, [*ROWS[:5], ROWS[0]])
        self.goes_on(rmcompose, folder, half, "--resume", rows=6)

    def test_a_higher_limit_and_a_lower_one(self, rmcompose, folder, half):
        for limit, rows in ((2, 5), (7, 7), (3, 7), (9, 9)):
            self.goes_on(rmcompose, folder, half, "--resume", "--limit", str(limit), rows=rows)

    def test_where_the_rows_stand_and_how_they_are_spelt_is_nothing_to_the_run(self, rmcompose, folder, half):
        (folder / "data.jsonl").write_text("\n" + "".join(json.dumps(row, indent=None) + "\r\n\n" for row in ROWS))
        self.goes_on(rmcompose, folder, half, "--resume")

    def test_rows_that_cannot_be_read(self, rmcompose, folder, spec):
        spec()
        (folder / "data.jsonl").write_text('{"response": \n')
        assert rmcompose(*RUN).code == 3
        (folder / "data.jsonl").write_text("[1]\n")
        assert rmcompose(*RUN, "--resume").code == 2

    def test_another_mapping(self, rmcompose, folder, half):
        told = self.refused(rmcompose, folder, half, "--map", "reference=id")
        assert "`--map` was not given, and now is `reference=id`" in told
        self.goes_on(rmcompose, folder, half, "--resume-anyway", "--map", "reference=id", "--map", "label=id")
        self.goes_on(rmcompose, folder, half, "--resume", "--map", "label=id", "--map", "reference=id")
        assert rmcompose(*RUN, "--resume").code == 2

    def test_another_format(self, rmcompose, folder, half):
        assert "or is read as another format" in self.refused(rmcompose, folder, half, "--input-format", "csv")
        self.goes_on(rmcompose, folder, half, "--resume", "--input-format", "jsonl")

    def test_another_spec(self, rmcompose, folder, half, spec):
        spec((folder / "main.rm").read_text().replace("return same", "return 1 - same"))
        assert "written by another spec" in self.refused(rmcompose, folder, half)
        self.goes_on(rmcompose, folder, half, "--resume-anyway")

    def test_rows_from_stdin(self, rmcompose, folder, half, monkeypatch):
        def resume(rows):
            content = "".join(json.dumps(row) + "\n" for row in rows).encode()
            monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(content)))
            return rmcompose("run", "main.rm", "-", *RUN[3:], "--resume")

        assert resume(ROWS[1:]).code == 2
        assert (folder / "out.jsonl").read_bytes() == half
        assert resume(ROWS).code == 0
        assert len(lines(folder)) == 10

    def test_without_a_record_it_goes_on_and_says_so(self, rmcompose, folder, half):
        (folder / ".out.jsonl.run").unlink()
        done = rmcompose(*RUN, "--resume")
        assert done.code == 0
        assert done.err == (
            "rmcompose: whether the data of 5 rows of `out.jsonl` have changed cannot be checked: "
            "`.out.jsonl.run` beside it does not tell\n"
        )
        # from now on there is one
        put(folder, [*ROWS[:2], ROWS[0], *ROWS[3:]])
        assert rmcompose(*RUN, "--resume").code == 2

    @pytest.mark.parametrize("kept", [0, 5, 20, 40, 41])
    def test_a_record_that_a_power_cut_has_shortened(self, rmcompose, folder, half, kept):
        record = folder / ".out.jsonl.run"
        before = record.read_bytes()
        record.write_bytes(before[:kept])
        assert rmcompose(*RUN, "--resume", "--limit", "5").code == 0
        assert record.read_bytes() == before

    def test_an_old_record_is_nothing_to_a_new_run(self, rmcompose, folder, half):
        (folder / "out.jsonl").unlink()
        put(folder, ROWS[::-1])
        self.goes_on(rmcompose, folder, b"", "--resume", "--map", "reference=reference")
        assert rmcompose(*RUN).code == 0
        self.goes_on(rmcompose, folder, b"", "--resume")

    def test_a_record_that_cannot_be_kept(self, rmcompose, folder, half):
        (folder / ".out.jsonl.run").unlink()
        (folder / ".out.jsonl.run").mkdir()
        done = rmcompose(*RUN)
        assert (done.code, len(done.err.splitlines())) == (0, 1)
        assert "a resumed run cannot check its data" in done.err
        assert len(lines(folder)) == 10


class TestLeftForLater:
    @pytest.fixture
    def some_left(self, folder, whole):
        """`out.jsonl` holds 8 rows: 1, 4 and 6 were left for later, the others are told by their mark."""
        now = [left(line) if i in (1, 4, 6) else marked(line) for i, line in enumerate(whole[:8])]
        (folder / "out.jsonl").write_bytes(b"".join(now))
        return now

    def assert_done(self, folder, whole, before, again=(1, 4, 6)):
        now = lines(folder)
        assert [now[i] for i in range(8) if i not in again] == [before[i] for i in range(8) if i not in again]
        assert settled(now[i] for i in (*again, 8, 9)) == settled(whole[i] for i in (*again, 8, 9))
        assert [path.name for path in folder.glob(".out*")] == [".out.jsonl.run"]

    def test_they_are_done_and_the_others_stay_as_they_are(self, rmcompose, folder, whole, some_left):
        done = rmcompose(*RUN[:-1], "json", "--resume")
        assert (done.code, done.err) == (0, "")
        told = json.loads(done.out)
        assert (told["samples"], told["scored"], told["unscored"]) == (10, 10, {})
        self.assert_done(folder, whole, some_left)

    def test_a_node_that_was_left_is_reason_enough(self, rmcompose, folder, whole, some_left):
        some_left[4] = left(whole[4], node="same")
        (folder / "out.jsonl").write_bytes(b"".join(some_left))
        assert rmcompose(*RUN, "--resume").code == 0
        self.assert_done(folder, whole, some_left)

    def test_a_text_that_names_the_kind_is_none(self, rmcompose, folder, whole):
        row = json.loads(whole[0])
        row["responses"][0]["nodes"]["same"]["reason"] = "budget_exceeded"
        before = json.dumps(row | {"mark": "budget_exceeded"}).encode() + b"\n"
        (folder / "out.jsonl").write_bytes(before)
        assert rmcompose(*RUN, "--resume").code == 0
        assert lines(folder)[0] == before

    @pytest.mark.parametrize("kind", ["provider_error", "timeout"])
    def test_failures_are_tried_again_on_demand(self, rmcompose, folder, whole, some_left, kind):
        some_left[4] = left(whole[4], kind)
        (folder / "out.jsonl").write_bytes(b"".join(some_left))
        assert rmcompose(*RUN, "--resume").code == 3
        assert lines(folder)[4] == some_left[4]
        assert rmcompose(*RUN, "--resume", "--retry-unscored").code == 0
        self.assert_done(folder, whole, lines(folder), (1, 4, 6))
        assert settled(lines(folder)[4:5]) == settled(whole[4:5])

    @pytest.mark.parametrize("kind", ["refused", "missing_input", "malformed_reply", "rule_error"])
    def test_other_reasons_stand(self, rmcompose, folder, whole, some_left, kind):
        some_left[4] = left(whole[4], kind)
        (folder / "out.jsonl").write_bytes(b"".join(some_left))
        assert rmcompose(*RUN, "--resume", "--retry-unscored").code == 3
        assert lines(folder)[4] == some_left[4]

    def test_trying_again_is_for_runs_that_go_on(self, rmcompose, folder, whole):
        done = rmcompose(*RUN, "--retry-unscored")
        assert (done.code, len(done.err.splitlines())) == (2, 1)
        assert lines(folder) == whole

    def test_a_limit_leaves_the_rows_behind_it_as_they_are(self, rmcompose, folder, whole, some_left):
        assert rmcompose(*RUN, "--resume", "--limit", "5").code == 3
        assert lines(folder)[5:] == some_left[5:]
        assert settled(lines(folder)[i] for i in (1, 4)) == settled(whole[i] for i in (1, 4))
        assert rmcompose(*RUN, "--resume").code == 0
        self.assert_done(folder, whole, some_left)

    def test_changed_data_are_refused_here_too(self, rmcompose, folder, some_left):
        put(folder, [*ROWS[:7], ROWS[0], *ROWS[8:]])
        done = rmcompose(*RUN, "--resume")
        assert done.code == 2
        assert "row 8 of the data" in done.err
        assert lines(folder) == some_left

    def test_data_that_became_fewer_anyway(self, rmcompose, folder, some_left):
        put(folder, ROWS[:5])
        assert rmcompose(*RUN, "--resume").code == 2
        assert rmcompose(*RUN, "--resume-anyway").code == 3
        assert lines(folder)[5:] == some_left[5:]

    def test_a_rewrite_that_was_killed_anywhere_is_brought_to_an_end(self, rmcompose, folder, whole, some_left):
        # what the killed run wrote, told by its mark
        written = [some_left[0], marked(whole[1]), some_left[2], some_left[3], left(whole[4])]
        content = b"".join(written)
        places = [len(b"".join(written[:count])) for count in range(6)]
        for end in [*places, *(place - 1 for place in places[1:]), *(place + 30 for place in places[:-1])]:
            (folder / "out.jsonl").write_bytes(b"".join(some_left))
            (folder / ".out.jsonl.redo").write_bytes(content[:end])
            assert rmcompose(*RUN, "--resume").code == 0
            before = list(some_left)
            if end >= places[2]:
                before[1] = written[1]
            self.assert_done(folder, whole, before, (4, 6) if end >= places[2] else (1, 4, 6))

    def test_a_rewrite_of_another_file_is_not_mixed_in(self, rmcompose, folder, whole, some_left):
        for stranger in (whole[1], marked(whole[0]) * 9, b"".join(some_left) + whole[8]):
            (folder / ".out.jsonl.redo").write_bytes(stranger)
            done = rmcompose(*RUN, "--resume")
            assert (done.code, len(done.err.splitlines())) == (4, 1)
            assert lines(folder) == some_left
            assert (folder / ".out.jsonl.redo").read_bytes() == stranger

    def test_a_new_run_drops_an_old_rewrite(self, rmcompose, folder, whole, some_left):
        (folder / ".out.jsonl.redo").write_bytes(some_left[0])
        assert rmcompose(*RUN, "--limit", "2").code == 0
        assert not (folder / ".out.jsonl.redo").exists()
        (folder / ".out.jsonl.redo").write_bytes(some_left[0])
        (folder / "out.jsonl").unlink()
        assert rmcompose(*RUN, "--resume").code == 0
        assert settled(lines(folder)) == settled(whole)
        assert not (folder / ".out.jsonl.redo").exists()

    def test_an_interrupt_keeps_what_was_done(self, rmcompose, folder, whole, some_left, monkeypatch):
        from rmcompose.cli.summary import Summary

        add = Summary.add
        seen = []

        def stop(self, row):
            add(self, row)
            seen.append(row["id"])
            if len(seen) == 8 + 5:  # the file is looked through first
                raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(Summary, "add", stop)
            done = rmcompose(*RUN, "--resume")
        assert (done.code, len(done.err.splitlines())) == (130, 1)
        assert lines(folder) == some_left
        redone = lines(folder, ".out.jsonl.redo")
        assert len(redone) == 5
        assert rmcompose(*RUN, "--resume").code == 0
        assert lines(folder)[:5] == redone

    def test_a_link_stays_one(self, rmcompose, folder, whole, some_left):
        (folder / "real").mkdir()
        (folder / "out.jsonl").rename(folder / "real" / "it.jsonl")
        (folder / "out.jsonl").symlink_to("real/it.jsonl")
        assert rmcompose(*RUN, "--resume").code == 0
        assert (folder / "out.jsonl").is_symlink()
        assert settled(lines(folder)[4:5]) == settled(whole[4:5])


class TestTwoRuns:
    @pytest.mark.parametrize("more", [(), ("--resume",), ("--resume-anyway",)])
    def test_the_second_is_refused(self, rmcompose, folder, whole, more):
        (folder / "link.jsonl").symlink_to("out.jsonl")
        with Journal("out.jsonl", {}):
            for name in ("out.jsonl", "./out.jsonl", "link.jsonl"):
                done = rmcompose(*RUN[:4], name, *RUN[5:], *more)
                assert (done.code, done.out) == (4, "")
                assert done.err == f"rmcompose: `{name}` is being written by another run\n"
        assert lines(folder) == whole
        assert rmcompose(*RUN, *more).code == 0

    def test_the_second_leaves_the_recording_of_the_first_alone(self, rmcompose, folder, whole):
        (folder / "tape").write_text("")
        with Journal("out.jsonl", {}):
            before = (folder / "tape").stat()
            assert rmcompose(*RUN, "--record", "tape").code == 4
            assert (folder / "tape").stat() == before

    def test_a_run_that_could_not_begin_leaves_nothing(self, rmcompose, folder, spec):
        spec()
        assert rmcompose(*RUN).code == 4
        assert [path.name for path in folder.iterdir() if path.is_file()] == ["main.rm"]

    def test_other_files_are_free(self, rmcompose, folder, whole):
        with Journal("out.jsonl", {}):
            assert rmcompose(*RUN[:4], "other.jsonl").code == 0

    def test_parquet_too(self, rmcompose, folder, whole):
        with Journal("out.parquet", {}, kept=False):
            assert rmcompose(*RUN[:4], "out.parquet").code == 4
        assert rmcompose(*RUN[:4], "out.parquet").code == 0
        assert rmcompose(*RUN[:4], "out.parquet", "--resume").code == 4
        assert [path.name for path in folder.glob("*out.parquet*")] == ["out.parquet"]

    def test_a_run_that_was_killed_holds_nothing(self, rmcompose, folder, whole):
        holder = subprocess.Popen(
            [sys.executable, "-m", "rmcompose", "run", "main.rm", "-", "-o", "out.jsonl"], stdin=-1
        )
        holder.stdin.write(json.dumps(ROWS[0]).encode() + b"\n")
        holder.stdin.flush()
        # seen in the file, not by runs of our own: while one of those holds the lock, it is the holder that is refused
        while lines(folder) == whole:
            assert holder.poll() is None
            time.sleep(0.02)
        assert "by another run" in rmcompose(*RUN, "--resume").err
        holder.kill()
        holder.stdin.close()
        assert holder.wait() == -signal.SIGKILL
        assert rmcompose(*RUN, "--resume").code == 0
        assert settled(lines(folder)) == settled(whole)

    def test_devices_need_no_lock(self, rmcompose, folder, whole):
        assert rmcompose(*RUN[:4], "/dev/null").code == 0


KILLED_AT = """\
import os, signal, sys

at = int(sys.argv.pop(1))
steps = 0

def count(event, args):
    # opening, truncating, replacing and removing are what can go between two files
    global steps
    if event in ("open", "os.truncate", "os.rename", "os.remove", "os.chmod", "fcntl.flock"):
        if event == "fcntl.flock" or "out.jsonl" in str(args[0]):
            if steps == at:
                os.kill(os.getpid(), signal.SIGKILL)
            steps += 1

sys.addaudithook(count)
from rmcompose.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.slow
class TestKilledAtEachStep:
    """The process is killed before it opens, replaces or removes a file of results, each time one step later."""

    def kills(self, prepare, *words):
        for at in range(100):
            prepare()
            done = subprocess.run([sys.executable, "-c", KILLED_AT, str(at), *words], capture_output=True, check=False)
            if done.returncode != -signal.SIGKILL:
                assert (done.returncode, done.stderr) == (0, b"")
                assert at >= 4
                return
            yield at

    @pytest.mark.parametrize("broken_off", [False, True])
    def test_rows_left_for_later(self, rmcompose, folder, whole, broken_off):
        before = [left(line) if i in (1, 4, 6) else marked(line) for i, line in enumerate(whole[:8])]
        rewritten = b"".join([before[0], marked(whole[1]), before[2][:20]])
        record = (folder / ".out.jsonl.run").read_bytes()

        def prepare():
            (folder / "out.jsonl").write_bytes(b"".join(before))
            if broken_off:
                (folder / ".out.jsonl.redo").write_bytes(rewritten)

        for _ in self.kills(prepare, *RUN, "--resume"):
            done = rmcompose(*RUN, "--resume")
            assert (done.code, done.err) == (0, "")
            now = lines(folder)
            assert [now[i] for i in (0, 2, 3, 5, 7)] == [before[i] for i in (0, 2, 3, 5, 7)]
            assert settled(now[i] for i in (4, 6, 8, 9)) == settled(whole[i] for i in (4, 6, 8, 9))
            assert (now[1] == marked(whole[1])) == broken_off
            assert len(now) == 10
            assert sorted(path.name for path in folder.glob("*out*")) == [".out.jsonl.run", "out.jsonl"]
            assert (folder / ".out.jsonl.run").read_bytes() == record

    def test_a_new_run_in_the_place_of_an_old_one(self, rmcompose, folder, whole):
        put(folder, ROWS[::-1])
        record = (folder / ".out.jsonl.run").read_bytes()

        def prepare():
            (folder / "out.jsonl").write_bytes(b"".join(whole))
            (folder / ".out.jsonl.run").write_bytes(record)
            (folder / ".out.jsonl.redo").write_bytes(whole[0])

        for _ in self.kills(prepare, *RUN):
            # the old rows are still there, and told from those of the new data
            assert rmcompose(*RUN, "--resume").code == 2
            assert lines(folder) == whole
        assert settled(lines(folder)) == settled(whole[::-1])
