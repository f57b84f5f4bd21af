"""Replies on disk: whole or missing, within their limit, and nobody else's business."""

import gc
import hashlib
import json
import math
import os
import subprocess
import sys
import threading
import time
import weakref

import pytest

from rmcompose.runtime.client import Client, Config, ConfigError
from rmcompose.runtime.client.behind import Behind
from rmcompose.runtime.client.cache import DEFAULT_LIMIT, WAITING, DiskCache, default_limit
from rmcompose.runtime.client.question import Reply
from rmcompose.runtime.client.sweeping import ABANDONED, clean, kept, occupied, sweep

ODDS = ((7, (("4", 0.75), ("5", 0.25))), (9, ()))


def key(number):
    return hashlib.sha256(str(number).encode()).hexdigest()


def path_of(cache, number):
    return cache.folder / key(number)[:2] / f"{key(number)}.json"


def filled(folder, count, limit=None, *, used=lambda number: number):
    """A cache with so many replies, of which the n-th was last used at `used(n)`."""
    cache = DiskCache(folder, limit)
    for number in range(count):
        cache.put(key(number), "m", Reply(f"reply {number}", tokens_in=1, tokens_out=number))
        cache.close()
        os.utime(path_of(cache, number), (used(number), used(number)))
    return cache


@pytest.mark.parametrize(
    "reply",
    [
        Reply("", tokens_in=0, tokens_out=0),
        Reply("ünïcode \u2028 \ud800 \x00 \n line", tokens_in=3, tokens_out=2**40),
        Reply('{"score": 4}', tokens_in=3, tokens_out=2, odds=ODDS),
        Reply('{", "crc": 1}', tokens_in=1, tokens_out=1, cut=True),
        Reply("long " * 50_000, tokens_in=1, tokens_out=1),
    ],
)
def test_what_is_put_comes_back(tmp_path, reply):
    cache = DiskCache(tmp_path)
    cache.put(key(1), "m", reply)
    expected = Reply(reply.text, None, reply.tokens_in, reply.tokens_out, cut=reply.cut, cached=True, odds=reply.odds)
    assert cache.get(key(1)) == expected
    cache.close()
    assert cache.get(key(1)) == DiskCache(tmp_path).get(key(1)) == expected
    assert cache.get(key(2)) is None


def test_it_is_there_before_it_is_written(tmp_path):
    """One caller must not ask again what another has just been told, however slow the disk is."""
    cache = DiskCache(tmp_path)
    free = threading.Event()
    cache._behind.do(free.wait)
    cache.put(key(1), "m", Reply("a", tokens_in=1, tokens_out=1, calls=1))
    assert not path_of(cache, 1).exists()
    assert cache.get(key(1)) == Reply("a", tokens_in=1, tokens_out=1, cached=True)
    cache.put(key(1), "m", Reply("b", tokens_in=1, tokens_out=1, calls=1))
    free.set()
    cache.close()
    assert cache.get(key(1)).text == "b"
    assert cache._waiting == {}


@pytest.mark.skipif(sys.platform == "win32", reason="files there have other rights")
def test_nobody_else_may_read(tmp_path):
    before = os.umask(0)
    try:
        cache = filled(tmp_path / "new" / "cache", 3)
    finally:
        os.umask(before)
    for path in [tmp_path / "new" / "cache", *(tmp_path / "new" / "cache").rglob("*")]:
        assert path.stat().st_mode & 0o777 == (0o600 if path.is_file() else 0o700)
    assert len(list(kept(cache.folder))) == 3


def test_a_file_cut_off_anywhere_is_missing(tmp_path):
    cache = filled(tmp_path, 1)
    whole = path_of(cache, 0).read_bytes()
    for end in range(len(whole)):
        path_of(cache, 0).write_bytes(whole[:end])
        assert cache.get(key(0)) is None
    path_of(cache, 0).write_bytes(whole)
    assert cache.get(key(0)).text == "reply 0"


def test_a_file_altered_anywhere_is_missing(tmp_path):
    cache = filled(tmp_path, 1)
    whole = path_of(cache, 0).read_bytes()
    for at in range(len(whole)):
        for other in (b"0", b"}", b"\xff"):
            if whole[at : at + 1] != other:
                path_of(cache, 0).write_bytes(whole[:at] + other + whole[at + 1 :])
                assert cache.get(key(0)) is None


def test_a_file_under_another_name_is_missing(tmp_path):
    cache = filled(tmp_path, 2)
    path_of(cache, 0).replace(path_of(cache, 1))
    assert cache.get(key(1)) is None
    path_of(cache, 0).mkdir()
    assert cache.get(key(0)) is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with a name")
def test_a_pipe_in_the_place_of_a_reply_holds_nobody_up(tmp_path):
    cache = filled(tmp_path, 1)
    path_of(cache, 0).unlink()
    os.mkfifo(path_of(cache, 0))
    assert cache.get(key(0)) is None
    assert list(kept(cache.folder)) == []


def test_the_use_of_a_reply_is_noted(tmp_path):
    cache = filled(tmp_path, 3, used=lambda number: [1.0, time.time() - 60, time.time() + 10_000][number])
    times = {number: path_of(cache, number).stat().st_mtime for number in range(3)}
    for number in range(3):
        assert cache.get(key(number)) is not None
    after = {number: path_of(cache, number).stat().st_mtime for number in range(3)}
    assert abs(after[0] - time.time()) < 60
    assert after[1] == times[1]  # a minute ago is exact enough
    assert after[2] < times[2]  # a clock that went wrong must not keep a reply for ever


class TestSweep:
    def test_what_was_not_used_for_longest_goes(self, tmp_path):
        # two in a minute, so that the edge lies within one
        cache = filled(tmp_path, 20, used=lambda number: 30.0 * (19 - number))
        assert sweep(cache.folder, 7 * 4096) == 13 * 4096
        assert [number for number in range(20) if cache.get(key(number))] == list(range(7))
        assert sweep(cache.folder, 7 * 4096) == 0

    @pytest.mark.parametrize("room", [0, 1, 4095, 4096, 10 * 4096, 20 * 4096, 10**9])
    def test_the_rest_fits(self, tmp_path, room):
        cache = filled(tmp_path, 20, used=lambda _: 1000.0)
        sweep(cache.folder, room)
        assert len(list(kept(cache.folder))) == min(20, room // 4096)

    def test_files_of_others_are_left_alone(self, tmp_path):
        cache = filled(tmp_path, 1)
        names = [
            tmp_path / "notes",
            cache.folder / "notes.json",
            cache.folder / "ab.json",
            path_of(cache, 0).parent / "notes.json",
            path_of(cache, 0).parent / f"{key(0)}.json.bak",
            path_of(cache, 0).parent / ".notes.tmp",
            path_of(cache, 0).parent / f"{'00' if key(0)[:2] != '00' else '11'}{key(0)[2:]}.json",
        ]
        (cache.folder / "notes").mkdir()
        for path in [*names, cache.folder / "notes" / f"{key(0)}.json"]:
            path.write_text("mine")
            os.utime(path, (0, 0))
        assert sweep(cache.folder, 0) == 4096
        assert all(path.read_text() == "mine" for path in names)
        assert (cache.folder / "notes" / f"{key(0)}.json").exists()

    def test_what_killed_processes_left_goes_when_it_is_old(self, tmp_path):
        cache = filled(tmp_path, 1)
        shard = path_of(cache, 0).parent
        for name, age in ((".1-2-3.tmp", 2 * ABANDONED), (".a-b-c.tmp", 1.0)):
            (shard / name).write_text("half a rep")
            os.utime(shard / name, (time.time() - age,) * 2)
        assert sweep(cache.folder, 10**9) == 4096
        assert sorted(path.name for path in shard.iterdir()) == [".a-b-c.tmp", path_of(cache, 0).name]
        assert clean(cache.folder, 0.0) == 4096

    def test_several_at_once_delete_no_more_than_one(self, tmp_path):
        cache = filled(tmp_path, 60, used=lambda number: 100.0 * number)
        threads = [threading.Thread(target=sweep, args=[cache.folder, 20 * 4096]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [number for number in range(60) if cache.get(key(number))] == list(range(40, 60))

    def test_a_folder_that_is_not_there_is_empty(self, tmp_path):
        assert sweep(tmp_path / "none", 0) == 0
        (tmp_path / "file").write_text("")
        assert list(kept(tmp_path / "file")) == []

    def test_the_size_of_a_file_is_what_it_takes(self):
        assert [occupied(size) for size in (0, 1, 4096, 4097)] == [0, 4096, 4096, 8192]


class TestLimit:
    def test_the_cache_stays_within_it(self, tmp_path):
        limit = 64 * 4096
        cache = DiskCache(tmp_path, limit)
        most = 0
        for number in range(200):
            cache.put(key(number), "m", Reply("x", tokens_in=1, tokens_out=1))
            if number % 10 == 0:
                cache.close()
                most = max(most, sum(one.size for one in kept(cache.folder)))
        cache.close()
        assert 4 * most > 3 * limit
        # a sweep runs beside the writing: what is written meanwhile comes on top
        assert most <= limit + (WAITING + 10) * 4096
        newest = [number for number in range(200) if cache.get(key(number))]
        assert newest[-10:] == list(range(190, 200))

    def test_several_processes_keep_within_it_together(self, tmp_path):
        code = (
            "import hashlib, sys\n"
            "from rmcompose.runtime.client.cache import DiskCache\n"
            "from rmcompose.runtime.client.question import Reply\n"
            "cache = DiskCache(sys.argv[1])\n"
            "for number in range(150):\n"
            "    key = hashlib.sha256(f'{sys.argv[2]} {number}'.encode()).hexdigest()\n"
            "    cache.put(key, 'm', Reply(key, tokens_in=1, tokens_out=1))\n"
            "    found = cache.get(key)\n"
            "    assert found is None or found.text == key\n"
            "cache.close()\n"
        )
        limit = 64 * 4096
        environ = os.environ | {"RMCOMPOSE_CACHE_SIZE": str(limit)}
        words = [sys.executable, "-c", code, str(tmp_path)]
        processes = [
            subprocess.Popen([*words, str(number)], env=environ, stderr=subprocess.PIPE) for number in range(3)
        ]
        for process in processes:
            assert process.communicate()[1] == b""
            assert process.returncode == 0
        cache = DiskCache(tmp_path)
        left = list(kept(cache.folder))
        assert 0 < sum(one.size for one in left) <= 2 * limit
        assert all(cache.get(one.key).text == one.key for one in left)

    def test_short_runs_sweep_as_often_as_long_ones(self, tmp_path):
        """Where each process writes a hundredth of what a sweep is due after, the folder still does not outgrow it."""
        limit = 40 * 4096
        for number in range(200):
            cache = DiskCache(tmp_path, limit)
            cache.put(key(number), "m", Reply("x", tokens_in=1, tokens_out=1))
            cache.close()
        assert len(list(kept(cache.folder))) <= 40 + 5 * 24  # one sweep in five files: all but surely

    def test_nothing_is_kept_where_nothing_may_be(self, tmp_path):
        filled(tmp_path, 1)
        off = DiskCache(tmp_path, 0)
        off.put(key(1), "m", Reply("x", tokens_in=1, tokens_out=1))
        off.close()
        assert (off.get(key(0)), off.get(key(1))) == (None, None)
        assert len(list(kept(off.folder))) == 1

    @pytest.mark.parametrize(
        ("text", "size"),
        [
            ("", DEFAULT_LIMIT),
            ("0", 0),
            ("123", 123),
            (" 500MB ", 500 * 10**6),
            ("2GiB", 2 * 2**30),
            ("1.5 gb", 1_500_000_000),
            ("64k", 64_000),
            ("1T", 10**12),
            ("12b", 12),
        ],
    )
    def test_how_it_is_said(self, monkeypatch, text, size):
        monkeypatch.setenv("RMCOMPOSE_CACHE_SIZE", text)
        assert default_limit() == DiskCache("nowhere").limit == size

    @pytest.mark.parametrize("text", ["-1", "much", "1 PB", "MB", "1e9", "nan", "1,5GB", "5 bytes", "9" * 400])
    def test_what_is_no_size(self, monkeypatch, text):
        monkeypatch.setenv("RMCOMPOSE_CACHE_SIZE", text)
        with pytest.raises(ConfigError, match=r"^`RMCOMPOSE_CACHE_SIZE` is `.*`: expected a size such as .*$"):
            default_limit()

    def test_a_client_says_so_before_it_touches_anything(self, tmp_path, monkeypatch):
        monkeypatch.setenv("RMCOMPOSE_CACHE_SIZE", "much")
        with pytest.raises(ConfigError):
            Client(Config({}, {}), cache=tmp_path / "cache", record=tmp_path / "tape.jsonl")
        assert list(tmp_path.iterdir()) == []
        Client(Config({}, {}), cache=False).close()


class TestBehind:
    def test_in_order_and_all_of_it(self):
        done = []
        behind = Behind(3)
        for number in range(200):
            behind.do(lambda number=number: done.append(number))
        behind.flush()
        assert done == list(range(200))

    def test_no_more_waits_than_may(self):
        behind, free, given = Behind(2), threading.Event(), []

        def give():
            for number in range(10):
                behind.do(free.wait)
                given.append(number)

        thread = threading.Thread(target=give)
        thread.start()
        while len(given) < 3:  # one at work, two that wait
            time.sleep(0.001)
        time.sleep(0.02)
        assert len(given) == 3
        free.set()
        thread.join()
        behind.flush()
        assert len(given) == 10

    def test_its_thread_ends_when_there_is_no_more(self, tmp_path):
        """And takes the cache with it that nobody closed."""
        before = threading.active_count()
        caches = [DiskCache(tmp_path) for _ in range(5)]
        for cache in caches:
            cache.put(key(1), "m", Reply("a", tokens_in=1, tokens_out=1))
        gone = weakref.ref(caches[0])
        del cache, caches
        until = time.monotonic() + 10
        while threading.active_count() > before:
            assert time.monotonic() < until
            time.sleep(0.001)
        gc.collect()
        assert gone() is None

    def test_work_that_fails_stops_nothing(self, caplog):
        behind, done = Behind(1), []
        for _ in range(4):
            behind.do(lambda: 1 // 0)
        behind.do(lambda: done.append(1))
        behind.flush()
        assert done == [1]
        assert len(caplog.records) == 4

    def test_what_waits_is_done_before_the_process_ends(self, tmp_path):
        code = (
            "import sys, time\n"
            "from pathlib import Path\n"
            "from rmcompose.runtime.client.behind import Behind\n"
            "behind = Behind(8)\n"
            "def work(number):\n"
            "    time.sleep(0.01)\n"
            "    Path(sys.argv[1], str(number)).touch()\n"
            "for number in range(8):\n"
            "    behind.do(lambda number=number: work(number))\n"
        )
        subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
        assert len(list(tmp_path.iterdir())) == 8

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
    def test_a_forked_process_has_a_thread_of_its_own(self, tmp_path):
        code = (
            "import os, sys\n"
            "from rmcompose.runtime.client.cache import DiskCache\n"
            "from rmcompose.runtime.client.question import Reply\n"
            "cache = DiskCache(sys.argv[1])\n"
            "cache.put('a' * 64, 'm', Reply('a', tokens_in=1, tokens_out=1))\n"
            "cache.close()\n"
            "child = os.fork()\n"
            "cache.put(('b' if child else 'c') * 64, 'm', Reply('a', tokens_in=1, tokens_out=1))\n"
            "cache.close()\n"
            "if child:\n"
            "    assert os.waitpid(child, 0)[1] == 0\n"
        )
        subprocess.run([sys.executable, "-W", "ignore", "-c", code, str(tmp_path)], check=True, timeout=60)
        assert sorted(one.key[0] for one in kept(DiskCache(tmp_path).folder)) == ["a", "b", "c"]


def test_a_reply_is_a_file_of_json(tmp_path):
    cache = filled(tmp_path, 1)
    fields = json.loads(path_of(cache, 0).read_text())
    assert fields.pop("crc") > 0
    assert fields == {"key": key(0), "model": "m", "text": "reply 0", "tokens_in": 1, "tokens_out": 0}
    assert math.isfinite(path_of(cache, 0).stat().st_mtime)
