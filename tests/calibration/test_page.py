"""The page: one file that needs nothing else, every plot with words and a table, and data never as markup."""

import re
from html.parser import HTMLParser

import pytest

from rmcompose.calibration import plots
from rmcompose.calibration.bootstrap import Figure
from rmcompose.pages.markup import esc
from tests.calibration.conftest import node, unscored

HOSTILE = '</style><script>alert("1")</script>&\u202e\x00'
VOID = {"meta", "br"}


class Tree(HTMLParser):
    """What a page is made of: every tag with its attributes and those it stands in; a tag left open is a fault."""

    def __init__(self, text):
        super().__init__()
        self.open = []
        self.tags = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs), tuple(self.open)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def all(self, name):
        return [attrs for tag, attrs, _ in self.tags if tag == name]


@pytest.fixture
def page_of(rmcompose, folder):
    """`page_of("--label", "label", …)` is the page over what `written` wrote."""

    def call(*words):
        given = ("--results", "out.jsonl", "--html", "page.html", "--resamples", "60", *words)
        done = rmcompose("judge-report", "main.rm", "data.jsonl", *given)
        assert done.err.endswith("page: page.html\n"), done.err
        return (folder / "page.html").read_text(encoding="utf-8")

    return call


def scale(written):
    rows = [{"id": f"{n}", "prompt": "q", "response": "x" * n, "label": n % 5 + 1} for n in range(30)]
    votes = [[float(n % 5 + 1), float(min(5, n % 5 + 1 + n % 2))] for n in range(30)]
    answers = [[node(sum(some) / 2, detail={"votes": some})] for some in votes]
    answers[3] = [unscored(HOSTILE)]
    written(rows, answers, "votes = 2 vote_by = mean")


def pairs(written):
    rows = [{"id": f"{n}", "prompt": "q", "responses": ["x" * n, "y" * 9], "label": n % 2} for n in range(24)]
    answers = []
    for n in range(24):
        share = (1.0, 0.0, 0.5)[n % 3]
        orders = [{"shown": "first", "share": share}, {"shown": "second", "share": share}]
        told = {"with": 1, "share": share, "consistent": True, "reasons": ["", ""], "orders": orders}
        answers.append([node(share, detail={"pairs": [told]}), node(1 - share)])
    written(rows, answers, "mode = pairwise", "[0, 1]")


def numbers(written):
    rows = [{"id": f"{n}", "prompt": "q", "response": "x" * n, "label": 1 + n / 17} for n in range(60)]
    written(rows, [[node(1 + n / 16)] for n in range(60)])


TITLES = {
    scale: "Agreement with labels|Accuracy|Judge and label|Values by label|Value and length|Agreement among votes|Votes"
    "|Variance of votes within items|Unscored by reason",
    pairs: "Preferences|Which response is better|Preferences beyond chance|Order and position|Length bias"
    "|Value and length|Unscored by reason",
    numbers: "Agreement with labels|Accuracy|Values against labels|Value and length|Unscored by reason",
}


@pytest.mark.parametrize("make", TITLES)
def test_a_page_stands_on_its_own(written, page_of, make):
    make(written)
    text = page_of("--label", "label", "--node", "quality")
    tree = Tree(text)
    assert re.findall("<h3>(.*?)</h3>", text) == TITLES[make].split("|")
    assert not {tag for tag, _, _ in tree.tags} & {"script", "link", "img", "iframe", "object"}
    assert not [
        name for _, attrs, _ in tree.tags for name in attrs if name in ("src", "href", "srcset") or name[:2] == "on"
    ]
    assert "@import" not in text
    assert "url(" not in text
    assert "prefers-color-scheme: dark" in text
    assert "width=device-width" in text
    for attrs in tree.all("svg"):
        assert attrs["role"] == "img"
        assert len(attrs["aria-label"]) > 20
    for figure in re.findall("<figure>.*?</figure>", text, flags=re.DOTALL):
        assert re.search("</svg><div[^>]*><table>", figure), figure
    numbers = re.findall(r' (?:x|y|x1|x2|y1|y2|cx|cy|width|height)="([^"]*)"', text)
    assert numbers
    assert all(-1 <= float(number) < 5000 for number in numbers)
    assert not re.search(r"\b(nan|inf|None)\b", text)


def test_text_of_the_data_is_never_markup(written, page_of):
    scale(written)
    text = page_of("--label", "label")
    assert "<script" not in text
    assert "alert(&quot;1&quot;)" in text
    assert "\u202e" not in text
    assert text.count("<style") == text.count("</style") == 1
    Tree(text)


def test_a_report_with_next_to_nothing_has_a_page(written, page_of):
    written([{"id": "a", "prompt": "q", "response": "x", "label": 3}], [[unscored("refused")]])
    text = page_of("--label", "label")
    Tree(text)
    assert "undefined" in text


def test_what_cannot_be_shown_is_a_mark():
    assert (
        esc('<a b="c">&\x07\ud800')
        == "&lt;a b=&quot;c&quot;&gt;&amp;\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"
    )


def test_whiskers_are_where_the_figures_are():
    figure = Figure(0.5, 0.25, 0.75, 10, 10, 100)
    drawn = plots.whiskers(
        [plots.Row("a", figure)], low=0.0, high=1.0, ticks=[0.0, 1.0], write=str, words="one figure", neutral=0.5
    )
    (dot,) = re.findall(r'<circle cx="([\d.]+)"', drawn)
    (ends,) = re.findall(r'<line x1="([\d.]+)" y1="[\d.]+" x2="([\d.]+)" y2="[\d.]+" class="whisker">', drawn)[:1]
    ticks = [float(x) for x in re.findall(r'<line x1="([\d.]+)"[^>]*class="grid">', drawn)]
    left, right = ticks
    assert float(dot) == pytest.approx((left + right) / 2, abs=0.01)
    assert [float(end) for end in ends] == pytest.approx(
        [left + (right - left) * part for part in (0.25, 0.75)], abs=0.01
    )


@pytest.mark.parametrize(
    ("values", "low", "high", "edges"),
    [
        ([1.0, 5.0, 3.0], 1.0, 5.0, [0.0, 2.0, 4.0, 6.0]),
        ([1.0, 2.0], 1.0, 5.0, [0.5, 1.5, 2.5, 3.5, 4.5, 5.5]),
        ([1.5, 2.0, 4.0], 1.0, 5.0, [0.75 + 0.5 * place for place in range(10)]),
        ([0.5], 0.5, 0.5, [0.0, 1.0]),
        ([0.1, 0.23, 0.9], 0.0, 1.0, [place / 10 for place in range(11)]),
    ],
)
def test_bars_stand_on_the_steps_of_values(values, low, high, edges):
    assert plots.bin_edges(values, low, high) == pytest.approx(edges)


def test_every_value_is_in_a_bar():
    edges = plots.bin_edges([0.1, 0.23, 0.9], 0.0, 1.0)
    assert plots.binned_counts({0.0: 1, 0.05: 2, 0.95: 3, 1.0: 4}, edges) == [3, 0, 0, 0, 0, 0, 0, 0, 0, 7]
