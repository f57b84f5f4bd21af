"""Arbitrary bytes as specs and as data: diagnostics or rows with reasons, never a traceback, never a lost row."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmcompose.cli.main import main

FIXTURES = Path(__file__).parent / "fixtures" / "valid"
SPEC = """rmcompose 1
composition main -> score[0, 1] {
  input weight: float[0, 1] = 0.5
  input kind: enum["a", "b"]
  rule same = accuracy()
  rule words = word_count()
  return if kind == "a" then same * weight else clamp(words / 10, 0.0, 1.0)
}
"""


def seeds(pattern: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted(FIXTURES.rglob(pattern))]


def broken(texts: list[bytes]) -> st.SearchStrategy[bytes]:
    """Healthy texts with a piece cut out, doubled or overwritten, and texts that were never healthy."""

    def mutate(text: bytes, at: float, length: int, piece: bytes, mode: str) -> bytes:
        start = int(at * len(text))
        cut = text[start : start + length]
        kept = {"cut": b"", "double": cut + cut, "overwrite": piece, "insert": cut + piece}[mode]
        return text[:start] + kept + text[start + length :]

    mutated = st.builds(
        mutate,
        st.sampled_from(texts),
        st.floats(0, 1),
        st.integers(0, 60),
        st.one_of(
            st.binary(max_size=12), st.sampled_from([b'"""', b"{", b"}", b"${", b"- ", b": ", b"\x00", b"((((("])
        ),
        st.sampled_from(["cut", "double", "overwrite", "insert"]),
    )
    return st.one_of(st.binary(max_size=200), mutated, mutated.flatmap(lambda text: broken_again(text, mutate)))


def broken_again(text: bytes, mutate: Any) -> st.SearchStrategy[bytes]:
    return st.builds(
        mutate, st.just(text), st.floats(0, 1), st.integers(0, 20), st.binary(max_size=4), st.just("overwrite")
    )


@pytest.mark.parametrize("suffix", ["rm", "rm.yaml"])
def test_arbitrary_specs_give_diagnostics(suffix: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("spec")
    path = folder / f"main.{suffix}"
    texts = seeds(f"source.{suffix}")
    assert texts

    @given(broken(texts))
    @settings(max_examples=150)
    def check(text: bytes) -> None:
        path.write_bytes(text)
        assert main(["validate", str(path), "--format", "json"]) in (0, 1)
        assert main(["validate", str(path)]) in (0, 1)
        assert main(["plan", str(path)]) in (0, 1, 2)
        assert main(["fmt", str(path), "--check"]) in (0, 1, 4)

    check()


@pytest.mark.parametrize("suffix", ["jsonl", "json", "csv"])
def test_arbitrary_data_gives_rows_with_reasons(suffix: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("data")
    spec, data, out = folder / "main.rm", folder / f"data.{suffix}", folder / "out.jsonl"
    spec.write_text(SPEC)
    rows = [
        {"prompt": "q", "responses": ["a", "b"], "reference": "a", "kind": "a"},
        {"prompt": "q", "chosen": "a", "rejected": "b", "reference": "a", "kind": "b", "weight": 0.25},
        {"unique_id": "1", "input": [], "output": [{"answer": {"role": "assistant", "content": "x"}}]},
    ]
    healthy = {
        "jsonl": "".join(json.dumps(row) + "\n" for row in rows),
        "json": json.dumps(rows),
        "csv": "prompt,response,reference,kind\nq,a,a,a\nq,b,a,b\n",
    }[suffix].encode()

    @given(broken([healthy]))
    @settings(max_examples=100)
    def check(text: bytes) -> None:
        data.write_bytes(text)
        out.unlink(missing_ok=True)
        code = main(["run", str(spec), str(data), "-o", str(out), "--summary", "none"])
        assert code in (0, 3, 4)
        if code == 4:
            return
        for line in out.read_text(encoding="utf-8").splitlines():
            for response in json.loads(line)["responses"]:
                assert (response["score"] is None) == (response["status"] == "unscored")
                assert response["score"] is not None or response["reason"]["kind"]

    check()
