"""Results made by hand and by real specs, and pages read back."""

import json
import re
from html.parser import HTMLParser

import pytest

from rmcompose.cli.main import main

SPEC = """\
rmcompose 1

composition graded -> score[0, 1] {
  input response: text

  rule same  = regex_match(text = response, pattern = "yes")
  rule words = word_count(text = response)
  rule chars = char_count(text = response)

  let warm  = clamp(chars / 40, 0.0, 1.0)
  let brief = clamp(1.0 - words / 20, 0.0, 1.0)

  aggregate both = weighted_mean {
    member warm  weight 3
    member brief weight 1
  }

  require chars > 2 else 0.0 because "next to nothing"

  return if same then both else 0.5 * brief
}
"""


def node(value=None, **more):
    """A node of a result line; scored where it has a value."""
    told = {"value": value, "status": "scored", "reason": None, "ms": 1.0, "calls": 0, "tokens": 0, "cached": False}
    return {**told, **more}


def unscored_node(kind="refused", name="judge"):
    reason = {"kind": kind, "node": name, "message": f"it is {kind}"}
    return node(None, status="unscored", reason=reason)


def response(score, nodes=None, index=0, reason=None, **more):
    """A response of a result line; unscored where there is no score."""
    if score is None:
        reason = reason or {"kind": "refused", "node": "judge", "message": "no"}
    status = "scored" if score is not None else "unscored"
    return {"index": index, "score": score, "status": status, "reason": reason, **more, "nodes": nodes or {}}


def line(*responses, id="a", spec="sha256:0", composition="made"):  # noqa: A002  # the word of result lines
    """A result line."""
    scored = [(-one["score"], one["index"]) for one in responses if one["score"] is not None]
    best = min(scored)[1] if scored else None
    return {"id": id, "composition": composition, "spec": spec, "best": best, "responses": list(responses)}


class Page(HTMLParser):
    """A page read back: its tags, its tables as rows of texts by section, and the data in it."""

    VOID = frozenset({"meta", "input", "br"})

    def __init__(self, text):
        super().__init__()
        self.text = text
        self.open = []
        self.tags = []
        self.tables = {}
        self._section = ""
        self._title = ""
        self._cell = None
        self._row = []
        self._heading = None
        self.feed(text)
        self.close()
        assert self.open == []
        (found,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
        self.data = json.loads(found)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append((tag, attrs))
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "section":
            self._section, self._title = attrs["id"], ""
        elif tag == "h3":
            self._heading = ""
        elif tag == "tr":
            self._row = []
        elif tag in ("td", "th"):
            self._cell = ""

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        if tag == "h3":
            self._title, self._heading = self._heading, None
        elif tag in ("td", "th"):
            self._row.append(self._cell)
            self._cell = None
        elif tag == "tr":
            self.tables.setdefault((self._section, self._title), []).append(self._row)
        elif tag == "section":
            self._section = self._title = ""

    def handle_data(self, data):
        if self._cell is not None:
            self._cell += data
        elif self._heading is not None:
            self._heading += data


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working directory, with the spec in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RMCOMPOSE_CACHE_DIR", str(tmp_path / ".cache"))
    monkeypatch.setenv("NO_COLOR", "1")
    (tmp_path / "graded.rm").write_text(SPEC, encoding="utf-8")
    return tmp_path


ROWS = [
    {"id": f"r{n}", "prompt": f"question {n}", "reference": "yes", "responses": ["yes", "no " * n, "yes " * (n % 4)]}
    for n in range(40)
]


@pytest.fixture
def scored(folder, capsys):
    """Results of the spec over 40 samples with three responses each, in `out.jsonl`."""
    rows = "".join(json.dumps(row) + "\n" for row in ROWS)
    (folder / "data.jsonl").write_text(rows, encoding="utf-8")
    assert main(["run", "graded.rm", "data.jsonl", "-o", "out.jsonl", "--summary", "none"]) in (0, 3)
    capsys.readouterr()
    return [json.loads(one) for one in (folder / "out.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def page_of(folder, capsys):
    """`page_of("out.jsonl", …)` is the page that the command writes."""

    def call(*words):
        capsys.readouterr()
        code = main(["report", *map(str, words), "-o", "report.html"])
        said = capsys.readouterr()
        assert code == 0, said.err
        return Page((folder / "report.html").read_text(encoding="utf-8"))

    return call
