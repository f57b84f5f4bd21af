"""The figures of rules against recorded labels, as `benchmarks/labels.py` prints them."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parent.parent.parent / "benchmarks"


def module(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module of `benchmarks/`, which is a folder of scripts."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module(name)


def figures(name: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[int, int, float]]:
    lines = module("labels", monkeypatch).lines(name)
    return {line.what: (line.agree, line.cases, round(line.balanced, 4)) for line in lines}


def test_the_cases_of_math_verify(monkeypatch: pytest.MonkeyPatch) -> None:
    assert figures("math_verify", monkeypatch) == {
        "`math_verify`": (147, 147, 1.0),
        "`math_verify_reward`": (143, 147, 0.9421),
        "math-verify itself": (145, 147, 0.95),
        "math-verify, told the kind": (147, 147, 1.0),
    }


def test_every_case_of_math_verify(monkeypatch: pytest.MonkeyPatch) -> None:
    cases = module("labelled.math_verify", monkeypatch)
    assert [case["case"] for case in cases.cases(BENCHMARKS / "data") if cases.ours(case) is not case["equal"]] == []


def test_the_solutions_of_gsm8k(monkeypatch: pytest.MonkeyPatch) -> None:
    found = figures("gsm8k", monkeypatch)
    assert found["`math_verify`"] == (2228, 2228, 1.0)
    assert found["`final_number`"] == (2228, 2228, 1.0)
    assert found["`math_verify_reward == 1`"][:2] == (2227, 2228)
    assert found["`number_match == 1`"][:2] == (1823, 2228)
    assert found["`number_accuracy == 1`"][:2] == (1489, 2228)


def test_the_rollouts_of_nemo_gym(monkeypatch: pytest.MonkeyPatch) -> None:
    gym = module("labelled.nemo_gym", monkeypatch)
    verifiers = gym.ready()  # more than these where a rule of `LATER` is there
    assert set(verifiers) >= set(gym.COMPOSITIONS)
    programs = [row for row in gym.rollouts(BENCHMARKS / "data") if row["verifier"] == "code_gen"]
    if "code_gen" in verifiers and gym.scores("code_gen", programs) == [None, None]:
        verifiers.remove("code_gen")  # no sandbox on this machine; the tests of the sandbox say so
    found = gym.reproduced(BENCHMARKS / "data")
    assert {verifier: found[verifier] for verifier in verifiers} == dict.fromkeys(verifiers, (2, 2))
    [line] = gym.lines(BENCHMARKS / "data")
    assert (line.agree, line.cases) == (2 * len(verifiers), 2 * len(found))
    assert len(gym.COMPOSITIONS) == 20


def test_what_comes_later_names_its_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    gym = module("labelled.nemo_gym", monkeypatch)
    folder = BENCHMARKS / "specs" / "later"
    assert {path.stem for path in folder.glob("*.rm")} == set(gym.LATER)
    for verifier, (rule, argument) in gym.LATER.items():
        text = (folder / f"{verifier}.rm").read_text(encoding="utf-8")
        assert f"= {rule}(" in text
        assert f"{argument} = " in text


def test_an_empty_response_earns_nothing_from_any_verifier(monkeypatch: pytest.MonkeyPatch) -> None:
    gym = module("labelled.nemo_gym", monkeypatch)
    for row in gym.rollouts(BENCHMARKS / "data"):
        # measures of overlap find words that any two texts share
        if row["verifier"] in gym.COMPOSITIONS and row.get("metadata") != {"is_halu": 0}:
            # nothing found where there is nothing is right
            assert gym.scores(row["verifier"], [{**row, "response": "I do not know."}]) == [0.0], row["id"]


def test_a_reward_of_1_is_lost_with_another_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    gym = module("labelled.nemo_gym", monkeypatch)
    rows = [row for row in gym.rollouts(BENCHMARKS / "data") if row["verifier"] in gym.COMPOSITIONS]
    for row in rows:
        others = [
            one for one in rows if one["verifier"] == row["verifier"] and one.get("reference") != row.get("reference")
        ]
        if row["reward"] == 1.0 and "reference" in row and others:
            assert gym.scores(row["verifier"], [{**row, "reference": others[0]["reference"]}])[0] < 1.0, row["id"]


def test_every_verifier_of_nemo_gym_is_accounted_for(monkeypatch: pytest.MonkeyPatch) -> None:
    gym = module("labelled.nemo_gym", monkeypatch)
    kept = [set(gym.COMPOSITIONS), set(gym.LATER), set(gym.WAITING)]
    groups = [*kept, set(gym.ASKS_A_MODEL), set(gym.NOT_RECORDED)]
    assert sum(map(len, groups)) == len(set.union(*groups)) == 38
    rows = gym.rollouts(BENCHMARKS / "data")
    recorded = {verifier: sum(row["verifier"] == verifier for row in rows) for verifier in set.union(*kept)}
    assert recorded == dict.fromkeys(set.union(*kept), 2)
    assert len(rows) == sum(recorded.values())


def test_the_table_holds_a_row_of_every_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    labels = module("labels", monkeypatch)
    line = labels.Line("data", "rule", 999, 1000, "note", 0.99999)
    assert labels.row(line) == ["data", "rule", "999 of 1,000", "99.9", "99.9", "note"]
    assert labels.row(labels.Line("data", "rule", 1000, 1000)) == ["data", "rule", "1,000 of 1,000", "100.0", "", ""]
    assert set(labels.sets()) >= {"gsm8k", "math_verify", "nemo_gym"}


def test_an_unknown_data_set_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    labels = module("labels", monkeypatch)
    monkeypatch.setattr(sys, "argv", ["labels.py", "nothing"])
    with pytest.raises(SystemExit) as ended:
        labels.main()
    assert ended.value.code == 2
    assert "no data set `nothing`" in capsys.readouterr().err


def test_agreement_counts_what_is_unscored_against_the_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    agreement = module("labelled", monkeypatch).agreement
    line = agreement("data", "rule", [(True, True), (None, True), (False, False), (None, False), (True, False)])
    assert (line.agree, line.cases, line.balanced) == (2, 5, (1 / 2 + 1 / 3) / 2)


@pytest.mark.parametrize(
    "folder", sorted(path for path in (BENCHMARKS / "data").iterdir() if path.is_dir()), ids=lambda path: path.name
)
def test_every_data_set_has_its_licence(folder: Path) -> None:
    assert (folder / "LICENSE").read_text(encoding="utf-8").strip()
