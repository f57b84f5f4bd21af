"""`rmcompose best-of-n` and `filter`, with rules and with a judge on loopback."""

import json

import pytest

from tests.cli.judged import Judge

SPEC = """\
rmcompose 1

composition main -> score[0, 1] {
  rule right = contains(value = "42")
  rule words = word_count()
  judge clear: score[0, 10] {
    model = "m"
    given = [prompt, response]
    rubric "How clear is it?"
  }
  require words >= 1 else 0.0 because "empty"
  return 0.6 * right + 0.4 * normalize(clear)
}
"""
ROWS = [
    {"id": str(n), "prompt": f"p{n}", "responses": ["", "42", f"it is {n}", "41", "so 42", f"{n} or 42"]}
    for n in range(8)
]
RULES = """\
rmcompose 1

composition main -> score[0, 1] {
  rule right = contains(value = "42")
  return 0.5 * right + 0.25
}
"""


@pytest.fixture
def data(folder):
    (folder / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    return "data.jsonl"


def lines(folder, name):
    return [json.loads(line) for line in (folder / name).read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def judge(monkeypatch):
    with Judge(delay=0) as judge:
        monkeypatch.setenv("OPENAI_BASE_URL", judge.url)
        monkeypatch.setenv("OPENAI_API_KEY", "k")
        yield judge


@pytest.mark.parametrize("count", [1, 2, 5])
def test_the_same_are_chosen_with_fewer_calls(rmcompose, spec, folder, data, judge, count):
    spec(SPEC)
    assert rmcompose("run", "main.rm", data, "-o", "all.jsonl", "--no-optimize", "--no-cache").code == 0
    full = judge.answered
    assert full == len(ROWS) * 6
    done = rmcompose("best-of-n", "main.rm", data, "-o", "best.jsonl", "-n", count, "--no-cache", "--summary", "json")
    assert done.code == 0
    told = json.loads(done.out)
    scores = [[one["score"] for one in line["responses"]] for line in lines(folder, "all.jsonl")]
    chosen = lines(folder, "best.jsonl")
    assert [line["best"] for line in chosen] == [
        sorted(range(6), key=lambda i, row=row: (-row[i], i))[:count] for row in scores
    ]
    assert told["calls"] == judge.answered - full < full
    assert (told["samples"], told["responses"], told["full_calls"], told["short"]) == (8, 48, full, 0)
    skipped = [one for line in chosen for one in line["responses"] if one["status"] == "skipped"]
    assert told["skipped"] == len(skipped)
    if count == 1:
        assert skipped
        assert skipped[0]["score"] is None
        low, high = skipped[0]["range"]
        assert f"[{low:g}, {high:g}]" in skipped[0]["reason"]


def test_a_judge_that_fails_leaves_fewer_to_choose(rmcompose, spec, folder, data, monkeypatch):
    spec(SPEC)
    with Judge(delay=0, status=400) as judge:
        monkeypatch.setenv("OPENAI_BASE_URL", judge.url)
        monkeypatch.setenv("OPENAI_API_KEY", "k")
        done = rmcompose("best-of-n", "main.rm", data, "-o", "best.jsonl")
    assert done.code == 0
    # the gate gives the empty response 0, which is a score; all others depend on the judge
    assert [line["best"] for line in lines(folder, "best.jsonl")] == [[0]] * 8
    assert "40 responses" in done.err


def test_rules_alone(rmcompose, spec, folder, data):
    spec(RULES)
    done = rmcompose("best-of-n", "main.rm", data, "-o", "-", "-n", 9)
    assert done.code == 0
    assert [json.loads(line)["best"] for line in done.out.splitlines()] == [[1, 4, 5, 0, 2, 3]] * 8
    assert "nothing asks a model" in done.err


def test_rows_that_cannot_be_read_are_told(rmcompose, spec, folder):
    spec(RULES)
    (folder / "data.jsonl").write_text('{"prompt": "p", "responses": []}\nno\n{"response": "42"}\n', encoding="utf-8")
    done = rmcompose("best-of-n", "main.rm", "data.jsonl", "-o", "best.jsonl")
    assert done.code == 3
    assert [line["best"] for line in lines(folder, "best.jsonl")] == [[], [], [0]]
    assert "2 samples have fewer" in done.err
    done = rmcompose("filter", "main.rm", "data.jsonl", "--where", "return > 0.5", "-o", "kept.jsonl")
    assert done.code == 3
    assert lines(folder, "kept.jsonl") == [{"response": "42"}]
    assert "data.jsonl:2: cannot tell" in done.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("-n", "0"), "invalid positive value"),
        (("-o", "out.parquet"), "lines of JSON"),
        (("-o", "data.jsonl"), "would overwrite"),
        (("--summary", "json", "-o", "-"), "cannot both go to stdout"),
    ],
)
def test_wrong_usage(rmcompose, spec, data, words, told):
    spec(RULES)
    done = rmcompose("best-of-n", "main.rm", data, *(words if "-o" in words else ("-o", "x.jsonl", *words)))
    assert done.code == 2
    assert told in done.err


def test_a_condition_that_rules_settle_asks_nobody(rmcompose, spec, folder, data, judge):
    spec(SPEC)
    done = rmcompose("filter", "main.rm", data, "--where", "words > 2 and return > 0.2", "--match", "all", "-o", "-")
    assert (done.code, done.out, judge.answered) == (0, "", 0)


@pytest.mark.parametrize("match", ["any", "all"])
def test_rows_are_kept_as_they_are(rmcompose, spec, folder, data, judge, match):
    spec(SPEC)
    assert rmcompose("run", "main.rm", data, "-o", "all.jsonl", "--no-cache").code == 0
    scores = [[one["score"] for one in line["responses"]] for line in lines(folder, "all.jsonl")]
    least = sorted(max(row) for row in scores)[4]
    before = judge.answered
    done = rmcompose(
        "filter", "main.rm", data, "--where", f"return >= {least}", "--match", match, "-o", "kept.jsonl", "--no-cache"
    )
    assert done.code == 0
    decide = any if match == "any" else all
    kept = [row for row, each in zip(ROWS, scores, strict=True) if decide(score >= least for score in each)]
    assert lines(folder, "kept.jsonl") == kept
    assert len(kept) == (4 if match == "any" else 0)
    assert judge.answered - before < 8 * 6


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("retrun > 1", "unknown name `retrun`"),
        ("right + 1", "needs a condition"),
        ("return >", "expected a value"),
        ('prompt == ""', "RM207"),
        ("", "RM101"),
    ],
)
def test_a_condition_is_checked_like_a_spec(rmcompose, spec, folder, data, where, told):
    spec(RULES)
    done = rmcompose("filter", "main.rm", data, "--where", where, "-o", "kept.jsonl")
    assert done.code == 1
    assert told in done.out + done.err
    assert not (folder / "kept.jsonl").exists()


def test_what_is_unscored_may_be_kept(rmcompose, spec, folder):
    spec(RULES.replace("return 0.5 * right + 0.25", "rule near = accuracy()\n  return 0.6 * near + 0.3 * right"))
    (folder / "data.jsonl").write_text('{"response": "42"}\n{"response": "42", "reference": "42"}\n', encoding="utf-8")
    words = ("filter", "main.rm", "data.jsonl", "--where", "return > 0.8", "-o", "kept.jsonl")
    assert rmcompose(*words).code == 3
    assert len(lines(folder, "kept.jsonl")) == 1
    assert rmcompose(*words, "--unscored", "keep").code == 3
    assert len(lines(folder, "kept.jsonl")) == 2
    # where the range settles it, it is not unscored
    assert rmcompose(*words[:4], "return > 0.1", *words[5:]).code == 0
