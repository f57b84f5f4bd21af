"""The command in an empty folder, and real judges whose recorded verdicts come over HTTP."""

import json
import re
from pathlib import Path

import pytest

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


@pytest.fixture
def report(rmcompose):  # noqa: F811
    """`report("--label", "label", …)` is the exit code and the report as data, over `main.rm` and `data.jsonl`."""

    def call(*words):
        done = rmcompose("judge-report", "main.rm", "data.jsonl", "--format", "json", *words)
        assert done.out, done.err
        return done.code, json.loads(done.out)

    return call
