"""`cache`: what it says is kept, and what it deletes."""

import errno
import hashlib
import json
import os
import time

import pytest

from rmcompose.cli.cache import size_text
from rmcompose.runtime.client.cache import DiskCache
from rmcompose.runtime.client.question import Reply


def key(text):
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def cache(folder):
    """Five replies of two models, of which `a0` was last used ten days ago, and files that are not the cache's."""
    kept = DiskCache(folder / ".cache")
    for model, count in (("a", 3), ("b", 2)):
        for number in range(count):
            kept.put(key(f"{model}{number}"), model, Reply("x" * 100, tokens_in=1, tokens_out=1))
    kept.close()
    then = time.time() - 10 * 86400
    os.utime(path_of(kept, "a0"), (then, then))
    (kept.folder / "notes.txt").write_text("mine")
    (path_of(kept, "a0").parent / "notes.json").write_text("mine")
    return kept


def path_of(cache, text):
    return cache.folder / key(text)[:2] / f"{key(text)}.json"


def test_what_is_there(rmcompose, cache):
    done = rmcompose("cache", "info", "--format", "json")
    assert (done.code, done.err) == (0, "")
    found = json.loads(done.out)
    assert found["folder"] == str(cache.folder)
    assert (found["replies"], found["bytes"], found["limit"]) == (5, 5 * 4096, 2 * 1024**3)
    assert (found["models"], found["damaged"]) == ({"a": 3, "b": 2}, 0)
    assert found["oldest_use"] < found["newest_use"]
    path_of(cache, "a1").write_text("{")
    lines = [line.split() for line in rmcompose("cache", "info").out.splitlines()]
    assert ["replies", "5", "(1", "damaged)"] in lines
    assert ["size", "20", "KiB", "of", "2", "GiB"] in lines
    assert ["a", "2"] in lines
    assert ["b", "2"] in lines


@pytest.mark.parametrize(
    ("options", "left"),
    [
        ([], {}),
        (["--model", "a"], {"b": 2}),
        (["--older-than", "9.5"], {"a": 2, "b": 2}),
        (["--older-than", "11"], {"a": 3, "b": 2}),
        (["--older-than", "9.5", "--model", "b"], {"a": 3, "b": 2}),
        (["--model", "none"], {"a": 3, "b": 2}),
    ],
)
def test_deleting(rmcompose, cache, options, left):
    done = rmcompose("cache", "clear", *options)
    gone = 5 - sum(left.values())
    assert (done.code, done.err) == (0, "")
    word = "reply" if gone == 1 else "replies"
    assert done.out == f"deleted {gone} {word}, {size_text(gone * 4096)}\n"
    assert json.loads(rmcompose("cache", "info", "--format", "json").out)["models"] == left
    assert sorted(path.name for path in cache.folder.rglob("notes*")) == ["notes.json", "notes.txt"]
    assert all(list(shard.iterdir()) for shard in cache.folder.iterdir() if shard.is_dir())


def test_what_cannot_be_deleted_is_told(rmcompose, cache, monkeypatch):
    def refuse(path, **_):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(os, "unlink", refuse)
    done = rmcompose("cache", "clear")
    assert (done.code, done.out) == (4, "")
    assert done.err.startswith("rmcompose: `")
    assert done.err.endswith(".json`: permission denied\n")


def test_no_cache_is_an_empty_one(rmcompose, folder):
    found = json.loads(rmcompose("cache", "info", "--format", "json").out)
    assert (found["replies"], found["oldest_use"], found["models"]) == (0, None, {})
    assert rmcompose("cache", "clear").out == "deleted 0 replies, 0 bytes\n"
    assert not (folder / ".cache").exists()


@pytest.mark.parametrize(
    "words",
    [[], ["drop"], ["info", "--format", "xml"], *(["clear", "--older-than", days] for days in ("-1", "nan", "x"))],
)
def test_wrong_usage_is_one_line(rmcompose, cache, words):
    done = rmcompose("cache", *words)
    assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)
    assert "_" not in done.err
    assert len(list(cache.folder.rglob("*.json"))) == 6


def test_a_size_that_is_none(rmcompose, folder, monkeypatch):
    monkeypatch.setenv("RMCOMPOSE_CACHE_SIZE", "much")
    done = rmcompose("cache", "info")
    assert done.code == 2
    assert done.err == "rmcompose: `RMCOMPOSE_CACHE_SIZE` is `much`: expected a size such as `500MB`, `2GiB` or 0\n"


def test_a_folder_that_is_none(rmcompose, folder):
    (folder / ".cache").write_text("")
    done = rmcompose("cache", "info")
    assert (done.code, len(done.err.splitlines())) == (4, 1)


def test_sizes_in_words():
    sizes = [0, 1023, 1024, 1536, 1024**2 - 1, 1024**3, 3 * 1024**4]
    assert [size_text(size) for size in sizes] == [
        "0 bytes",
        "1023 bytes",
        "1 KiB",
        "1.5 KiB",
        "1 MiB",
        "1 GiB",
        "3 TiB",
    ]
