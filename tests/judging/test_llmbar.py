"""Real judges, replayed over HTTP: the verdicts that a spec reads are those that the authors of LLMBar recorded."""

import json
from pathlib import Path

import pytest

from rmcompose.cli.main import main

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def replayed(llmbar):
    """`replayed(judge, reading)`: the verdicts of all pairs in both orders, by subset; each replayed once."""
    known = {}

    def go(judge, reading):
        if (judge, reading) not in known:
            pairs = llmbar.pairs_of()
            results = llmbar.results_of(judge, reading, pairs)
            verdicts = {}
            for pair, result in zip(pairs, results, strict=True):
                verdicts.setdefault(pair["subset"], []).append(llmbar.verdicts_of(result))
            known[judge, reading] = verdicts, results
        return known[judge, reading]

    return go


@pytest.mark.parametrize(
    ("judge", "reading"),
    [("GPT-4", "stated"), ("ChatGPT", "stated"), pytest.param("PaLM2", "leading", marks=pytest.mark.slow)],
)
def test_every_recorded_verdict_is_read_in_both_orders(llmbar, replayed, judge, reading):
    verdicts, _ = replayed(judge, reading)
    for subset, found in verdicts.items():
        pairs = llmbar.pairs_of(subset)
        assert found == [llmbar.recorded(pair, judge) for pair in pairs]
        counted = llmbar.agreement(pairs, judge, found)
        assert counted.correct_both == llmbar.published(subset, judge, "correct_both")
        assert counted.equal == llmbar.published(subset, judge, "equal")
        for order, what in enumerate(("correct_False", "correct_True")):
            right = sum(both[order] == str(pair["label"]) for pair, both in zip(pairs, found, strict=True))
            assert right == llmbar.published(subset, judge, what)


def test_a_reply_that_prefers_neither_is_no_win(llmbar, replayed):
    """ChatGPT, told not to, calls three pairs equally good in one order: these are unscored, and say which order."""
    _, results = replayed("ChatGPT", "stated")
    unscored = [result for result in results if result["responses"][0]["score"] is None]
    assert [result["id"] for result in unscored] == ["Natural-17", "Manual-39", "GPTOut-31"]
    for result in unscored:
        for response in result["responses"]:
            assert response["score"] is None
            detail = response["nodes"]["better"]["detail"]
            assert [order.get("kind") for order in detail["pairs"][0]["orders"]].count("malformed_reply") == 1


def test_orders_that_disagree_tie_and_are_counted(llmbar, replayed):
    verdicts, results = replayed("GPT-4", "stated")
    both = [pair for found in verdicts.values() for pair in found]
    for (first, second), result in zip(both, results, strict=True):
        scores = [response["score"] for response in result["responses"]]
        detail = result["responses"][0]["nodes"]["better"]["detail"]
        assert detail["inconsistent"] == (first != second)
        assert scores == ([0.5, 0.5] if first != second else [1.0, 0.0] if first == "1" else [0.0, 1.0])
    assert sum(first != second for first, second in both) == 193 - (91 + 38 + 41)


@pytest.mark.parametrize(("judge", "naive"), [("GPT-4", 386), ("ChatGPT", 381), ("PaLM2", 121)])
def test_the_output_that_is_mentioned_last_is_another_reading(llmbar, judge, naive):
    """Of 386 replies: a judge that explains after its verdict mentions the loser last."""
    pairs = llmbar.pairs_of()
    assert llmbar.agreement(pairs, judge, [llmbar.naive(pair, judge) for pair in pairs]).verdicts == naive


@pytest.mark.slow
def test_palm_2_says_otherwise_than_was_recorded(llmbar, replayed):
    """Its replies often begin `Output (b) is better.` and go on with a line about (a), which its authors' parser took.

    Read as they are written, 53 of 386 verdicts differ from the recorded ones, and the judge is steadier.
    """
    verdicts, _ = replayed("PaLM2", "stated")
    counted = {subset: llmbar.agreement(llmbar.pairs_of(subset), "PaLM2", found) for subset, found in verdicts.items()}
    assert {subset: one.verdicts for subset, one in counted.items()} == {"Natural": 178, "Manual": 74, "GPTOut": 81}
    assert {subset: one.correct_both for subset, one in counted.items()} == {"Natural": 71, "Manual": 26, "GPTOut": 19}
    assert {subset: one.equal for subset, one in counted.items()} == {"Natural": 82, "Manual": 37, "GPTOut": 31}


def test_the_longer_output_as_a_baseline(llmbar):
    wins = {subset: llmbar.longer_wins(llmbar.pairs_of(subset)) for subset in ("Natural", "Manual", "GPTOut")}
    assert wins == pytest.approx({"Natural": 0.565, "Manual": 0.185, "GPTOut": 0.447}, abs=0.0005)


def test_the_same_by_the_command(llmbar, monkeypatch, tmp_path, capsys):
    """PaLM 2 on twelve pairs, by `rmcompose run`: the same verdicts, and exit code 3 for empty replies."""
    pairs = [pair for pair in llmbar.pairs_of("Manual") if pair["idx"] in {0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 39}]
    data, out = tmp_path / "pairs.jsonl", tmp_path / "out.jsonl"
    data.write_text("".join(json.dumps(llmbar.row_of(pair)) + "\n" for pair in pairs), encoding="utf-8")
    monkeypatch.setenv("RMCOMPOSE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("OPENAI_API_KEY", "recorded")
    monkeypatch.chdir(tmp_path)
    with llmbar.served("PaLM2") as url:
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        assert main(["run", f"{llmbar.SPEC}::leading", str(data), "-o", str(out)]) == 3
    results = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [llmbar.verdicts_of(result) for result in results] == [llmbar.recorded(pair, "PaLM2") for pair in pairs]
    unscored = [result["id"] for result in results if result["responses"][0]["score"] is None]
    assert unscored == ["Manual-7", "Manual-39"]
