"""Tags, boxes, XML, YAML, code fences, Markdown and citations."""

from __future__ import annotations

import itertools
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.formats.boxed import boxed_content, boxed_count, boxed_format
from rmcompose.primitives.formats.citations import citation_count, citation_coverage, citation_validity, markers
from rmcompose.primitives.formats.fences import (
    code_fence_count,
    code_fences_closed,
    fences,
    only_code_fence,
    outside,
    unfenced,
)
from rmcompose.primitives.formats.markdown import (
    code_block_count,
    heading_count,
    link_count,
    list_item_count,
    numbered_list,
    table_count,
)
from rmcompose.primitives.formats.tag_order import _check_tags, tag_format, tag_share
from rmcompose.primitives.formats.xml_text import xml_valid
from rmcompose.primitives.formats.yaml_text import yaml_valid
from rmcompose.primitives.registry import signature
from rmcompose.primitives.text.sentences import count_sentences, sentence_spans

GOOD = "<think>\na\n</think>\n<answer>\nb\n</answer>"


@pytest.mark.parametrize(
    ("text", "settings", "value"),
    [
        (GOOD, {}, True),
        (f" \n{GOOD}\n", {}, True),
        ("<think></think><answer></answer>", {}, True),
        ("<answer>b</answer><think>a</think>", {}, False),
        ("<answer>b</answer><think>a</think>", {"tags": ["answer", "think"]}, True),
        (f"Sure. {GOOD}", {}, False),
        (f"Sure. {GOOD} Bye.", {"allow_outside": True}, True),
        ("<think>a</think> so <answer>b</answer>", {}, False),
        (f"{GOOD}!", {}, False),
        ("<think>a<answer>b</answer></think>", {}, False),
        (f"{GOOD}<think></think>", {}, False),
        ("<think>a</think><answer>b", {}, False),
        ("<THINK>a</THINK><answer>b</answer>", {}, False),
        ("", {}, False),
    ],
)
def test_tag_format(text: str, settings: dict[str, Any], value: bool) -> None:
    assert tag_format(text, **settings) is value


def test_tag_share_is_the_tag_count_reward_of_open_r1() -> None:
    def of_open_r1(text: str) -> float:
        return sum(
            0.25 * (text.count(tag) == 1) for tag in ("<think>\n", "\n</think>\n", "\n<answer>\n", "\n</answer>")
        )

    for text in (GOOD, GOOD[1:], GOOD * 2, "<think>a</think>", "x\n</think>\n", "", GOOD.replace("\n", " ")):
        assert tag_share(text, own_lines=True) == of_open_r1(text)
    assert tag_share("<think>a</think><answer>b") == 0.75
    assert tag_share("<a></a></a>", ["a"]) == 0.5


@given(st.lists(st.sampled_from(["<think>", "</think>", "<answer>", "</answer>", " ", "a", "\n"]), max_size=10))
def test_what_keeps_to_the_tags_has_all_of_them(parts: list[str]) -> None:
    text = "".join(parts)
    assert tag_format(text) <= tag_format(text, allow_outside=True) <= (tag_share(text) == 1)


@pytest.mark.parametrize("tags", [[], "think", ["<think>"], ["a", "a"], [3], ["a b"], ["x" * 200]])
def test_wrong_tags_are_told(tags: Any) -> None:
    assert _check_tags(tags) is not None
    with pytest.raises(RuleError):
        tag_share("", tags)


@pytest.mark.parametrize(
    ("text", "count", "one", "last"),
    [
        (r"\boxed{\frac{1}{2}}", 1, True, r"\frac{1}{2}"),
        (r"\boxed{1} \boxed{ 2 }", 2, False, "2"),
        (r"\boxed{\boxed{1}}", 2, False, r"\boxed{1}"),
        (r"\boxed{a\}b}", 1, True, r"a\}b"),
        (r"\boxed {3}", 1, True, "3"),
        (r"\boxed{}", 1, False, ""),
        (r"\boxed{1} then \boxed{2", 1, False, "1"),
        (r"\boxed{1", 0, False, None),
        ("} 1", 0, False, None),
    ],
)
def test_boxes(text: str, count: int, one: bool, last: str | None) -> None:
    assert boxed_count(text) == count
    assert boxed_format(text) is one
    if last is None:
        with pytest.raises(RuleError, match="no `"):
            boxed_content(text)
    else:
        assert boxed_content(text) == last


@given(st.text(alphabet="ab {}", max_size=12).filter(lambda inner: inner.count("{") == inner.count("}") == 0))
def test_a_box_gives_what_was_put_in(inner: str) -> None:
    assert boxed_content(f"x \\boxed{{{inner}}} y") == inner.strip()


@pytest.mark.parametrize(
    ("text", "settings", "value"),
    [
        ("<a/>", {}, True),
        (' <?xml version="1.0" encoding="latin-1"?><a>é</a>', {}, True),
        ("<a><b></a></b>", {}, False),
        ("<a/><b/>", {}, False),
        ("plain", {}, False),
        ("", {}, False),
        ("<a>&lt;&#65;</a>", {}, True),
        ("<a>&e;</a>", {}, False),
        ("<a>\ud800</a>", {}, False),
        ("<a>\0</a>", {}, False),
        ("<a><b/></a>", {"root": "b"}, False),
        ("<a><b/></a>", {"elements": ["a", "b"]}, True),
        ("<a><b/></a>", {"elements": ["c"]}, False),
        ("```xml\n<a/>\n```", {"fence": True}, True),
    ],
)
def test_xml(text: str, settings: dict[str, Any], value: bool) -> None:
    assert xml_valid(text, **settings) is value


def test_entities_are_never_expanded() -> None:
    lines = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ha"}">' for n in range(12))
    for text in (
        f"<!DOCTYPE a [{lines}]><a>&e11;</a>",
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    ):
        with pytest.raises(RuleError, match="declares entities"):
            xml_valid(text)
    assert xml_valid('<!DOCTYPE a SYSTEM "http://example.com/a.dtd"><a/>')


@pytest.mark.parametrize(
    ("text", "settings", "value"),
    [
        ("a: 1\nb:\n  - x", {}, True),
        ("a: 1", {"root": "mapping"}, True),
        ("- 1", {"root": "mapping"}, False),
        ("- 1", {"root": "sequence"}, True),
        ("just words", {}, True),
        ("just words", {"root": "mapping"}, False),
        ("a: b: c", {}, False),
        ("a: [1", {}, False),
        ("", {}, False),
        ("---\na: 1\n---\nb: 2", {}, False),
        ("a: *x", {}, False),
        ("a: &x 1\nb: *x", {}, True),
        ("```yaml\na: 1\n```", {"root": "mapping", "fence": True}, True),
    ],
)
def test_yaml(text: str, settings: dict[str, Any], value: bool) -> None:
    assert yaml_valid(text, **settings) is value


def test_a_bomb_of_aliases_costs_nothing() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    assert yaml_valid("\n".join(lines))
    with pytest.raises(RuleError, match="deep"):
        yaml_valid("[" * 5000)


FENCED = "Text\n```Python title=x\nx = '```'\n```\n~~~\n```\n~~~~\n````\nopen"


def test_fences() -> None:
    assert [(one.language, one.content, one.closed) for one in fences(FENCED)] == [
        ("python", "x = '```'", True),
        ("", "```", True),
        ("", "open", False),
    ]
    assert code_fence_count(FENCED) == 3
    assert code_fence_count(FENCED, "PYTHON") == 1
    assert not code_fences_closed(FENCED)
    assert code_fences_closed("none")
    assert outside(FENCED) == "Text"
    assert code_fence_count("    ```\n```x`y\n``\nz") == 0
    assert only_code_fence("\n```\n\n```\n")
    assert not only_code_fence("```\n```\nx")
    assert not only_code_fence("```sql\n1\n```", "python")


@given(st.text(alphabet="ab\n~ ", max_size=30).filter(lambda body: "~~~" not in body))
def test_a_fence_gives_what_was_put_in(body: str) -> None:
    text = f"~~~json\n{body}\n~~~"
    assert unfenced(text) == body
    assert only_code_fence(text, "json")
    assert code_fences_closed(text)


@given(st.lists(st.sampled_from(["```", "~~~", "````", "``` x", "a", "", "  ```", "```a`b"]), max_size=9))
def test_fences_are_those_of_commonmark(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert code_fence_count(text) == code_block_count(text)


MARKDOWN = """\
# One

Two
---

```
# no
```

* a
* b
  1. c
  2. d

| x | y |
|---|---|
| 1 | 2 |
| 3 | 4 |

[a](https://example.com) ![b](c.png) <https://example.org> [d] #no

[d]: https://example.net
"""


def test_markdown() -> None:
    assert (heading_count(MARKDOWN), heading_count(MARKDOWN, 1), heading_count(MARKDOWN, 3)) == (2, 1, 0)
    assert [list_item_count(MARKDOWN, kind) for kind in ("any", "bullet", "ordered")] == [4, 2, 2]
    assert (table_count(MARKDOWN), table_count(MARKDOWN, 2), table_count(MARKDOWN, 3)) == (1, 1, 0)
    assert (table_count(MARKDOWN, min_rows=2), table_count(MARKDOWN, min_rows=3)) == (1, 0)
    assert code_block_count(MARKDOWN) == 1
    assert (link_count(MARKDOWN), link_count(MARKDOWN, images=True)) == (3, 4)
    assert heading_count(MARKDOWN.replace("\n", "\r\n")) == 2
    for rule in (heading_count, list_item_count, table_count, code_block_count, link_count):
        assert rule("") == 0
        with pytest.raises(RuleError, match="too long to read as Markdown"):
            rule("a" * 100_001)


@given(st.integers(0, 6), st.integers(0, 6))
def test_headings_add_up(first: int, second: int) -> None:
    text = "# a\n" * first + "\n" + "### b\n" * second
    assert heading_count(text) == sum(heading_count(text, level) for level in range(1, 7)) == first + second


@pytest.mark.parametrize(
    ("text", "settings", "value"),
    [
        ("1. a\n2. b\n3. c", {}, True),
        ("1) a\n\ntext\n\n2) b", {"min_items": 2, "max_items": 2}, True),
        ("1. a\n3. b", {}, False),
        ("2. a\n3. b", {}, False),
        ("1. a\n1. b", {}, False),
        ("1. a\n     1. inner\n2. b", {"min_items": 2}, True),
        ("1. a\n```\n7. no\n```\n2. b", {"min_items": 2}, True),
        ("1. a", {"min_items": 2}, False),
        ("1. a\n2. b", {"max_items": 1}, False),
        ("1.5 is a number", {}, False),
        ("", {}, False),
    ],
)
def test_numbered_list(text: str, settings: dict[str, Any], value: bool) -> None:
    assert numbered_list(text, **settings) is value


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        ("[1][2]", ["1", "2"]),
        ("[1, 3-5]", ["1", "3", "4", "5"]),
        ("[2–3; 7] [^4]", ["2", "3", "7", "4"]),
        ("[5-3] [1-9999999] [a] [1a] [] [ 1]", []),
        ("(Lee, 2020)", ["lee 2020"]),
        ("(see Lee et al., 2020a; cf. Ng & Wu 1999)", ["lee 2020a", "ng 1999"]),
        ("(see also 2020) (the war of 1914)", []),
        ("(Lee et al., 2020a; Ng & Wu 1999)", ["lee 2020a", "ng 1999"]),
        ("(in 2020) (2020) (Lee) Lee (2020)", []),
    ],
)
def test_markers(text: str, sources: list[str]) -> None:
    assert [marker.source for marker in markers(text, "any")] == sources
    assert citation_count(text) == len(sources)


def test_citation_validity() -> None:
    works = ["Lee, K. and Ng, A. (2020a). On x; or y.", "Ng, A. 1999. On z."]
    assert citation_validity("[1] [2] [3] [1]", works) == 0.75
    assert citation_validity("[1] (Ng, 1999)", works, "author_year") == 1.0
    assert citation_validity("(Lee, 2020) (Lee 2020a) (Lee 2020b) (Wu, 1999)", works) == 0.5
    assert citation_validity("none", works) == 0.0
    assert citation_validity("[1]", []) == 0.0


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("It rains [1]. It pours.", 0.5),
        ("It rains.[1] It pours.[2]", 1.0),
        ("It rains. [1] It pours.", 0.5),
        ("It rains. [1][2] It pours [3].", 1.0),
        ("It rains. It pours. [1]", 0.5),
        ("It rains. It pours. [1].", 0.5),
        ("It rains (Lee, 2020). Why?", 0.5),
        ("No. None!", 0.0),
    ],
)
def test_citation_coverage(text: str, value: float) -> None:
    assert citation_coverage(text) == value


def test_coverage_needs_a_sentence() -> None:
    for text in ("", "...", "[1]"):
        with pytest.raises(RuleError, match="no sentence"):
            citation_coverage(text)


@given(st.text(alphabet="aB1 .!?\n[]。", max_size=40))
def test_spans_are_the_sentences_that_are_counted(text: str) -> None:
    spans = sentence_spans(text)
    assert len(spans) == count_sentences(text)
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))


HOSTILE = {
    "boxed_format": "\\boxed{" * 100_000,
    "citation_coverage": "A b. [1] " * 50_000,
    "citation_count": "[1," * 200_000,
    "tag_format": "<think>" * 100_000,
    "only_code_fence": "```\n" * 100_000,
    "xml_valid": "<a>" * 300_000,
    "numbered_list": "1. a\n" * 100_000,
    "code_fence_count": "`" * 1_000_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_time_is_linear(name: str) -> None:
    rule = signature(name)
    assert rule is not None
    started = time.perf_counter()
    rule.function(text=HOSTILE[name])
    assert time.perf_counter() - started < 10
