"""The figures of rules against recorded labels, as `benchmarks/labels.py` prints them."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import rmcompose as rm

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
    verifiers = list(gym.COMPOSITIONS)
    programs = [row for row in gym.rollouts(BENCHMARKS / "data") if row["verifier"] == "code_gen"]
    if gym.scores("code_gen", programs) == [None, None]:
        verifiers.remove("code_gen")  # no sandbox on this machine; the tests of the sandbox say so
    found = gym.reproduced(BENCHMARKS / "data")
    assert {verifier: found[verifier] for verifier in verifiers} == dict.fromkeys(verifiers, (2, 2))
    [line] = gym.lines(BENCHMARKS / "data")
    assert (line.agree, line.cases) == (2 * len(verifiers), 2 * len(found))
    assert len(gym.COMPOSITIONS) == 25


def test_the_instructions_of_a_rollout_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    gym = module("labelled.nemo_gym", monkeypatch)
    rows = [row for row in gym.rollouts(BENCHMARKS / "data") if row["verifier"] == "instruction_following"]
    reward = rm.load(f"{gym.SPEC}::instruction_following", optimize=False)
    nodes = [reward.evaluate(row).output[0].answer.reward.nodes for row in rows]
    found = [{name: nodes[row][name]["value"] for name in ("parted", "listed", "four")} for row in (0, 1)]
    assert found[0] == {"parted": True, "listed": True, "four": True}
    assert rows[0]["metadata"]["follow_instruction_list"] == [True, False, True]
    assert [nodes[1][name]["value"] for name in ("parted", "titled", "counted")] == [True, True, True]
    # what is not known is never taken for followed
    unknown = {**rows[1]["metadata"], "instruction_id_list": ["copy:copy"]}
    assert gym.scores("instruction_following", [{**rows[1], "metadata": unknown}]) == [0.0]


@pytest.mark.parametrize(
    ("count", "response", "reward"),
    [(2, "one two THREE", 1.0), (2, "one two three", 0.0), (3, "one two three", 1.0), (3, "one\ntwo, a b", 0.0)],
)
def test_words_in_lower_case_are_counted(
    count: int, response: str, reward: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    gym = module("labelled.nemo_gym", monkeypatch)
    metadata = {"instruction_id_list": ["count:lowercase_counting"], "settings": {"N": count}}
    assert gym.scores("instruction_following", [{"response": response, "metadata": metadata}]) == [reward]
    metadata["settings"] = {"N": 4}
    assert gym.scores("instruction_following", [{"response": response, "metadata": metadata}]) == [0.0]


def test_an_empty_response_earns_nothing_from_any_verifier(monkeypatch: pytest.MonkeyPatch) -> None:
    gym = module("labelled.nemo_gym", monkeypatch)
    overlaps = {"rolemrc", "wmt_translation"}  # these find words that any two texts share
    for row in gym.rollouts(BENCHMARKS / "data"):
        # nothing found where there is nothing is right, and so is no call where none is wanted
        if row["verifier"] not in overlaps and row.get("metadata") != {"is_halu": 0} and row.get("reference") != []:
            assert gym.scores(row["verifier"], [{**row, "response": "I do not know."}]) == [0.0], row["id"]


def test_a_reward_of_1_is_lost_with_another_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    gym = module("labelled.nemo_gym", monkeypatch)
    rows = gym.rollouts(BENCHMARKS / "data")
    for row in rows:
        others = [
            one for one in rows if one["verifier"] == row["verifier"] and one.get("reference") != row.get("reference")
        ]
        if row["reward"] == 1.0 and "reference" in row and others:
            assert gym.scores(row["verifier"], [{**row, "reference": others[0]["reference"]}])[0] < 1.0, row["id"]


def test_every_verifier_of_nemo_gym_is_accounted_for(monkeypatch: pytest.MonkeyPatch) -> None:
    gym = module("labelled.nemo_gym", monkeypatch)
    groups = [set(gym.COMPOSITIONS), set(gym.ASKS_A_MODEL), set(gym.NOT_RECORDED)]
    assert sum(map(len, groups)) == len(set.union(*groups)) == 38
    rows = gym.rollouts(BENCHMARKS / "data")
    recorded = {verifier: sum(row["verifier"] == verifier for row in rows) for verifier in gym.COMPOSITIONS}
    assert recorded == dict.fromkeys(gym.COMPOSITIONS, 2)
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
