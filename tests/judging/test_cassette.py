"""Cassettes as files: in order, whole after a kill, and small in memory."""

import json
import os
import random
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from rmcompose.cli.main import main
from rmcompose.runtime.client import CassetteError, CassetteMiss
from rmcompose.runtime.client.cassette import Player, Recorder
from rmcompose.runtime.client.question import Question, Reply

SPEC = """\
rmcompose 1

composition main -> score[0, 1] {
  judge good: score[0, 1] {
    model = "m"
    given = [response]
    rubric \"\"\"
      Is it good?
    \"\"\"
  }

  return good
}
"""


def asked(text, **more):
    return Question("m", ({"role": "user", "content": text},), **more)


def reply(text="fine", **more):
    return Reply(text, **{"tokens_in": 2, "tokens_out": 1} | more)


def recorded(path, calls):
    """A cassette of `(text, attempt, reply)`."""
    recorder = Recorder(path)
    for text, attempt, one in calls:
        recorder.add(asked(text), attempt, one)
    recorder.close()
    return path


def played(path, text, attempt=0):
    return Player(path).reply(asked(text), attempt)


@pytest.fixture
def tape(tmp_path):
    return tmp_path / "tape.jsonl"


def test_lines_are_in_order_whatever_was_recorded_first(tape):
    calls = [(str(number), attempt, reply(f"{number} {attempt}")) for number in range(20) for attempt in (0, 1, 10, 2)]
    random.Random(1).shuffle(calls)
    recorded(tape, calls)
    lines = [json.loads(line) for line in tape.read_text().splitlines()]
    places = [(line["key"], line["attempt"]) for line in lines]
    assert places == sorted(places)
    assert len(places) == 80
    player = Player(tape)
    for text, attempt, one in calls:
        assert player.reply(asked(text), attempt).text == one.text


def test_a_line_holds_the_question_and_the_reply_and_nothing_else(tape):
    question = asked("é", vote=1, settings={"seed": 3}, schema={"type": "object"})
    recorder = Recorder(tape)
    recorder.add(question, 0, reply(calls=1))
    recorder.close()
    assert json.loads(tape.read_text()) == {
        "key": question.key,
        "attempt": 0,
        "model": "m",
        "vote": 1,
        "settings": {"seed": 3},
        "messages": [{"role": "user", "content": "é"}],
        "reply": "fine",
        "tokens_in": 2,
        "tokens_out": 1,
    }
    assert "é" in tape.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "one",
    [
        reply("half \ud83d of a pair \x00 \u2028 \r\n end"),
        reply("\udfff", kind="provider_error"),
        reply("cut", cut=True),
        reply("4", odds=((0, (("4", 0.5), ("\ud800", 0.25))),)),
    ],
)
def test_every_reply_comes_back_as_it_was(tape, one):
    recorded(tape, [("lone \udc00", 0, one)])
    assert len(tape.read_bytes().split(b"\n")) == 2
    found = played(tape, "lone \udc00")
    assert (found.text, found.kind, found.cut, found.odds) == (one.text, one.kind, one.cut, one.odds)
    assert (found.tokens_in, found.tokens_out, found.cached) == (2, 1, True)
    again = tape.read_bytes()
    recorded(tape, [])
    assert tape.read_bytes() == again


def test_what_was_never_asked_is_not_in_it(tape):
    recorder = Recorder(tape)
    recorder.add(asked("private"), 0, reply("the budget is spent", kind="budget_exceeded"))
    recorder.add(asked("public"), 0, reply("lost", kind="provider_error"))
    recorder.close()
    assert "private" not in tape.read_text()
    assert json.loads(tape.read_text())["kind"] == "provider_error"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is always full")
def test_a_line_that_cannot_be_written_whole_is_taken_back(tape):
    recorder = Recorder(tape)
    recorder.add(asked("a"), 0, reply("a"))
    with Path("/dev/full").open("wb") as full:
        kept = os.dup(recorder._file.fileno())
        os.dup2(full.fileno(), recorder._file.fileno())
        with pytest.raises(OSError, match="No space left"):
            recorder.add(asked("b"), 0, reply("b"))
        os.dup2(kept, recorder._file.fileno())
        os.close(kept)
    recorder.add(asked("c"), 0, reply("c"))
    assert [played(tape, text).text for text in "ac"] == ["a", "c"]
    recorder.close()
    assert tape.read_text().count("\n") == 2


@pytest.mark.parametrize(
    "place",
    [("ab", 0), ("g" * 64, 0), ("AB" * 32, 0), ("ab " * 32, 0), ("é" * 64, 0), ("ab" * 32, -1), ("ab" * 32, 2**16)],
)
def test_a_line_of_no_question_is_none(tape, place):
    key, attempt = place
    line = {"key": key, "attempt": attempt, "reply": "r", "tokens_in": 1, "tokens_out": 1}
    tape.write_text(json.dumps(line) + "\n")
    with pytest.raises(CassetteError, match="line 1 of"):
        Player(tape)


def test_of_several_lines_the_last_counts(tape):
    recorded(tape, [("a", 0, reply("old"))])
    old = tape.read_text()
    tape.write_text(old + old.replace("old", "new"))
    assert played(tape, "a").text == "new"
    recorded(tape, [])
    assert tape.read_text() == old.replace("old", "new")


def test_a_reply_takes_the_place_of_a_failure_and_of_nothing_else(tape):
    failure = reply("down", kind="provider_error")
    recorded(tape, [("a", 0, failure), ("a", 0, reply("1")), ("a", 0, reply("2")), ("a", 0, failure)])
    assert played(tape, "a").text == "1"
    assert tape.read_text().count("\n") == 1


def test_what_is_asked_again_replaces_all_attempts_and_the_rest_stays(tape):
    recorded(tape, [("a", 0, reply("no")), ("a", 1, reply("yes")), ("b", 0, reply("b"))])
    recorded(tape, [("a", 0, reply("at once"))])
    assert (played(tape, "a").text, played(tape, "b").text) == ("at once", "b")
    with pytest.raises(CassetteMiss):
        played(tape, "a", 1)


def test_a_recording_cut_off_anywhere_is_usable_and_goes_on(tape):
    """Killed twice, at any byte: a torn line must not stay in the middle of the file."""
    recorded(tape, [("a", 0, reply("a")), ("b", 0, reply("b"))])
    whole = tape.read_bytes()
    first = whole.index(b"\n") + 1
    texts = [json.loads(line)["reply"] for line in whole.splitlines()]
    ends = {*range(0, len(whole), 11), first - 2, first - 1, first, first + 1, len(whole) - 2, len(whole) - 1}
    for end in ends:
        tape.write_bytes(whole[:end])
        held = texts[: (end >= first - 1) + (end >= len(whole) - 1)]
        player = Player(tape)
        assert [text for text in "ab" if _has(player, text)] == sorted(held)
        recorder = Recorder(tape)
        recorder.add(asked("c"), 0, reply("c"))
        recorder._file.close()  # as the end of the process would
        torn = tape.read_bytes()[:-3]
        tape.write_bytes(torn)
        recorded(tape, [("d", 0, reply("d"))])
        player = Player(tape)
        assert [text for text in "abcd" if _has(player, text)] == [*sorted(held), "d"]


def _has(player, text):
    try:
        return player.reply(asked(text), 0).text == text
    except CassetteMiss:
        return False


@pytest.mark.parametrize("content", [b"notes of mine", b'{"key": "k"}\n', b"[]", b'{"id": 1', b"\xff\xfe", b"1\n1\n"])
def test_a_file_that_is_no_cassette_is_left_as_it_is(tape, content):
    tape.write_bytes(content)
    for use in (Player, Recorder):
        with pytest.raises(CassetteError, match=r"^line 1 of `.*tape.jsonl` is not a recorded call$"):
            use(tape)
    assert tape.read_bytes() == content
    assert list(tape.parent.iterdir()) == [tape]


@pytest.mark.parametrize("content", [b"", b"\n \n", b'{"ke', bytes(50)])
def test_a_cassette_may_be_empty(tape, content):
    tape.write_bytes(content)
    with pytest.raises(CassetteMiss):
        played(tape, "a")
    recorded(tape, [("a", 0, reply())])
    assert played(tape, "a").text == "fine"


@pytest.mark.parametrize("end", [b"", b"\r\n", b"\n\n"])
def test_line_ends_do_not_matter(tape, end):
    recorded(tape, [("a", 0, reply("a"))])
    clean = tape.read_bytes()
    tape.write_bytes(clean.rstrip(b"\n") + end)
    recorded(tape, [])
    assert tape.read_bytes() == clean


def test_one_recorder_at_a_time(tape):
    first = Recorder(tape)
    with pytest.raises(CassetteError, match=r"^the cassette `.*` is being recorded by another run$"):
        Recorder(tape)
    first.add(asked("a"), 0, reply())
    assert played(tape, "a").text == "fine"
    first.close()
    first.close()
    Recorder(tape).close()
    assert list(tape.parent.iterdir()) == [tape]


def test_a_cassette_that_was_moved_away_is_free_again(tape):
    first = Recorder(tape)
    first.add(asked("a"), 0, reply("a"))
    tape.rename(tape.with_name("old.jsonl"))
    second = Recorder(tape)
    second.add(asked("b"), 0, reply("b"))
    second.close()
    with pytest.raises(CassetteError, match="was replaced while it was recorded"):
        first.close()
    assert played(tape, "b").text == "b"
    assert played(tape.with_name("old.jsonl"), "a").text == "a"


def test_a_cassette_that_was_deleted_meanwhile_is_made_again(tape):
    recorder = Recorder(tape)
    recorder.add(asked("a"), 0, reply("a"))
    tape.unlink()
    recorder.add(asked("b"), 0, reply("b"))
    recorder.close()
    assert [played(tape, text).text for text in "ab"] == ["a", "b"]


def test_what_a_recorder_left_that_was_killed_while_it_sorted_goes(tape):
    tape.with_name(f".{tape.name}.sorted").write_text("half a li")
    recorded(tape, [("a", 0, reply())])
    assert list(tape.parent.iterdir()) == [tape]


def test_where_the_order_cannot_be_made_the_lines_stay(tape):
    recorder = Recorder(tape)
    for text in "dcba":
        recorder.add(asked(text), 0, reply(text))
    in_the_way = tape.with_name(f".{tape.name}.sorted")
    in_the_way.mkdir()
    with pytest.raises(OSError, match="directory"):
        recorder.close()
    assert [played(tape, text).text for text in "abcd"] == list("abcd")
    in_the_way.rmdir()
    recorded(tape, [])
    keys = [json.loads(line)["key"] for line in tape.read_text().splitlines()]
    assert keys == sorted(keys)


def test_a_link_stays_a_link(tape):
    real = tape.with_name("real.jsonl")
    real.touch(mode=0o640)
    tape.symlink_to("real.jsonl")
    recorded(tape, [("a", 0, reply())])
    assert tape.is_symlink()
    assert played(real, "a").text == "fine"
    assert real.stat().st_mode & 0o777 == 0o640


def test_a_cassette_that_changes_while_it_is_replayed(tape):
    recorded(tape, [("a", 0, reply()), ("b", 0, reply())])
    player = Player(tape)
    tape.write_bytes(tape.read_bytes()[5:])
    with pytest.raises(CassetteError, match="was changed while it was replayed"):
        player.reply(asked("a"), 0)


def test_memory_does_not_grow_with_the_messages(tape):
    """16 MB of messages, of which only the places are held, while recording and while replaying."""
    text = "word " * 4000
    recorder = Recorder(tape)
    tracemalloc.start()
    try:
        for number in range(800):
            recorder.add(asked(f"{number} {text}"), 0, reply())
        recorder.close()
        del recorder
        player = Player(tape)
        for number in range(0, 800, 50):
            assert player.reply(asked(f"{number} {text}"), 0).text == "fine"
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert tape.stat().st_size > 16_000_000
    assert peak < 2_000_000


class TestCommand:
    @pytest.fixture
    def rmcompose(self, tmp_path, monkeypatch, capsys):
        monkeypatch.chdir(tmp_path)
        for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "BASE_URL"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("RMCOMPOSE_CACHE_DIR", str(tmp_path / "cache"))
        (tmp_path / "main.rm").write_text(SPEC)
        rows = [{"id": str(number), "response": f"answer {number}"} for number in range(5)]
        (tmp_path / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

        def call(*options):
            words = ["run", "main.rm", "data.jsonl", "-o", "out.jsonl", "--summary", "none", *options]
            code = main(words)
            return code, capsys.readouterr().err

        return call

    def test_a_replay_needs_no_key_and_one_of_another_spec_is_one_line(self, rmcompose, serve, monkeypatch, tmp_path):
        server = serve({"reply": {"reason": "fine", "score": 0.5}})
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-of-mine")
        assert rmcompose("--record", "tape.jsonl") == (0, "")
        text = (tmp_path / "tape.jsonl").read_text()
        assert "secret" not in text
        assert "127.0.0.1" not in text
        assert "uthorization" not in text
        monkeypatch.delenv("OPENAI_BASE_URL")
        monkeypatch.delenv("OPENAI_API_KEY")
        first = (tmp_path / "out.jsonl").read_text()
        assert rmcompose("--replay", "tape.jsonl") == (0, "")
        assert (tmp_path / "out.jsonl").read_text().count('"score": 0.5') == first.count('"score": 0.5') == 5
        (tmp_path / "main.rm").write_text(SPEC.replace("good?", "bad?"))
        code, said = rmcompose("--replay", "tape.jsonl")
        assert code == 4
        assert said.startswith("rmcompose: the cassette `tape.jsonl` lacks a call of model `m` (key ")
        assert said.endswith("; it was recorded for another spec or other data\n")
        assert said.count("\n") == 1
        assert len(server.requests) == 5

    @pytest.mark.parametrize("option", ["--record", "--replay"])
    def test_a_folder_is_no_cassette(self, rmcompose, tmp_path, option):
        (tmp_path / "tape").mkdir()
        code, said = rmcompose(option, "tape")
        assert (code, said.count("\n")) == (4, 1)
        assert "tape" in said

    @pytest.mark.parametrize("option", ["--record", "--replay"])
    def test_a_cassette_in_no_folder(self, rmcompose, option):
        assert rmcompose(option, "none/tape") == (4, "rmcompose: `none/tape`: no such file or directory\n")

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with a name")
    @pytest.mark.parametrize("option", ["--record", "--replay"])
    def test_a_pipe_is_no_cassette(self, rmcompose, tmp_path, option):
        os.mkfifo(tmp_path / "tape")
        assert rmcompose(option, "tape") == (4, "rmcompose: the cassette `tape` is not a regular file\n")

    def test_a_cassette_that_is_being_recorded(self, rmcompose, tmp_path):
        recorder = Recorder(tmp_path / "tape.jsonl")
        said = "rmcompose: the cassette `tape.jsonl` is being recorded by another run\n"
        assert rmcompose("--record", "tape.jsonl") == (4, said)
        recorder.close()

    def test_the_lock_of_another_process_holds_until_it_is_killed(self, tmp_path):
        code = (
            "import sys\n"
            "from rmcompose.runtime.client.cassette import Recorder\n"
            "recorder = Recorder(sys.argv[1])\n"
            "print('ready', flush=True)\n"
            "sys.stdin.read()\n"
        )
        path = tmp_path / "tape.jsonl"
        words = [sys.executable, "-c", code, str(path)]
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdout.readline() == b"ready\n"
            with pytest.raises(CassetteError, match="is being recorded by another run"):
                Recorder(path)
            process.kill()
        recorded(path, [("a", 0, reply())])
        assert played(path, "a").text == "fine"
