"""One folder a composition with all its forms: both syntaxes, IR, plan, and the results of samples.

`source.rm` is written by hand and so are the samples; the other files are goldens (`pytest --update-golden`). Judges
are scripted: a judge answers the middle of its scale, a comparing one likes the longer response.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from rmcompose.compiler import Compilation
from rmcompose.data import read
from rmcompose.plan.show import plan_text
from rmcompose.runtime import engine
from rmcompose.runtime.judging import Answer
from rmcompose.syntax import convert

CASES = sorted(path for path in (Path(__file__).parent / "fixtures" / "valid").iterdir() if path.is_dir())


async def ask(spec: Any, shown: Any, criteria: Any, client: Any) -> Answer:
    return Answer((spec.low + spec.high) / 2, calls=1)


async def compare(
    spec: Any, shared: Mapping[str, Any], responses: Sequence[Mapping[str, Any]], criteria: Any, client: Any
) -> list[Answer]:
    lengths = [len(one["response"]) for one in responses]
    if len(lengths) == 1:
        return [Answer(None, kind="abstained", message="nothing to compare with")]
    beaten = [sum((a > b) + 0.5 * (a == b) for j, b in enumerate(lengths) if j != i) for i, a in enumerate(lengths)]
    return [Answer(won / (len(lengths) - 1), calls=1) for won in beaten]


def golden(path: Path, text: str, *, update: bool) -> None:
    if update:
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), path


def results(source: Path, *, optimize: bool) -> list[dict[str, Any]]:
    client: Any = object()
    reward = Compilation(source).reward(Compilation(source).compositions[-1], optimize=optimize, client=client)
    with patch.object(engine, "ask", ask), patch.object(engine, "compare", compare):
        lines = list(reward.stream(read(source.with_name("samples.jsonl"))))
    for line in lines:
        line.pop("spec")  # the digest differs between the syntaxes' files
        for response in line["responses"]:
            for node in response["nodes"].values():
                node.pop("ms")
                for step in node.get("steps", ()):
                    step.pop("ms")
    return lines


@pytest.fixture(params=CASES, ids=lambda path: path.name)
def case(request: pytest.FixtureRequest) -> Path:
    folder: Path = request.param
    return folder


def test_both_syntaxes_are_one_document(case: Path, update_golden: bool) -> None:
    source = Compilation(case / "source.rm")
    assert source.diagnostics == []
    twin = case / "source.rm.yaml"
    if update_golden and not twin.exists():
        twin.write_text(convert(source.document, [], to="yaml").text, encoding="utf-8")
    assert Compilation(twin).diagnostics == []
    assert Compilation(twin).document == source.document
    ir = json.dumps(source.document.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n"
    golden(case / "ir.json", ir, update=update_golden)


def test_its_plan(case: Path, update_golden: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(case)
    compilation = Compilation("source.rm")
    golden(case / "plan.txt", plan_text(compilation.plan(compilation.compositions[-1])), update=update_golden)


def test_its_results(case: Path, update_golden: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(case)
    lines = results(Path("source.rm"), optimize=True)
    golden(
        case / "results.jsonl",
        "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines),
        update=update_golden,
    )
    assert results(Path("source.rm.yaml"), optimize=True) == lines
    plain = results(Path("source.rm"), optimize=False)
    for one, other in zip(plain, lines, strict=True):
        assert [(repr(r["score"]), r["status"]) for r in one["responses"]] == [
            (repr(r["score"]), r["status"]) for r in other["responses"]
        ]
