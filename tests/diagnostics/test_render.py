"""Each format against its golden file, and the properties a frame must keep for any text."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmcompose.diagnostics import Diagnostic, Label, Source, SpecError
from rmcompose.diagnostics.render import FORMATS, render

GOLDEN = Path(__file__).parent / "golden"

MATH = Source(
    "math.rm",
    """\
rmcompose 1

composition math -> score[0, 1] {
  rule    correct = math_verify()
  rule    words   = word_count()
  judge reasoning: score[1, 5] {
    given = [prompt, response]
    rubric "Grade it."
  }
  let quality = normalize(reasoning)
  aggregate m = mean { member reasoning  member correct }

  return clamp(0.8 * correct + 0.2 * qualty, 0.0, 1.0)
}
""",
)
PART = Source("lib/part, one.rm", "rmcompose 1\ncomposition half -> score[0, 1] {\n  return 0.5\n}\n")
WIDE = Source("wide.rm", '\tlet 名前 = "é e\u0301" + \x1b[31m\u202e + ' + "x" * 300 + " + tail\n")


def at(source, text, nth=0):
    start = -1
    for _ in range(nth + 1):
        start = source.text.index(text, start + 1)
    return source.span(start, start + len(text))


SAMPLES = [
    Diagnostic(
        "RM201",
        "unknown name `qualty`",
        at(MATH, "qualty"),
        label="not found in this composition",
        labels=(Label(at(MATH, "quality"), "a similar name is declared here"),),
        help=("did you mean `quality`?",),
    ),
    Diagnostic(
        "RM303",
        "the members of `m` have different ranges",
        at(MATH, "correct", 1),
        label="[0, 1]",
        labels=(Label(at(MATH, "reasoning", 2), "[1, 5]"), Label(at(MATH, "mean"), "of one scale")),
        notes=("a mean over scales\nhas none",),
        help=("write `normalize(reasoning)`",),
    ),
    Diagnostic("RM206", "`words` is never used", at(MATH, "words"), severity="warning", label="nobody reads it"),
    Diagnostic("RM501", "a block over lines", at(MATH, MATH.text[MATH.text.index("judge") : 230]), label="ends here"),
    Diagnostic("RM102", "a block is not closed", MATH.span(len(MATH.text), len(MATH.text)), label="the file ends"),
    Diagnostic(
        "RM004",
        "`part` has no composition `half`",
        at(MATH, "math"),
        label="used here",
        labels=(Label(at(PART, "half"), "declared: 50%, at best"),),
    ),
    Diagnostic("RM101", "wide characters take two columns", at(WIDE, "名前"), label="here"),
    Diagnostic(
        "RM101", "far right in a long line", at(WIDE, "tail"), label="here", labels=(Label(at(WIDE, "let"), "far"),)
    ),
    Diagnostic("RM001", "no file `none.rm`\nat all", None, help=("write one",)),
]


def check(name, text, *, update):
    path = GOLDEN / name
    if update:
        path.write_text(text + "\n", encoding="utf-8")
    assert text + "\n" == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("form", FORMATS)
def test_golden(form, update_golden):
    check(f"{form}.txt", render(SAMPLES, form), update=update_golden)


@pytest.mark.parametrize("form", ["full", "concise"])
def test_golden_in_color(form, update_golden):
    text = render(SAMPLES, form, color=True)
    check(f"{form}-color.txt", text.replace("\x1b", "<ESC>"), update=update_golden)


def test_the_frame_of_the_design():
    assert (
        render(SAMPLES[:1], "full")
        == """\
error[RM201]: unknown name `qualty`
  --> math.rm:13:38
   |
10 |   let quality = normalize(reasoning)
   |       ------- a similar name is declared here
 ...
13 |   return clamp(0.8 * correct + 0.2 * qualty, 0.0, 1.0)
   |                                      ^^^^^^ not found in this composition
   |
   = help: did you mean `quality`?"""
    )


def test_nothing_to_say():
    assert [render([], form) for form in ("full", "concise", "github")] == ["", "", ""]
    assert json.loads(render([], "json")) == []
    assert json.loads(render([], "sarif"))["runs"][0]["results"] == []


def test_an_unknown_format_is_refused():
    with pytest.raises(ValueError, match="unknown format `html`"):
        render([], "html")


def test_json_counts_characters_from_one():
    (found,) = json.loads(render(SAMPLES[6:7], "json"))
    assert (found["start"], found["end"]) == ({"line": 1, "column": 6}, {"line": 1, "column": 8})
    (placeless,) = json.loads(render(SAMPLES[8:], "json"))
    assert (placeless["path"], placeless["start"], placeless["name"]) == (
        "",
        {"line": 1, "column": 1},
        "file-not-found",
    )


def test_github_escapes_what_would_end_a_field():
    assert (
        render([Diagnostic("RM201", "50%\nof", PART.span(0, 9))], "github")
        == "::error file=lib/part%2C one.rm,line=1,endLine=1,col=1,endColumn=9,title=RM201 unknown-name::50%25%0Aof"
    )


def test_sarif_is_consistent():
    (run,) = json.loads(render(SAMPLES, "sarif"))["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == sorted({one.code for one in SAMPLES})
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        for location in result["locations"] + result.get("relatedLocations", []):
            region = location["physicalLocation"]["region"]
            assert (region["startLine"], region["startColumn"]) <= (region["endLine"], region["endColumn"])
    uris = [
        r["physicalLocation"]["artifactLocation"]["uri"] for x in run["results"] for r in x.get("relatedLocations", [])
    ]
    assert "lib/part%2C%20one.rm" in uris


def test_an_absolute_path_is_a_uri_in_sarif():
    (run,) = json.loads(render([Diagnostic("RM101", "x", Source("/a b.rm", "x").span(0, 1))], "sarif"))["runs"]
    location = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location["uri"] == "file:///a%20b.rm"


def test_a_spec_error_tells_its_diagnostics():
    assert "math.rm:13:38: error[RM201] unknown name `qualty`" in str(SpecError(SAMPLES[:1]))


@given(text=st.text(max_size=400), data=st.data())
def test_any_span_of_any_text_can_be_drawn(text, data):
    source = Source("any.rm", text)
    points = st.integers(0, len(text))

    def span():
        return source.span(*sorted((data.draw(points), data.draw(points))))

    one = Diagnostic("RM101", "x", span(), label="here", labels=(Label(span(), "there"), Label(span(), "")))
    for form in FORMATS:
        shown = render([one], form)
        if form in ("full", "concise"):
            assert "\x1b" not in shown
            assert not any("\ud800" <= char <= "\udfff" for char in shown)
    frame = render([one], "full")
    assert "^" in frame
    assert "here" in frame
    assert "there" in frame
    assert render([one], "concise").count("\n") == 0


@given(st.integers(0, 30), st.integers(1, 8))
def test_carets_stand_under_what_they_mean(before, length):
    line = "a" * before + "B" * length + "a" * 5
    frame = render([Diagnostic("RM101", "x", Source("f.rm", line).span(before, before + length))], "full")
    drawn, carets = frame.splitlines()[-2:]
    marked = [char for char, sign in zip(drawn, carets, strict=False) if sign == "^"]
    assert marked == ["B"] * length
