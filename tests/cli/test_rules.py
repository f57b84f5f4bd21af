"""`rmcompose rules`: the list by subject, words that choose, and one rule with its picture."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from rmcompose.cli.pictures import BAR, NARROWEST, draw, number
from rmcompose.cli.rules import listing
from rmcompose.diagnostics.render.cells import columns
from rmcompose.primitives import registry
from rmcompose.primitives.catalogue import SUBJECTS
from rmcompose.primitives.describe import about, headline
from rmcompose.primitives.pictures import picture
from rmcompose.primitives.pictures.picture import Outcome, Picture, Row, picture_of
from rmcompose.primitives.registry import register, signature, signatures

GOLDEN = Path(__file__).parents[1] / "fixtures" / "pictures"
NAMES = [rule.name for rule in signatures()]
SHOWN = [
    "rouge_l",
    "edit_distance",
    "rouge_lsum",
    "length_band",
    "cosine_length",
    "exp_error",
    "number_close",
    "flesch_reading_ease",
    "json_valid",
    "contains_all",
    "tool_call_f1",
    "action_loop",
    "group_length",
    "boxed_content",
    "code_tests",
    "entailment",
]


@pytest.fixture(autouse=True)
def _no_clock(monkeypatch):
    monkeypatch.setattr(picture, "SECONDS", math.inf)


def picture_in(text: str) -> list[str]:
    lines = text.splitlines()
    start = next(place for place, line in enumerate(lines) if line in ("picture:", "picture, of a text of ours:"))
    return lines[start + 1 :]


# ---- pictures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SHOWN)
def test_golden(rmcompose, monkeypatch, update_golden, name):
    monkeypatch.delenv("COLUMNS", raising=False)
    done = rmcompose("rules", name)
    assert (done.code, done.err) == (0, "")
    path = GOLDEN / f"{name}.txt"
    if update_golden:
        path.write_text(done.out, encoding="utf-8")
    assert done.out == path.read_text(encoding="utf-8")


def test_golden_in_ascii(update_golden):
    drawn = []
    for name in SHOWN:
        rule = signature(name)
        assert rule is not None
        drawn += [name, *draw(picture_of(rule), 60, ascii=True), ""]
    text = "\n".join(drawn)
    assert text.isascii()
    path = GOLDEN / "ascii.txt"
    if update_golden:
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_every_rule_has_a_picture_with_the_numbers_of_its_data(rmcompose, monkeypatch, name):
    monkeypatch.setenv("COLUMNS", "80")
    shown = rmcompose("rules", name)
    data = rmcompose("rules", name, "--format", "json")
    assert (shown.code, shown.err, data.code, data.err) == (0, "", 0, "")
    wide = [line for line in shown.out.splitlines() if columns(line)[-1] > 80]
    assert [line for line in wide if max(map(len, line.split())) < 50] == []  # a pattern or an example is not cut
    lines, drawn = picture_in(shown.out), json.loads(data.out)["picture"]
    assert [line for line in lines if columns(line)[-1] > 80] == []
    assert "Traceback (most recent" not in shown.out
    for row in drawn["rows"]:
        (line,) = [one for one in lines if one.startswith(f"  {row['label']} ")]
        words = line.removeprefix(f"  {row['label']}").split()
        if isinstance(row["value"], str):
            assert words[0].startswith('"')
        elif row["value"] is None:
            assert words[0] == "unscored"
        else:
            low, high = drawn["scale"]
            full = round((row["value"] - low) / (high - low) * BAR * 8) // 8
            assert len(words[0]) == BAR
            assert words[0].count("█") == full
            assert words[1] == number(row["value"])
    for line in drawn["curves"]:
        if line["example"] is not None:
            place, value = line["example"]
            assert any(f"the example: {number(place)} gives {number(value)}" in one for one in lines)
    if drawn["why"]:
        assert drawn["why"] in " ".join(" ".join(lines).split())


@pytest.mark.parametrize("width", [20, 44, 60, 120, 300])
def test_lines_fit_any_width(width):
    for rule in signatures():
        if rule.cost > 1:
            continue
        drawn = picture_of(rule)
        for ascii_only in (False, True):
            lines = draw(drawn, width, ascii=ascii_only)
            assert [line for line in lines if columns(line)[-1] > max(width, NARROWEST)] == [], rule.name
            assert not ascii_only or all(line.isascii() for line in lines)


def test_a_value_far_from_the_others_leaves_the_scale_finite():
    ends = Picture(-1.7e308, 1.7e308, tuple(Row(str(v), {}, "", Outcome(v)) for v in (-1.7e308, 0.0, 1.7e308)))
    assert [line.split()[1] for line in draw(ends, 80, ascii=True)[:3]] == ["." * 12, "######......", "#" * 12]


def test_a_text_that_would_move_the_cursor_is_shown_harmless(folder):
    row = Row("x", {}, "a\x1b[2Jb\u202ec\n", Outcome("\x1b[2J\ud800"))
    for ascii_only in (False, True):
        (line,) = draw(Picture(0, 1, (row,)), 80, ascii=ascii_only)
        assert "\x1b" not in line
        assert "\u202e" not in line


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_blocks_are_drawn_where_the_output_was_set_up_for_them(folder, encoding):
    done = subprocess.run(
        [sys.executable, "-m", "rmcompose", "rules", "exp_error"],
        capture_output=True, check=False, env={**os.environ, "PYTHONIOENCODING": encoding},
    )  # fmt: skip
    text = done.stdout.decode("utf-8")
    assert ("█" in text) == (encoding == "utf-8")
    assert ("#####" in text) == (encoding != "utf-8")
    assert done.stderr == b""


def test_a_rule_of_the_user(rmcompose, folder, monkeypatch):
    monkeypatch.setattr(registry, "_rules", dict(registry._rules))
    register("please", returns="bool", example='please(text = "please do") -> true')(lambda text: "please" in text)
    register("broken", returns="bool", example='broken(text = "please do") -> true')(lambda text: 1 / 0)
    assert picture_in(rmcompose("rules", "please").out)[:4] == [
        "  text  please do",
        "        ^^^^^^",
        "        ^ the value is lower without it",
        "",
    ]
    done = rmcompose("rules", "broken")
    assert (done.code, done.err) == (0, "")
    assert picture_in(done.out) == [
        '  as in the example  unscored  "please do"',
        "                     the rule raises ZeroDivisionError: division by zero",
        "  the same for 7 changes of it",
    ]
    listed = rmcompose("rules", "yours").out.splitlines()
    assert listed[0] == "yours: rules of yours, from `rmcompose.toml` or a package"
    assert [line.split()[0] for line in listed[1:]] == ["broken", "please"]


def test_what_a_rule_prints_or_changes_does_no_harm(rmcompose, monkeypatch):
    monkeypatch.setattr(registry, "_rules", dict(registry._rules))

    @register("emptied", returns="int", example='emptied(tool_calls = [{"name": "f", "arguments": {}}]) -> 1')
    def emptied(tool_calls: list[object]) -> int:
        print("seen")
        count = len(tool_calls)
        tool_calls.clear()
        return count

    done = rmcompose("rules", "emptied", "--format", "json")
    rows = json.loads(done.out)["picture"]["rows"]
    assert {row["label"]: row["value"] for row in rows} == {
        "as in the example": 1,
        "made twice": 2,
        "another argument": 1,
        "another tool": 1,
        "no calls": 0,
    }
    assert set(done.err.split()) == {"seen"}


def test_a_list_loads_no_pictures_and_no_heavy_library(folder):
    script = textwrap.dedent("""
        import sys
        from rmcompose.cli.main import main
        assert main(["rules"]) == 0
        print(*sys.modules, file=sys.stderr)
    """)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    assert "rmcompose.primitives.pictures.picture" not in loaded
    assert "rmcompose.cli.pictures" not in loaded
    assert loaded & {"re2", "jsonschema", "sympy", "pydantic", "asyncio", "numpy", "rmcompose.runtime"} == set()


# ---- the list --------------------------------------------------------------------------------------------------------


def test_the_list_by_subject(rmcompose):
    done = rmcompose("rules")
    assert done.code == 0
    parts = done.out.strip("\n").split("\n\n")
    assert [part.partition(":")[0] for part in parts] == list(SUBJECTS)
    listed = []
    for part in parts:
        head, *lines = part.splitlines()
        assert head == f"{head.partition(':')[0]}: {about(head.partition(':')[0])}"
        names = [line.split()[0] for line in lines]
        assert names == sorted(names)
        listed += names
    assert sorted(listed) == sorted(NAMES)
    assert done.err.startswith(f"{len(NAMES)} rules; ")


@pytest.mark.parametrize("width", [48, 80, 120])
def test_the_list_is_wrapped_to_a_terminal_and_nothing_is_cut(width):
    lines = list(listing(signatures(), width))
    assert [line for line in lines if len(line) > width] == []
    words = " ".join(" ".join(lines).split())
    for rule in signatures():
        assert all(word in words for word in headline(rule).split())


def test_words_choose(rmcompose):
    found = [one["name"] for one in json.loads(rmcompose("rules", "tool", "call", "--format", "json").out)]
    assert {"tool_call_f1", "tool_calls_valid", "reasoning_tool_call_format"} <= set(found)
    assert len(found) < len(NAMES)
    shaping = [one["name"] for one in json.loads(rmcompose("rules", "shaping", "--format", "json").out)]
    assert {"length_band", "soft_overlong"} <= set(shaping)
    assert rmcompose("rules", "ROUGE", "summaries").err.startswith("1 rule; ")
    assert "rouge_lsum" in rmcompose("rules", "ROUGE", "summaries").out
    # a name, or an alias, is one rule however many lines hold it
    assert rmcompose("rules", "rouge").out.startswith("rouge(")
    assert rmcompose("rules", "patch_similarity").out.startswith("code_patch_similarity(")


def test_as_json(rmcompose):
    listed = json.loads(rmcompose("rules", "--format", "json").out)
    one = json.loads(rmcompose("rules", "accuracy", "--format", "json").out)
    drawn = one.pop("picture")
    assert one in listed
    assert (one["name"], one["subject"]) == ("accuracy", "text")
    assert drawn["arguments"] == {"text": " Paris ", "reference": "Paris"}
    assert [row["value"] for row in drawn["rows"]] == [1.0, 1.0, 0.0, 0.0, 0.0, 0.0]


def test_words_that_fit_nothing(rmcompose):
    assert rmcompose("rules", "no", "such", "rule").err == (
        "rmcompose: no rule fits `no such rule` (`rmcompose rules` lists all)\n"
    )
    done = rmcompose("rules", "acuracy", "--format", "json")
    assert (done.code, done.out, done.err) == (
        2,
        "",
        "rmcompose: no rule fits `acuracy`: did you mean `accuracy`?\n",
    )
