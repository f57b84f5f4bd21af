"""Budgets: what fits is asked, what does not costs nothing, and nobody takes it for a wrong answer."""

import asyncio
import contextlib
import json
import threading

import pytest

from rmcompose.cli.main import main
from rmcompose.cli.summary import Summary
from rmcompose.compiler import loads
from rmcompose.diagnostics.catalogue import UNSCORED_CODES
from rmcompose.runtime.client import Budget, Config, ConfigError
from rmcompose.runtime.client.budget import Busy, Share
from rmcompose.runtime.client.gauge import Gauge
from rmcompose.runtime.client.question import Question, Reply
from rmcompose.runtime.judging import ask, compare

GOOD = {"reply": {"reason": "r", "score": 0.5}}
# what the server says that each call used
TOKENS = 120
PRICES = {"price_in": 10_000.0, "price_out": 50_000.0}
PRICE = (100 * 10_000 + 20 * 50_000) / 1e6


@pytest.fixture
def asked(serve, client_of, run, judge):
    """`asked(budget, texts)` puts a question for each text, one after the other or all at once."""

    def go(budget, texts, *rules, at_once=False, prices=None, **options):
        server = serve(*(rules or [GOOD]))
        config = Config({"m": {"base_url": server.url} | (prices or {})}, {})
        client = client_of(server, config, budget=budget, **options)

        async def all_of_them():
            if at_once:
                return await asyncio.gather(*(ask(judge(), [text], None, client) for text in texts))
            return [await ask(judge(), [text], None, client) for text in texts]

        return run(client, all_of_them), server, client

    return go


def kinds(answers):
    return [answer.kind for answer in answers]


@pytest.mark.parametrize("at_once", [True, False])
def test_calls_never_exceed_their_limit(asked, at_once):
    budget = Budget(calls=5)
    answers, server, client = asked(budget, [str(n) for n in range(20)], GOOD | {"delay": 0.005}, at_once=at_once)
    assert sorted(kinds(answers), key=str) == [None] * 5 + ["budget_exceeded"] * 15
    assert len(server.requests) == client.usage.calls == 5
    assert budget.used == {"calls": 5}
    assert budget.denied == 15
    lost = next(answer for answer in answers if answer.kind)
    assert (lost.calls, lost.tokens, lost.cost, lost.cached) == (0, 0, 0.0, False)


def test_the_line_says_which_limit_and_how_much_was_used(asked):
    answers, _, _ = asked(Budget(calls=1, tokens=10_000), "ab")
    assert answers[1].message == "the budget of 1 call is used up: 1 were used"
    answers, _, _ = asked(Budget(tokens=500), "abcdef", prices=PRICES)
    assert answers[-1].message == (
        "the budget of 500 tokens is used up: 480 were used, and the rest is too little for this call"
    )


def test_what_is_only_reserved_is_waited_for(asked):
    """Many calls at a time, each taken to be longer than it is: they must not be denied what nobody will use."""
    budget = Budget(money=20 * PRICE)
    texts = [str(n) for n in range(60)]
    answers, server, client = asked(budget, texts, at_once=True, prices=PRICES, concurrency=32)
    assert 18 <= len(server.requests) <= 20
    assert client.usage.cost <= 20 * PRICE * 1.0001
    assert kinds(answers).count("budget_exceeded") == 60 - len(server.requests)


def test_tokens_and_money_are_estimated_from_what_was_used_before(asked):
    answers, server, client = asked(Budget(tokens=10 * TOKENS), [str(n) for n in range(20)])
    assert len(server.requests) == 10
    assert kinds(answers) == [None] * 10 + ["budget_exceeded"] * 10
    answers, server, client = asked(Budget(money=7 * PRICE), [str(n) for n in range(20)], prices=PRICES)
    # the very first is taken to be longer than it is, and would not fit into less
    assert client.usage.cost == pytest.approx(len(server.requests) * PRICE)
    assert client.usage.cost <= 7 * PRICE
    assert kinds(answers)[-1] == "budget_exceeded"


def test_nothing_fits_into_nothing(asked):
    for budget in (Budget(calls=0), Budget(tokens=0), Budget(money=0.0), Budget(seconds=0)):
        answers, server, _ = asked(budget, "ab", prices=PRICES)
        assert kinds(answers) == ["budget_exceeded"] * 2
        assert server.requests == []


def test_a_reply_that_is_asked_again_counts_each_time(asked):
    answers, server, client = asked(Budget(calls=3), "ab", {"reply": "no"})
    # three attempts at the first; none is left for the second
    assert kinds(answers) == ["malformed_reply", "budget_exceeded"]
    assert len(server.requests) == 3
    answers, server, client = asked(Budget(calls=2), "a", {"reply": "no"})
    assert kinds(answers) == ["budget_exceeded"]
    assert (answers[0].calls, client.usage.calls) == (2, 2)


def test_what_no_model_answered_is_not_counted(asked):
    budget = Budget(calls=1)
    answers, server, _ = asked(
        budget, "ab", {"status": 404, "times": 1}, {"status": 503, "times": 1}, GOOD, prices=PRICES
    )
    assert kinds(answers) == ["provider_error", None]
    assert (len(server.requests), budget.used) == (3, {"calls": 1})


def test_what_is_known_is_given_whatever_the_budget(serve, client_of, run, judge):
    server = serve(GOOD)
    first = client_of(server)
    run(first, lambda: ask(judge(), ["a"], None, first))
    poor = client_of(server, budget=Budget(calls=0))

    async def both():
        return [await ask(judge(), [text], None, poor) for text in "ab"]

    answers = run(poor, both)
    assert [(answer.value, answer.kind) for answer in answers] == [(0.5, None), (None, "budget_exceeded")]


def test_what_was_denied_is_kept_nowhere(serve, client_of, run, judge, tmp_path):
    server = serve(GOOD)
    poor = client_of(server, budget=Budget(calls=1), record=tmp_path / "tape.jsonl")

    async def both():
        answers = await asyncio.gather(*(ask(judge(), ["a"], None, poor) for _ in range(3)))
        return answers + await asyncio.gather(*(ask(judge(), ["b"], None, poor) for _ in range(3)))

    answers = run(poor, both)
    assert kinds(answers) == [None] * 3 + ["budget_exceeded"] * 3
    assert [answer.cached for answer in answers] == [False, True, True, False, False, False]
    assert poor.usage.cached == 2
    assert (tmp_path / "tape.jsonl").read_text().count("\n") == 1
    rich = client_of(server)

    async def again():
        return [await ask(judge(), [text], None, rich) for text in "ab"]

    assert [(answer.value, answer.cached) for answer in run(rich, again)] == [(0.5, True), (0.5, False)]


def test_when_the_time_is_over_calls_under_way_are_cancelled(asked):
    budget = Budget(seconds=0.3)
    answers, server, client = asked(budget, [*"abc"], {"when": "a", "hang": True}, GOOD)
    assert kinds(answers) == ["budget_exceeded"] * 3
    assert answers[0].message == "the budget of 0.3 seconds is over"
    assert server.left.wait(5)
    assert (len(server.requests), client.usage.calls, budget.denied) == (1, 0, 3)


def test_seconds_count_from_the_first_question():
    now = [100.0]
    budget = Budget(seconds=10, clock=lambda: now[0])
    now[0] = 500.0
    assert budget.left == 10
    budget.begin()
    now[0] = 507.0
    budget.begin()
    assert (budget.left, budget.used) == (3.0, {"seconds": 7.0})
    assert budget.admit(Share()) is None
    now[0] = 510.0
    assert budget.admit(Share()) == "the budget of 10 seconds is over"
    assert budget.left == 0.0


def test_many_threads_take_no_more_than_there_is():
    budget = Budget(calls=100, tokens=100_000, money=50.0)
    admitted = []

    def work():
        for _ in range(200):
            share = Share(0.3, 1, 500)
            with contextlib.suppress(Busy):
                if budget.admit(share) is None:
                    admitted.append(share)
                    budget.settle(share, Share(0.5, 1, 900))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert budget.used == {"money": pytest.approx(50.0), "calls": 100, "tokens": 90_000}
    assert len(admitted) == 100


def test_a_reservation_that_was_given_back_can_be_used():
    budget = Budget(calls=1)
    assert budget.admit(Share()) is None
    with pytest.raises(Busy):
        budget.admit(Share())
    budget.settle(Share(), None)
    assert budget.admit(Share()) is None


def test_a_server_that_tells_no_usage_is_taken_for_as_dear_as_was_expected(asked):
    raw = {"choices": [{"message": {"content": '{"reason": "r", "score": 0.5}'}}]}
    budget = Budget(tokens=2_000)
    answers, server, client = asked(budget, [str(n) for n in range(30)], {"raw": raw})
    assert kinds(answers)[-1] == "budget_exceeded"
    assert 2 <= len(server.requests) <= 8
    assert client.usage.tokens == 0


def test_money_needs_prices_before_the_first_call(asked):
    with pytest.raises(ConfigError, match=r"needs `price_in` and `price_out` of the model `m`"):
        asked(Budget(money=1.0), "a")
    with pytest.raises(ConfigError, match="`m`"):
        asked(Budget(money=1.0), "a", prices={"price_in": 1.0})
    answers, _, _ = asked(Budget(money=0.0), "a", prices={"price_in": 0.0, "price_out": 0.0})
    assert kinds(answers) == [None]  # a model of one's own costs nothing


@pytest.mark.parametrize(
    "limits", [{"calls": -1}, {"calls": 1.5}, {"tokens": True}, {"money": float("nan")}, {"seconds": float("inf")}]
)
def test_a_limit_that_is_none(limits):
    with pytest.raises(ValueError, match="a budget of"):
        Budget(**limits)


def test_the_gauge_learns_from_the_largest():
    gauge = Gauge()
    asked = Question("m", ({"role": "user", "content": "x" * 400},))
    assert gauge.estimate(asked) == (100, 256)
    gauge.learn(asked, Reply("", tokens_in=200, tokens_out=30))
    gauge.learn(asked, Reply("", tokens_in=100, tokens_out=70))
    assert gauge.estimate(asked) == (200, 70)
    short = Question("m", asked.messages, settings={"max_tokens": 50})
    assert gauge.estimate(short) == (200, 50)
    # three bytes a character, and about that many tokens
    assert Gauge().estimate(Question("m", ({"role": "user", "content": "好" * 400},)))[0] == 300


# ---- what it cost ----------------------------------------------------------------------------------------------------

SPEC = """\
rmcompose 1
composition main -> score[0, 1] {
  judge a: score[0, 1] { model = "m"  given = [prompt, response]  rubric "Good?" }
  judge b: score[0, 1] { model = "m"  given = [response]  rubric "Short?"  votes = 3 }
  judge c: score[0, 1] { model = "m"  given = [response]  rubric "Better?"  mode = pairwise }
  return mean([a, b, c])
}
"""


def test_an_answer_costs_what_its_calls_cost(serve, client_of, run, judge):
    server = serve({"times": 1, "reply": "no"}, GOOD)
    client = client_of(server, Config({"m": {"base_url": server.url} | PRICES}, {}))
    answer = run(client, lambda: ask(judge(votes=3), ["a"], None, client))
    assert (answer.calls, answer.cost) == (4, pytest.approx(4 * PRICE))


def test_a_comparison_costs_what_its_calls_cost(serve, client_of, run, judge):
    server = serve({"when": "rank", "reply": {"reason": "r", "ranking": [[1], [2], [3]]}}, {"reply": {"winner": "A"}})
    client = client_of(server, Config({"m": {"base_url": server.url} | PRICES}, {}))
    texts = [{"response": text} for text in "abc"]
    for mode in ("pairwise", "listwise"):
        answers = run(client, lambda mode=mode: compare(judge(mode=mode), {}, texts, None, client))
        assert sum(answer.cost for answer in answers) == pytest.approx(sum(a.calls for a in answers) * PRICE)
        assert sum(answer.calls for answer in answers) > 0
    assert client.usage.cost == pytest.approx(client.usage.calls * PRICE)


def test_the_nodes_sum_up_to_the_run(serve, client_of):
    server = serve({"when": "Better", "reply": {"reason": "r", "winner": "A"}}, GOOD)
    client = client_of(server, Config({"m": {"base_url": server.url} | PRICES}, {}))
    summary = Summary()
    rows = [{"prompt": f"q{n}", "responses": [f"{n} x", f"{n} y", f"{n} z"]} for n in range(6)]
    with loads(SPEC, client=client) as reward:
        lines = [reward.trace(row) for row in rows]
    for line in lines:
        summary.add(line)
    told = summary.as_dict()["nodes"]
    assert {name: told[name]["calls"] for name in "abc"} == {"a": 18, "b": 54, "c": 36}
    assert sum(node["calls"] for node in told.values()) == client.usage.calls
    assert sum(node["tokens"] for node in told.values()) == client.usage.tokens
    assert sum(node["cost"] for node in told.values()) == pytest.approx(client.usage.cost)
    assert lines[0]["responses"][0]["nodes"]["a"]["cost"] == pytest.approx(PRICE)
    # what is known costs nothing the second time, and is not written down as costing anything
    with loads(SPEC, client=client) as reward:
        again = reward.trace(rows[0])
    assert all("cost" not in node for response in again["responses"] for node in response["nodes"].values())


def test_a_call_that_its_first_asker_left_is_paid_by_the_next(serve, client_of, run, judge):
    server = serve(GOOD | {"delay": 0.1})
    client = client_of(server, Config({"m": {"base_url": server.url} | PRICES}, {}))

    async def main_():
        first, second, third = (asyncio.create_task(ask(judge(), ["a"], None, client)) for _ in range(3))
        assert await asyncio.to_thread(server.arrived.wait, 5)
        first.cancel()
        return await asyncio.gather(second, third)

    answers = run(client, main_)
    assert sorted(answer.cost for answer in answers) == [0.0, pytest.approx(PRICE)]
    assert client.usage.calls == sum(answer.calls for answer in answers) == 1


# ---- on the command line ---------------------------------------------------------------------------------------------

ONE = """\
rmcompose 1
composition main -> score[0, 1] {
  judge a: score[0, 1] { model = "m"  given = [response]  rubric "Good?" }
  return a
}
"""


@pytest.fixture
def rmcompose(serve, tmp_path, monkeypatch, capsys):
    """`rmcompose(*words)` runs over ten rows in an empty folder, against a server that judges everything alike."""
    server = serve(GOOD)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RMCOMPOSE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_COLOR", "1")
    (tmp_path / "main.rm").write_text(ONE)
    (tmp_path / "data.jsonl").write_text(
        "".join(json.dumps({"id": str(n), "response": str(n)}) + "\n" for n in range(10))
    )
    prices = "".join(f"{name} = {price}\n" for name, price in PRICES.items())
    (tmp_path / "rmcompose.toml").write_text(f'[models.m]\nbase_url = "{server.url}"\n{prices}')

    def call(*words):
        code = main(["run", "main.rm", "data.jsonl", "-o", "out.jsonl", *words])
        return code, *capsys.readouterr()

    call.server = server
    call.folder = tmp_path
    return call


def test_a_run_over_its_budget_writes_all_rows_and_says_what_it_left(rmcompose):
    code, out, _ = rmcompose("--budget", "calls=4", "--summary", "json")
    told = json.loads(out)
    assert code == 3
    rows = [json.loads(line) for line in (rmcompose.folder / "out.jsonl").read_text().splitlines()]
    assert [row["id"] for row in rows] == [str(n) for n in range(10)]
    reasons = [row["responses"][0]["reason"] for row in rows]
    assert [reason["kind"] for reason in reasons if reason] == ["budget_exceeded"] * 6
    assert told["unscored"] == {"budget_exceeded": 6}
    assert told["budget"] == {"calls": {"limit": 4, "used": 4}}
    assert (told["calls"], told["cost"], told["retries"]) == (4, pytest.approx(4 * PRICE), 0)
    assert told["nodes"]["a"]["cost"] == pytest.approx(4 * PRICE)


def test_the_summary_for_people(rmcompose):
    code, _, err = rmcompose("--budget", "calls=4", "--budget", "1000")
    assert code == 3
    assert "budget       money 8 of 1,000, calls 4 of 4; 6 responses left undone; go on with --resume" in err
    assert "model calls  4, 480 tokens (400 read and 80 written), cost 8, 0 from the cache" in err
    assert "cost" in next(line for line in err.splitlines() if line.startswith("node"))
    code, _, err = rmcompose("--budget", "calls=40")
    assert code == 0
    assert "budget       calls 6 of 40\n" in err


def test_a_run_whose_time_is_over_ends(rmcompose):
    rmcompose.server.rules[:] = [{"hang": True}]
    code, out, _ = rmcompose("--budget", "seconds=0.3", "--summary", "json")
    assert code == 3
    assert json.loads(out)["unscored"] == {"budget_exceeded": 10}
    assert rmcompose.server.left.wait(5)


@pytest.mark.parametrize(
    "budgets",
    [
        ["calls"],
        ["-1"],
        ["nan"],
        ["1e3"],
        ["calls=1.5"],
        ["calls="],
        ["=5"],
        ["days=3"],
        ["calls=-1"],
        ["5", "6"],
        [""],
    ],
)
def test_what_is_no_budget_is_one_line(rmcompose, budgets):
    code, out, err = rmcompose(*(f"--budget={budget}" for budget in budgets))
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "budget" in err
    assert not (rmcompose.folder / "out.jsonl").exists()
    assert rmcompose.server.requests == []


def test_money_without_a_price_is_one_line_before_anything_is_paid(rmcompose):
    (rmcompose.folder / "rmcompose.toml").write_text(f'[models.m]\nbase_url = "{rmcompose.server.url}"\n')
    code, _, err = rmcompose("--budget", "5.00")
    assert code == 2
    assert (
        err == "rmcompose: a budget of money needs `price_in` and `price_out` of the model `m` in the configuration\n"
    )
    assert rmcompose.server.requests == []


def test_money_needs_the_prices_of_dearer_judges_too(rmcompose):
    spec = rmcompose.folder / "main.rm"
    spec.write_text(ONE.replace('rubric "', 'votes = 2  escalate = "dear"  rubric "'))
    code, _, err = rmcompose("--budget", "5.00")
    assert (code, "of the model `dear`" in err) == (2, True)
    assert rmcompose.server.requests == []


def test_a_report_keeps_to_a_budget(rmcompose, capsys):
    code = main(["judge-report", "main.rm", "data.jsonl", "--label", "id", "--budget", "calls=4", "--format", "json"])
    assert code == 3
    assert len(rmcompose.server.requests) == 4
    assert "budget_exceeded" in capsys.readouterr().out


def test_the_kind_is_known():
    assert UNSCORED_CODES["budget_exceeded"] == "RM902"
