"""The command in an empty folder, and real judges whose recorded verdicts come over HTTP."""

import json
import re
from pathlib import Path

import pytest

from rmcompose import load
from tests.cli.conftest import folder, rmcompose  # noqa: F401  # fixtures
from tests.judging.conftest import KEY, serve  # noqa: F401  # fixtures

DATA = Path(__file__).parent / "data"

POINTWISE = """\
rmcompose 1

composition main -> score[1, 5] {
  judge quality: score[1, 5] {
    model = "m"
    given = [prompt, response]
    rubric \"\"\"How good is it?\"\"\"
    SETTINGS
  }

  return quality
}
"""


def rows_of(name):
    return [json.loads(line) for line in (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def judged(folder, rmcompose, serve, monkeypatch):  # noqa: F811
    """`judged(rows, replies, settings)` writes rows and a spec, and starts a model.

    It answers a prompt with the next of its replies, the last of them for ever.
    """

    def start(rows, replies, settings="", scale="[1, 5]"):
        (folder / "main.rm").write_text(
            POINTWISE.replace("SETTINGS", settings).replace("[1, 5]", scale), encoding="utf-8"
        )
        (folder / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        server = serve()
        left = {prompt: list(some) for prompt, some in replies.items()}

        def pick(body):
            prompt = re.search(r"^item-\w+$", body["messages"][-1]["content"], re.MULTILINE)[0]
            some = left[prompt]
            reply = some.pop(0) if len(some) > 1 else some[0]
            return reply if isinstance(reply, dict) and "status" in reply else {"reply": reply}

        server.pick = pick
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        return server

    return start


def node(value, reason=None, **more):
    """A node of a result line."""
    status = "unscored" if value is None else "scored"
    return {
        "value": value,
        "status": status,
        "reason": reason,
        "ms": 0.0,
        "calls": 1,
        "tokens": 9,
        "cached": False,
        **more,
    }


def unscored(kind):
    """A node without a value."""
    return node(None, {"kind": kind, "node": "quality", "message": "…"})


def line_of(sample_id, nodes, spec="sha256:…"):
    """A result line of a composition whose result is its one judge, `quality`."""
    responses = [
        {
            "index": index,
            "score": one["value"],
            "status": one["status"],
            "reason": one["reason"] if one["value"] is None else None,
            "nodes": {"quality": one},
        }
        for index, one in enumerate(nodes)
    ]
    return {"id": sample_id, "composition": "main", "spec": spec, "best": None, "responses": responses}


@pytest.fixture
def written(folder):  # noqa: F811
    """`written(rows, answers, settings, scale)` writes a spec, rows, and as `out.jsonl` the nodes of each row."""

    def write(rows, answers, settings="", scale="[1, 5]"):
        text = POINTWISE.replace("SETTINGS", settings).replace("[1, 5]", scale)
        (folder / "main.rm").write_text(text, encoding="utf-8")
        (folder / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        spec = load(folder / "main.rm").spec_hash
        lines = [
            line_of(row.get("id") or f"data.jsonl:{number}", nodes, spec)
            for number, (row, nodes) in enumerate(zip(rows, answers, strict=True), start=1)
        ]
        (folder / "out.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        return lines

    return write


@pytest.fixture
def report(rmcompose):  # noqa: F811
    """`report("--label", "label", …)` is the exit code and the report as data, over `main.rm` and `data.jsonl`."""

    def call(*words):
        done = rmcompose("judge-report", "main.rm", "data.jsonl", "--format", "json", *words)
        assert done.out, done.err
        return done.code, json.loads(done.out)

    return call
