"""Specs whose answers are known, rows whose scores a test sets, and the command on both."""

import json
from pathlib import Path

import pytest

from rmcompose.benchmarking.catalogue import BENCHMARKS
from tests.cli.conftest import folder, rmcompose  # noqa: F401  # fixtures
from tests.judging.conftest import KEY, serve  # noqa: F401  # fixtures

DATA = Path(__file__).parent / "data"

SPECS = """\
rmcompose 1

## The fixtures mark right responses.
composition oracle -> score[0, 1] {
  rule right = contains(value = "[+]")
  return if right then 1.0 else 0.0
}
composition reversed -> score[0, 1] {
  rule right = contains(value = "[+]")
  return if right then 0.0 else 1.0
}
composition constant -> score[0, 1] {
  return 0.5
}
composition longer -> float {
  rule size = char_count()
  return size
}
## What a row says that a response is worth; unscored where it says nothing.
composition told -> float {
  input worth: float
  return worth
}
## What a row says, read from another key.
composition told_too -> float {
  input worth_too: float
  return worth_too
}
## The response that is shown first: right for those who put the chosen one there.
composition first -> score[0, 1] {
  input index: int
  return if index == 0 then 1.0 else 0.0
}
## As `first`, by a function over the responses of a sample.
composition best_of_equals -> bool {
  rule size = char_count()
  let same = 0 * size
  return best(same)
}
"""

FILES = {
    "preference": "preference.jsonl",
    "rewardbench": "rewardbench.jsonl",
    "rewardbench2": "rewardbench2.jsonl",
    "rm-bench": "rm_bench.json",
    "rmb": "rmb",
    "judgebench": "judgebench.jsonl",
    "llmbar": "llmbar",
    "conflicts": "rewardbench2.jsonl",
}
"""The fixture of each benchmark."""
assert list(FILES) == list(BENCHMARKS)


@pytest.fixture
def specs(folder):  # noqa: F811
    """The folder with `specs.rm`."""
    (folder / "specs.rm").write_text(SPECS, encoding="utf-8")
    return folder


@pytest.fixture
def bench(specs, rmcompose):  # noqa: F811
    """`bench("rmb", "oracle")` gives the exit code and the object of `--summary json`; rows may be given for a file."""

    def call(name, composition, data=None, *words):
        if data is None:
            data = DATA / FILES[name]
        elif isinstance(data, list):
            write(specs / "rows.jsonl", data)
            data = "rows.jsonl"
        spec = composition if ".rm" in str(composition) else f"specs.rm::{composition}"
        done = rmcompose("bench", name, spec, "--data", data, "--summary", "json", *words)
        assert done.code in (0, 3), done
        return done.code, json.loads(done.out)

    return call


def write(path, rows):
    """The rows as JSON lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def native(chosen, rejected, **fields):
    """A native row whose responses are worth what is given: None is unscored, a pair what two judges say."""
    output = []
    for preference, worths in (("chosen", chosen), ("rejected", rejected)):
        for worth in worths:
            one, other = worth if isinstance(worth, tuple) else (worth, worth)
            label = {"preference": preference, "worth": one, "worth_too": other}
            kept = {name: value for name, value in label.items() if value is not None}
            text = f"{preference} {len(output)}"
            output.append({"answer": {"role": "assistant", "content": text, "label": kept}})
    prompt = fields.pop("prompt", "q")
    return {"input": [{"role": "user", "content": prompt}], "output": output, **fields}
