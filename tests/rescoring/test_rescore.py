"""What may stand for what, and what a missing value must never become."""

from __future__ import annotations

import copy
import json

import pytest

import rmcompose as rm
from rmcompose.compiler import Compilation
from rmcompose.data import Journal, Recorded, open_writer
from rmcompose.plan.definitions import as_text, definitions, of_text
from rmcompose.primitives import registry

HEAD = "rmcompose 1\ncomposition main -> float {\n"
JUDGE = '  judge good: score[0, 1] { model = "m"  given = [response]  rubric "Good?" POLICY }\n'
RULE = "  rule words = word_count()\n"


def text(body: str, policy: str = "") -> str:
    return HEAD + RULE + JUDGE.replace("POLICY", policy) + body + "\n}\n"


@pytest.fixture
def write(tmp_path):
    def write(name: str, content: str) -> str:
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        return str(path)

    return write


def node(value, status="scored", reason=None, **more):
    return {
        "value": value,
        "status": status,
        "reason": reason,
        "ms": 1.5,
        "calls": 0,
        "tokens": 0,
        "cached": False,
    } | more


def line(spec, *nodes, score=0.5):
    """A result line, a response for each nodes; what is above the leaves is not looked at."""
    each = [
        {"index": i, "score": score, "status": "scored", "reason": None, "nodes": one} for i, one in enumerate(nodes)
    ]
    digest = rm.load(spec).spec_hash
    return {"id": "a", "composition": "main", "spec": digest, "best": 0, "responses": each}


def anew(line_, spec, **options):
    return next(iter(rm.rescore([line_], spec, **options)))["responses"]


SKIPPED = node(None, "skipped", "its arm was not taken")
FAILED = node(None, "unscored", {"kind": "refused", "node": "good", "message": "no"})


@pytest.mark.parametrize(
    "formula",
    [
        "return good ?? 0.25",
        "aggregate all = mean { on_unscored = drop  member good  member 0.5 }\n  return all",
        "aggregate all = mean { on_unscored = 0.25  member good }\n  return all",
        "aggregate all = max { on_unscored = drop  member good  member 0.5 }\n  return all",
        "return min(good ?? 1.0, good)",
        "return if good >= 0.5 then 1.0 else 0.0",
        "require good >= 0.5 else 0.0\n  return 1.0",
    ],
)
def test_nothing_stands_in_for_what_is_missing(formula, write):
    old, new = write("old.rm", text("return good")), write("new.rm", text(formula))
    (response,) = anew(line(old, {"words": node(2), "good": SKIPPED}), new, old=old)
    assert response["score"] is None
    assert response["reason"]["kind"] == "budget_exceeded"
    assert response["reason"]["node"] == "good"
    assert "its arm was not taken" in response["reason"]["message"]
    # and so it is where the line that says so is scored anew, or a budget had left the judge
    saved = {**line(new, {}), "responses": [response]}
    assert anew(saved, new)[0]["score"] is None
    left = node(None, "unscored", {"kind": "budget_exceeded", "node": "good", "message": "used up"})
    assert anew(line(old, {"words": node(2), "good": left}), new, old=old)[0]["score"] is None


@pytest.mark.parametrize(
    ("formula", "score"), [("return good ?? 0.25", 0.25), ("return min(0.0, good)", 0.0), ("return words * 1.0", 2.0)]
)
def test_what_failed_is_told_from_what_is_missing(formula, score, write):
    old, new = write("old.rm", text("return good")), write("new.rm", text(formula))
    for good in (FAILED, SKIPPED) if score != 0.25 else (FAILED,):
        (response,) = anew(line(old, {"words": node(2), "good": good}), new, old=old)
        assert response["score"] == score
        assert response["nodes"]["good"]["status"] == good["status"]


@pytest.mark.parametrize(
    ("before", "after", "saved", "score"),
    [
        ("", "on_unscored = 0.25", FAILED, 0.25),
        ("on_unscored = 0.5", "", node(0.5, reason=FAILED["reason"]), "refused"),
        ("on_unscored = 0.5", "on_unscored = 0.75", node(0.5, reason=FAILED["reason"]), 0.75),
        ("on_unscored = 0.5", "on_unscored = 0.75", node(0.25), 0.25),
        # a real 0.5, or an input that was not there: nothing tells
        ("on_unscored = 0.5", "on_unscored = 0.75", node(0.5, reason="fair"), "budget_exceeded"),
        ("on_unscored = 0.5", "on_unscored = 0.5", node(0.5), 0.5),
    ],
)
def test_on_unscored_is_decided_anew(before, after, saved, score, write):
    old, new = write("old.rm", text("return good", before)), write("new.rm", text("return good", after))
    (response,) = anew(line(old, {"words": node(2), "good": saved}), new, old=old)
    assert (response["score"] if response["reason"] is None else response["reason"]["kind"]) == score


def test_a_value_that_does_not_fit_is_no_score(write):
    old = write("old.rm", text("return good"))
    for value in (1.5, "text", None):
        (response,) = anew(line(old, {"words": node(2), "good": node(value)}), old)
        assert response["score"] is None
        assert response["reason"]["node"] == "good"
        assert "the saved value does not fit" in response["reason"]["message"]


def test_of_two_names_for_one_question_either_serves(write):
    one, two = RULE, RULE + RULE.replace("words", "other")
    old = write("old.rm", HEAD + one + "  return words\n}\n")
    new = write("new.rm", HEAD + two + "  return words + 10 * other\n}\n")
    (response,) = anew(line(old, {"words": node(3)}), new, old=old)
    assert response["score"] == 33.0
    (response,) = anew(line(new, {"words": node(3), "other": node(3)}), old, old=new)
    assert response["score"] == 3.0


def test_composed_compositions_and_groups(write):
    inner = "composition part -> float {\n  rule words = word_count()\n  return words * SCALE\n}\n"
    main = "composition main -> float {\n  compose solved = here.part()\n  return solved + 10 * rank(solved)\n}\n"
    write("part.rm", "rmcompose 1\n" + inner.replace("SCALE", "1"))
    body = 'rmcompose 1\nimport "part.rm" as here\n' + main
    old = write("old.rm", body)
    saved = line(old, *({"solved": node(float(n)), "solved.words": node(n)} for n in (4, 7, 7)))
    record = rm.load(old).plan
    before = Compilation(old).plan(optimize=False)
    assert set(definitions(before)) == {"solved.words"}
    assert record.nodes.keys() == {"solved", "solved.words"}
    write("part.rm", "rmcompose 1\n" + inner.replace("SCALE", "2"))
    responses = anew(saved, old)  # another digest now: taken by name
    assert [one["score"] for one in responses] == [8.0 + 30, 14.0 + 10, 14.0 + 10]


def test_lines_given_from_python_are_left_as_they_are(write):
    old = write("old.rm", text("return 0.5 * good"))
    saved = line(old, {"words": node(2), "good": node(0.5, calls=2, tokens=9, cost=0.1, detail={"a": 1})})
    before = copy.deepcopy(saved)
    (response,) = anew(saved, old)
    assert saved == before
    good = response["nodes"]["good"]
    assert good == node(0.5, ms=0.0, cached=True, detail={"a": 1})


def test_steps_without_the_data(write):
    body = '{\n  input step: text\n  rule words = word_count(text = step)\n  return reduce(words * 1.0, "HOW")\n}\n'
    old = write("old.rm", "rmcompose 1\ncomposition main -> float " + body.replace("HOW", "sum"))
    new = write("new.rm", "rmcompose 1\ncomposition main -> float " + body.replace("HOW", "max"))
    rows = [{"response": "x", "steps": ["one two", "three"]}, {"response": "x", "steps": []}]
    saved = [json.loads(json.dumps(rm.load(old).trace(row))) for row in rows]
    fresh = [rm.load(new, optimize=False).trace(row) for row in rows]
    found = list(rm.rescore(saved, new, old=old))
    assert [one["responses"][0]["score"] for one in found] == [2.0, None]
    assert found[1]["responses"][0]["reason"] == fresh[1]["responses"][0]["reason"]
    assert found[0]["responses"][0]["steps"] == fresh[0]["responses"][0]["steps"]
    plain = write("plain.rm", HEAD + "  rule chars = char_count()\n  return chars\n}\n")
    with pytest.raises(rm.NeedsError, match=r"`words`"):
        rm.rescore([line(plain, {"chars": node(2)})], new, old=plain)


def test_lines_of_several_specs_are_refused(write):
    old, new = write("old.rm", text("return good")), write("new.rm", text("return good * 1.0"))
    nodes = {"words": node(2), "good": node(0.5)}
    lines = rm.rescore([line(old, nodes), line(new, nodes)], new, old=old)
    with pytest.raises(rm.ResultsError, match="line 2 of the results was written by another spec"):
        list(lines)


def test_a_client_needs_the_data(write):
    old = write("old.rm", text("return good"))
    with pytest.raises(rm.NeedsError, match="give the data"):
        rm.rescore([line(old, {"words": node(2), "good": SKIPPED})], old, client=object())  # type: ignore[arg-type]


# definitions


def defined(content: str) -> dict:
    return definitions(Compilation("main.rm", content).plan(optimize=False))


def test_a_definition_is_what_is_asked_and_nothing_else():
    one = defined(text("return good"))
    assert defined(text("return 0.1 * good + words")) == one
    assert defined(text("return good", "on_unscored = 0.5"))["good"].question == one["good"].question
    for was, now in (
        ("Good?", "Fair?"),
        ('"m"', '"n"'),
        ("[response]", "[prompt, response]"),
        ("score[0, 1]", "score[0, 2]"),
    ):
        other = defined(text("return good").replace(was, now))
        assert other["good"].question != one["good"].question
        assert other["words"] == one["words"]


def test_a_definition_covers_what_is_read():
    body = '  input given: PLACE\n  rule found: bool = contains(text = given, value = "a")\n  return found\n}\n'
    one, other = (defined(HEAD + body.replace("PLACE", place)) for place in ("text from a.b", "text from a.c"))
    assert one["found"].question != other["found"].question


def test_a_rule_of_another_version_is_another_question(monkeypatch):
    from dataclasses import replace

    one = defined(text("return good"))
    registry.signatures()
    monkeypatch.setitem(registry._rules, "word_count", replace(registry._rules["word_count"], version="99"))
    other = defined(text("return good"))
    assert other["words"].question != one["words"].question
    assert other["good"] == one["good"]


def test_definitions_as_text():
    known = defined(text("return good", "on_unscored = 0.5"))
    assert of_text(as_text(known)) == known
    for broken in ("", "[]", '{"a": 1}', '{"a": ["x", "float", [0], null]}', '{"a": ["x", "float", [true, 1], null]}'):
        assert of_text(broken) is None


def test_a_record_without_facts_and_one_too_long_are_records(tmp_path):
    out = tmp_path / "out.jsonl"
    with Journal(out, {"map": "a=b"}, facts={"nodes": "x" * 2_000_000}) as journal, open_writer(out):
        journal.start()
        journal.note(b"0123456789abcdef")
    with Recorded(out) as record:
        assert (record.facts, record.options) == ({}, {"map": "a=b"})
        digests = record.digests()
        assert [next(digests) for _ in range(3)] == [b"0123456789abcdef", None, None]
    with Recorded(tmp_path / "none.jsonl") as record:
        assert (record.facts, next(record.digests())) == ({}, None)
