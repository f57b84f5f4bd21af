"""Whatever the text, both readers give diagnostics and never an exception; what they call healthy can be formatted."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rmcompose.diagnostics import Source
from rmcompose.syntax import Parsed, format_text, parse_rm, read_yaml
from tests.syntax.support import TWINS, text_of

FRAGMENTS = [
    *(
        '"',
        '"""',
        'r"',
        "'",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        ",",
        ":",
        "=",
        "==",
        "=>",
        "->",
        "?",
        "??",
        "&&",
        "!",
        "-",
        ".",
    ),
    *(
        "let",
        "return",
        "composition",
        "test",
        "expect",
        "judge",
        "member",
        "weight",
        "if",
        "route",
        "when",
        "import",
        "as",
    ),
    *(
        "\n",
        "  ",
        "\t",
        "\r\n",
        "#",
        "##",
        "$",
        "${",
        '"${',
        "&a",
        "*a",
        "- ",
        "|",
        ">",
        "%",
        "\x00",
        "\x85",
        "\u2028",
        "é𝒳",
    ),
    *("1.2.3", "1e999", "rmcompose", "rmcompose: 1\n", "nodes:\n", "<<: ", "!!str ", "? ", "---\n", "\ufeff", "\ud800"),
]
ROBUST = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def check(path: str, text: str) -> None:
    source = Source(path, text)
    parsed: Parsed = read_yaml(source) if path.endswith(".yaml") else parse_rm(source)
    assert parsed.document is not None or parsed.diagnostics
    for one in parsed.diagnostics:
        assert one.message
        assert one.span is not None
        assert 0 <= one.span.start <= one.span.end <= len(text)
    for comment in parsed.comments:
        assert comment.text.startswith("#")
        assert comment.span.text == comment.text
    if parsed.ok:
        format_text(source)


@ROBUST
@given(
    st.text() | st.lists(st.sampled_from(FRAGMENTS)).map("".join) | st.lists(st.sampled_from(FRAGMENTS)).map(" ".join)
)
def test_any_text(text):
    check("main.rm", text)
    check("main.rm", f"rmcompose 1\ncomposition m -> float {{ {text}")
    check("main.rm.yaml", text)
    check("main.rm.yaml", f"rmcompose: 1\ncomposition: m\nreturns: float\nreturn: {text}")


@pytest.mark.parametrize(
    "path", [p.with_name(name) for p in TWINS for name in ("source.rm", "source.rm.yaml")], ids=str
)
def test_mutated_examples(path):
    draw = random.Random(path.name + path.parent.name)
    healthy = text_of(path)
    for _ in range(60):
        text = healthy
        for _ in range(draw.randint(1, 5)):
            text = mutated(text, draw)
        check(path.name, text)


def mutated(text: str, draw: random.Random) -> str:
    start = draw.randrange(len(text) + 1)
    end = min(len(text), start + draw.randint(1, 12))
    match draw.randrange(3):
        case 0:
            return text[:start] + text[end:]
        case 1:
            return text[:start] + draw.choice(FRAGMENTS) + text[start:]
        case _:
            elsewhere = draw.randrange(start + 1)
            return text[:elsewhere] + text[start:end] + text[elsewhere:start] + text[end:]
