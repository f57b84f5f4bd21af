"""`fmt`, the canonical layout, and conversion: nothing changes but the looks."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rmcompose.diagnostics import Source
from rmcompose.syntax import FormatError, convert, format_text, formatter, print_document, read, write_yaml
from rmcompose.syntax.grammar import scan
from rmcompose.syntax.literals import BLANK_END
from tests import strategies
from tests.syntax.support import TWINS, body, document, rm, text_of, yaml

LAW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def formatted(text, path="main.rm"):
    found = format_text(Source(path, text))
    assert found.diagnostics == []
    return found.text


# ---- `.rm` -----------------------------------------------------------------------------------------------------------

UGLY = """\
# head
rmcompose 1
import "lib/format.rm" as format  # why
import "x.rm" as x
## what
##   it is
composition   main->score[0,1]{


input a:text # the a
  input long_name : float[ 0 , 1 ]=-1
input p: text from metadata.x


  # about r
      rule r=f(text=a,b = - x,)  rule found :bool = g(
  a=1, # one
  # two
  bcd=2)
  ## asked
  judge j:score[1,5]{ model="m" given=[a,b,] rubric \"\"\"
    one

      two
    \"\"\"
    criterion x weight 2="a" criterion longer="b" }
  judge k: score[0,1] {model="m"  votes=3}
  aggregate m=weighted_mean{member r weight(1+2) member found weight 1}
  let y=clamp((r+1)
     *2, 0,1) # trailing
  let z = route a{when "x"=>1 otherwise=>
  2}
  require not(r>1)
    else 0 because "no"
  return if a then 1 else -  x
  # last
  test "t"{given a="x" given bcd=[1,-2] expect return==1}
}
# end
"""

NEAT = """\
# head
rmcompose 1

import "lib/format.rm" as format  # why
import "x.rm"          as x

## what
##   it is
composition main -> score[0, 1] {
  input a:         text  # the a
  input long_name: float[0, 1] = -1
  input p:         text        from metadata.x

  # about r
  rule r           = f(text = a, b = -x)
  rule found: bool = g(
    a = 1,  # one
    # two
    bcd = 2
  )
  ## asked
  judge j: score[1, 5] {
    model = "m"
    given = [a, b]
    rubric \"\"\"
      one

        two
      \"\"\"
    criterion x      weight 2 = "a"
    criterion longer = "b"
  }
  judge k: score[0, 1] { model = "m"  votes = 3 }
  aggregate m = weighted_mean { member r weight (1 + 2)  member found weight 1 }
  let       y = clamp(
    (r + 1)
        * 2,
    0,
    1
  )  # trailing
  let z = route a {
    when "x"  => 1
    otherwise =>
        2
  }
  require not (r > 1)
      else 0 because "no"
  return if a then 1 else -x
  # last
  test "t" {
    given a   = "x"
    given bcd = [1, -2]
    expect return == 1
  }
}
# end
"""


def test_a_file_of_everything():
    assert formatted(UGLY) == NEAT
    assert formatted(NEAT) == NEAT


@pytest.mark.parametrize("path", TWINS, ids=lambda path: path.parent.name)
def test_the_worked_examples_are_written_as_they_are_formatted(path):
    twin = path.with_name("source.rm.yaml")
    assert formatted(text_of(twin), str(twin)) == text_of(twin)
    # the layout of `.rm` moves a comment beside a line to two blanks after it
    assert formatted(text_of(path)) == text_of(path).replace("   # words", "  # words")


def test_line_ends_and_marks_of_other_systems_go():
    assert formatted("\ufeff" + body("return 1").replace("\n", "\r\n")) == formatted(body("return 1"))


def test_a_text_with_errors_stays_as_it_is():
    found = format_text(Source("main.rm", body("return  1 +")))
    assert found.text == body("return  1 +")
    assert [one.code for one in found.diagnostics] == ["RM101"]


GAPS = st.sampled_from(["\n", "\n\n\n", " ", "  # one\n", "\n# two ä\n", "\n\n### three\n", "\n#\n"])


@LAW
@given(strategies.documents(), st.data())
def test_comments_anywhere_survive(document_, data):
    """A canonical text with its gaps drawn anew: comments, empty lines, and no line ends where they were."""
    plain = print_document(document_)
    tokens = scan(plain)
    text = last = ""
    for token in tokens:
        gap = data.draw(GAPS) if len(tokens) < 60 or data.draw(st.integers(0, 9)) == 0 else " "
        text += ("\n" if last == "DOC" else "") + gap + token  # a doc takes the rest of its line
        last = token.type
    text += "\n"
    before = read(Source("main.rm", text))
    assert before.diagnostics == []
    assert before.document == document_
    once = format_text(Source("main.rm", text)).text
    after = read(Source("main.rm", once))
    assert after.document == document_
    assert [one.text for one in after.comments] == [one.text for one in before.comments]
    assert format_text(Source("main.rm", once)).text == once
    assert all(line == line.rstrip(BLANK_END) for line in once.split("\n")) or '"""' in once


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ("rmcompose 1\ncomposition other -> bool { return true }\n", "meaning"),
        ("rmcompose 1\ncomposition m -> bool { return true }\n", "comment"),
    ],
)
def test_the_formatter_checks_itself(monkeypatch, broken, message):
    monkeypatch.setattr(formatter, "layout", lambda text: broken)
    with pytest.raises(FormatError, match=message):
        format_text(Source("main.rm", "rmcompose 1\n# c\ncomposition m -> bool { return true }\n"))


def test_the_formatter_checks_that_it_is_idempotent(monkeypatch):
    monkeypatch.setattr(formatter, "layout", lambda text: text + "\n")
    with pytest.raises(FormatError, match="twice"):
        format_text(Source("main.rm", "rmcompose 1\ncomposition m -> bool { return true }\n"))


# ---- `.rm.yaml` ------------------------------------------------------------------------------------------------------


def test_yaml_is_written_anew_where_comments_keep_their_places():
    text = "# head\nrmcompose: 1\ncomposition: m\nreturns:   'bool'\nnodes:\n  # about x\n  x: {let: '1'}\n# end\n"
    assert formatted(text, "m.rm.yaml") == (
        "# head\nrmcompose: 1\ncomposition: m\nreturns: bool\nnodes:\n  # about x\n  x:\n    let: 1\n# end\n"
    )


def test_yaml_with_comments_inside_keeps_its_layout():
    text = "rmcompose: 1   \ncomposition: m\nreturns:   'bool'  # why \n\n\n"
    assert formatted(text, "m.rm.yaml") == "rmcompose: 1\ncomposition: m\nreturns:   'bool'  # why\n"


def test_blanks_that_belong_to_a_text_stay():
    text = "rmcompose: 1 # c\ncomposition: m\nreturns: bool\nparams:\n  a:\n    type: text\n    default: |\n      x  \n"
    assert formatted(text, "m.rm.yaml") == text


# ---- conversion ------------------------------------------------------------------------------------------------------


def test_comments_go_along():
    text = """\
# head
rmcompose 1
# imports
import "x.rm" as x  # x
# main
composition m -> float {
  input a: float  # the a
  # about r
  rule r = f(
    # inside
    a = 1
  )
  # result
  return r
}
# end
"""
    parsed = rm(text)
    written, warnings = convert(document(parsed), parsed.comments, to="yaml")
    assert warnings == []
    assert (
        written
        == """\
# head
rmcompose: 1
imports:
  # imports
  # x
  x: x.rm
# main
composition: m
returns: float
inputs:
  # the a
  a: float
nodes:
  # about r
  # inside
  r:
    rule: f
    args: {a: 1}
# result
return: r
# end
"""
    )
    back = yaml(written)
    assert (
        convert(document(back), back.comments, to="rm").text
        == """\
# head
rmcompose 1

# imports
# x
import "x.rm" as x

# main
composition m -> float {
  # the a
  input a: float

  # about r
  # inside
  rule r = f(a = 1)

  # result
  return r
}

# end
"""
    )


def test_a_comment_that_yaml_cannot_hold_is_warned_about():
    parsed = rm("rmcompose 1\n# bell \x07\ncomposition m -> bool { return true }\n")
    written, warnings = convert(document(parsed), parsed.comments, to="yaml")
    assert "bell" not in written
    assert [(one.severity, one.span.position) for one in warnings] == [("warning", (2, 1))]


def test_a_comment_of_yaml_documents_nothing():
    parsed = yaml("rmcompose: 1\n## no doc\ncomposition: m\nreturns: bool\nreturn: true\n")
    written = convert(document(parsed), parsed.comments, to="rm").text
    assert document(rm(written)) == document(parsed)
    assert [one.text for one in rm(written).comments] == ["# no doc"]


@LAW
@given(strategies.documents(), st.data())
def test_conversion_loses_no_comment(document_, data):
    lines = []
    for line in print_document(document_).split("\n"):
        lines += [f"# {data.draw(st.integers(0, 99))}"] if data.draw(st.integers(0, 9)) == 0 else []
        lines.append(line)
    parsed = rm("\n".join(lines))
    if parsed.document != document_:
        return  # a line fell into a text
    written = convert(parsed.document, parsed.comments, to="yaml").text
    again = yaml(written)
    assert again.document == document_
    assert Counter(one.text for one in again.comments) == Counter(one.text for one in parsed.comments)
    back = rm(convert(again.document, again.comments, to="rm").text)
    assert back.document == document_
    assert Counter(one.text for one in back.comments) == Counter(one.text for one in parsed.comments)


def test_written_yaml_means_the_same_to_other_loaders():
    """What stands plain is a text to a YAML 1.1 loader too."""
    import yaml as pyyaml

    text = "\n".join(f"input {name}: text" for name in ("no", "on", "y", "yes", "null"))
    written = write_yaml(
        document(rm(body(f'{text}\nlet s = no\nrule r = f(a = "no", b = "1e5", c = "12:30")\nreturn r')))
    )
    loaded = pyyaml.safe_load(written)
    assert list(loaded["inputs"]) == ["no", "on", "y", "yes", "null"]
    assert loaded["nodes"]["r"]["args"] == {"a": "no", "b": "1e5", "c": "12:30"}
    assert loaded["nodes"]["s"]["let"] == "no"
