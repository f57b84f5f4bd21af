"""The new spec is the old text with other defaults: not a character more, in both syntaxes, however it is laid out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmcompose.compiler import Compilation
from rmcompose.diagnostics import Source
from rmcompose.learning.errors import FitError
from rmcompose.learning.rewriting import with_defaults, written
from rmcompose.syntax import read

BLANKS = st.text(" \t\n", max_size=4).map(lambda text: text or " ")
COMMENTS = st.sampled_from(["", " # half = 0.5\n", "  # “ünicode” — 0.5\n", "\t# param b: float = 1.0\n"])
NUMBERS = st.one_of(
    st.floats(-1e6, 1e6, allow_nan=False), st.floats(-1e-6, 1e-6, allow_nan=False), st.just(0.0), st.just(-0.5)
)
LITERALS = st.sampled_from(["1", "0.5", "-0.5", "1e-3", "- 2.5", "-0.50", "100000000000000000000000.0"])


@st.composite
def rm_texts(draw):
    """The same spec in some layout, as a text cut at the defaults of `a` and `b`."""
    line = draw(st.sampled_from(["\n", "\r\n"]))
    gap = lambda: draw(BLANKS).replace("\n", line)  # noqa: E731
    note = lambda: draw(COMMENTS).replace("\n", line)  # noqa: E731
    head = f"rmcompose 1{note()}{line}composition{gap()}x -> float {{{note()}{gap()}"
    first = f"{head}param{gap()}a{gap()}: float{gap()}={gap()}"
    middle = f"{note()}{gap()}## a doc: 0.5{line} param b:{gap()}float={gap()}"
    last = f"{gap()}{note()} param other: float = 0.5{line} return a * other + b{note()}{gap()}}}{line}"
    return [first, draw(LITERALS), middle, draw(LITERALS), last]


@given(parts=rm_texts(), a=NUMBERS, b=NUMBERS)
def test_only_defaults_differ_in_rm(parts, a, b):
    first, one, middle, other, last = parts
    source = Source("x.rm", "".join(parts))
    document = read(source).document
    assert document is not None
    values = {"a": a, "b": b}
    new = with_defaults(source, document, "x", values)
    one, other = (
        old if float(old.replace(" ", "")) == value else written(value) for old, value in ((one, a), (other, b))
    )
    assert new == "".join([first, one, middle, other, last])


@given(
    spaces=st.integers(1, 6),
    flow=st.booleans(),
    literal=LITERALS.filter(lambda text: " " not in text),
    quoted=st.booleans(),
    note=st.sampled_from(["", "  # the weight, 0.5", " # ü"]),
    line=st.sampled_from(["\n", "\r\n"]),
    value=NUMBERS,
)
def test_only_defaults_differ_in_yaml(spaces, flow, literal, quoted, note, line, value):
    pad = " " * spaces
    shown = "${" + literal + "}" if quoted else literal
    shown = f'"{shown}"' if quoted else shown
    param = (
        f"{{type: float, default: {shown}}}" if flow else f"{line}{pad * 3}type: float{line}{pad * 3}default: {shown}"
    )
    rest = f"{note}{line}{pad}b: {{type: float, default: 0.5}}{line}return: a + b{note}{line}"
    head = f"rmcompose: 1  # top{line}composition: x{line}returns: float{line}params:{line}{pad}a:{' ' if flow else ''}"
    source = Source("x.rm.yaml", head + param + rest)
    document = read(source).document
    assert document is not None, source.text
    new = with_defaults(source, document, "x", {"a": value})
    changed = literal if float(literal) == value else written(value)
    assert new == head + param.replace(literal, changed) + rest


@given(NUMBERS)
def test_a_written_number_reads_back(value):
    for path, text in (("x.rm", "rmcompose 1\ncomposition x -> float {\n param a: float = %s\n return a\n}\n"),):
        document = read(Source(path, text % written(value))).document
        assert document is not None
        compilation = Compilation(path, text % written(value))
        assert compilation.plan("x").params["a"] == value


def test_an_alias_is_refused():
    text = """\
rmcompose: 1
composition: x
returns: float
params:
  a: {type: float, default: &half 0.5}
  b: {type: float, default: *half}
return: a + b
"""
    source = Source("x.rm.yaml", text)
    document = read(source).document
    with pytest.raises(FitError, match="alias"):
        with_defaults(source, document, "x", {"a": 0.25})


def test_only_the_composition_meant_is_changed():
    text = "rmcompose 1\ncomposition y -> float { param a: float = 1.0 return a }\ncomposition x -> float {\n  param a: float = 1.0\n  return a\n}\n"  # noqa: E501
    source = Source("x.rm", text)
    new = with_defaults(source, read(source).document, "x", {"a": 2.5})
    assert new == text.replace("  param a: float = 1.0\n", "  param a: float = 2.5\n")
