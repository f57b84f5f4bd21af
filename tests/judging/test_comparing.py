"""Judges that compare the responses of a sample, over real HTTP."""

import asyncio
import itertools
import json

import pytest

from rmcompose.ir.judging import RANKINGS
from rmcompose.runtime.judging import CriterionSpec, compare

ORDER = ["gold", "silver", "bronze"]
BETTER = [
    rule
    for better, worse in itertools.combinations(ORDER, 2)
    for rule in (
        {"when": f"{better}.*{worse}", "reply": {"reason": f"{better} first", "winner": "A"}},
        {"when": f"{worse}.*{better}", "reply": {"reason": f"{better} second", "winner": "B"}},
    )
]


@pytest.fixture
def compared(serve, client_of, run):
    def go(spec, texts, *rules, shared=None, criteria=None, **options):
        server = serve(*rules)
        client = client_of(server, **options)
        shared = {"prompt": "q"} if shared is None else shared
        responses = [{"response": text} for text in texts]
        answers = run(client, lambda: compare(spec, shared, responses, criteria, client))
        for answer in answers:
            json.dumps(answer.detail)
        return answers, server

    return go


@pytest.fixture
def pairs(judge):
    return lambda **differences: judge(given=("prompt", "response"), mode="pairwise", **differences)


@pytest.fixture
def ranks(judge):
    return lambda **differences: judge(given=("prompt", "response"), mode="listwise", **differences)


def values(answers):
    return [answer.value for answer in answers]


def test_every_pair_is_asked_in_both_orders(compared, pairs):
    answers, server = compared(pairs(), ["bronze", "gold", "silver"], *BETTER)
    assert values(answers) == [0.0, 1.0, 0.5]
    assert len(server.requests) == sum(answer.calls for answer in answers) == 6
    assert answers[1].message == "wins 2, ties 0, losses 0"
    assert [pair["with"] for pair in answers[2].detail["pairs"]] == [0, 1]


def test_one_order_is_half_the_calls_and_values_are_on_the_scale(compared, pairs):
    answers, server = compared(pairs(both_orders=False, low=1.0, high=5.0), ["bronze", "gold", "silver"], *BETTER)
    assert values(answers) == [1.0, 5.0, 3.0]
    assert len(server.requests) == 3


@pytest.mark.parametrize("rank_by", RANKINGS)
def test_orders_that_disagree_are_a_tie_and_counted(compared, pairs, rank_by):
    answers, server = compared(pairs(rank_by=rank_by), ["one", "two"], {"reply": {"reason": "first", "winner": "A"}})
    assert values(answers) == [0.5, 0.5]
    assert [answer.detail["inconsistent"] for answer in answers] == [1, 1]
    assert len(server.requests) == 2


def test_degrees_of_winning(compared, pairs):
    labels = (("A>>B", 1.0), ("A>B", 0.75), ("A=B", 0.5), ("B>A", 0.25), ("B>>A", 0.0))
    spec = pairs(extract=r"\[\[(A>>B|A>B|A=B|B>A|B>>A)\]\]", verdicts=labels)
    rules = [
        {"when": "alpha.*beta", "reply": "[[A>>B]]"},
        {"when": "beta.*alpha", "reply": "maybe [[A=B]], no: [[B>A]]"},
    ]
    answers, _ = compared(spec, ["alpha", "beta"], *rules)
    assert values(answers) == [0.875, 0.125]


def test_an_unreadable_order_leaves_its_pair_unscored(compared, pairs):
    rules = [{"when": "gold.*bronze", "reply": "no idea"}, *BETTER]
    answers, server = compared(pairs(retries=1), ["bronze", "gold", "silver"], *rules)
    assert values(answers) == [None, None, 0.5]
    assert [answer.kind for answer in answers] == ["malformed_reply", "malformed_reply", None]
    pair = answers[0].detail["pairs"][0]
    assert pair["share"] is None
    # bronze was shown first and told its loss; in the other order the reply could not be read
    assert pair["orders"] == [
        {"shown": "first", "share": 0.0},
        {"shown": "second", "share": None, "kind": "malformed_reply"},
    ]
    assert pair["reasons"] == ["gold second", "the reply has no JSON object with `winner`"]
    assert [(one.detail["wins"], one.detail["losses"]) for one in answers] == [(0, 1), (1, 0), (1, 1)]
    assert len(server.requests) == 7


@pytest.mark.parametrize("rank_by", ["copeland", "elo", "bradley_terry", "dgr"])
def test_where_every_pair_counts_one_that_failed_leaves_all_unscored(compared, pairs, rank_by):
    """With the reason of that pair; silver, whose own pairs are fine, too."""
    rules = [
        {"when": "gold.*bronze", "reply": "no idea"},
        {"when": "bronze.*gold", "status": 400},
        *BETTER,
    ]
    answers, _ = compared(pairs(rank_by=rank_by, retries=0), ["silver", "bronze", "gold"], *rules)
    assert values(answers) == [None] * 3
    # bronze is declared before gold, so the order that shows it first is told
    assert [answer.kind for answer in answers] == ["provider_error"] * 3
    assert [answer.message for answer in answers] == [answers[0].message] * 3
    assert answers[0].detail["wins"] == answers[0].detail["losses"] == 1


def test_who_wins_all_is_first_whatever_the_others_did(compared, pairs):
    rules = [{"when": "silver.*bronze", "reply": "no idea"}, *BETTER]
    for rank_by in ("copeland", "elo", "dgr"):
        answers, _ = compared(pairs(rank_by=rank_by, retries=0), ["silver", "gold", "bronze"], *rules)
        assert values(answers) == [None, 1.0, None]


@pytest.mark.parametrize("mode", ["pairwise", "listwise"])
def test_an_abstention_is_counted_and_not_asked_again(compared, judge, mode):
    key = "winner" if mode == "pairwise" else "ranking"
    spec = judge(given=("prompt", "response"), mode=mode, votes=2, abstain=True)
    answers, server = compared(spec, ["one", "two"], {"reply": {"reason": "cannot say", key: None}})
    assert [(answer.value, answer.kind, answer.message) for answer in answers] == [
        (None, "abstained", "the judge could not tell: cannot say")
    ] * 2
    asked = 4 if mode == "pairwise" else 2
    assert len(server.requests) == asked
    assert [answer.detail["abstained"] for answer in answers] == [asked] * 2
    assert answers[0].detail["ties"] == 0


def test_an_abstention_in_a_vote_counts_only_where_it_could_decide(compared, pairs):
    rules = [{"when": "gold.*silver", "times": 1, "reply": {"reason": "", "winner": None}}, *BETTER]
    answers, _ = compared(pairs(votes=3, abstain=True), ["gold", "silver"], *rules)
    assert values(answers) == [1.0, 0.0]
    assert [answer.detail["abstained"] for answer in answers] == [1, 1]
    assert answers[0].detail["pairs"][0]["agreement"] == [pytest.approx(2 / 3), 1.0]


def test_results_do_not_depend_on_which_reply_comes_first(compared, pairs):
    texts = ["silver", "bronze", "gold", "bronze"]
    slow = [{**rule, "delay": 0.02 * (place % 3)} for place, rule in enumerate(BETTER)]
    for rank_by in RANKINGS:
        found = [compared(pairs(rank_by=rank_by), texts, *rules, cache=False)[0] for rules in (BETTER, slow)]
        one, other = ([(a.value, a.message, a.calls, a.detail) for a in answers] for answers in found)
        assert one == other


def test_all_questions_of_a_group_are_under_way_together(compared, pairs):
    texts = ["one", "two", "three", "four"]
    _, server = compared(pairs(votes=2), texts, {"reply": {"reason": "", "winner": "tie"}, "delay": 0.1})
    assert len(server.requests) == 24
    assert server.peak > 8


def test_equal_responses_tie_without_a_call(compared, pairs):
    answers, server = compared(pairs(), ["gold", "bronze", "gold"], *BETTER)
    assert values(answers) == [0.75, 0.0, 0.75]
    assert len(server.requests) == 2
    assert answers[0].detail["pairs"][1] == {"with": 2, "share": 0.5, "consistent": True, "reasons": [], "orders": []}


@pytest.mark.parametrize("both_orders", [True, False])
@pytest.mark.parametrize("copies", [["gold", "bronze", "gold", "silver"], ["bronze", "gold", "silver", "gold"]])
def test_a_copy_is_asked_about_once(compared, pairs, copies, both_orders):
    """Best of four with a copy: the three pairs of what differs, and the copies have one value."""
    spec = pairs(both_orders=both_orders)
    answers, server = compared(spec, copies, *BETTER, cache=False)
    asked = 6 if both_orders else 3
    assert len(server.requests) == sum(answer.calls for answer in answers) == asked
    assert sum(answer.tokens for answer in answers) == asked * 120
    worth = {"gold": 2.5 / 3, "silver": 1 / 3, "bronze": 0.0}
    assert values(answers) == pytest.approx([worth[text] for text in copies])
    one, other = (answers[index] for index, text in enumerate(copies) if text == "gold")
    assert (one.detail["wins"], one.detail["ties"], one.detail["losses"]) == (2, 1, 0)
    assert [pair["share"] for pair in other.detail["pairs"]].count(0.5) == 1
    assert other.calls == 0


def test_all_copies_tie_without_a_call(compared, judge):
    for mode in ("pairwise", "listwise"):
        for rank_by in RANKINGS:
            spec = judge(given=("prompt", "response"), mode=mode, rank_by=rank_by, low=1.0, high=5.0)
            answers, server = compared(spec, ["same"] * 3)
            assert values(answers) == [3.0] * 3
            assert not server.requests


@pytest.mark.parametrize("rank_by", RANKINGS)
def test_every_ranking_puts_the_best_first(compared, pairs, rank_by):
    answers, _ = compared(pairs(rank_by=rank_by), ["bronze", "gold", "silver"], *BETTER)
    bronze, gold, silver = values(answers)
    assert bronze < silver < gold
    assert silver == pytest.approx(0.5)


def test_a_ballot_is_a_ballot_also_where_the_orders_disagree(compared, pairs):
    """A win and a tie are a tie of the pair, and three quarters of the ballots."""
    rules = [
        {"when": "alpha.*beta", "reply": {"reason": "r", "winner": "A"}},
        {"when": "beta.*alpha", "reply": {"reason": "r", "winner": "tie"}},
    ]
    for rank_by, expected in (("win_rate", [0.5, 0.5]), ("borda", [0.75, 0.25])):
        answers, _ = compared(pairs(rank_by=rank_by), ["alpha", "beta"], *rules)
        assert values(answers) == expected
        assert answers[0].detail["inconsistent"] == 1


def test_borda_counts_every_vote_whatever_the_votes_are_combined_by(compared, pairs):
    rules = [
        {"when": "alpha.*beta", "times": 1, "reply": {"reason": "r", "winner": "B"}},
        {"when": "alpha.*beta", "reply": {"reason": "r", "winner": "A"}},
        {"when": "beta.*alpha", "reply": {"reason": "r", "winner": "B"}},
    ]
    spec = pairs(rank_by="borda", votes=3, vote_by="majority")
    answers, _ = compared(spec, ["alpha", "beta"], *rules)
    assert values(answers) == pytest.approx([5 / 6, 1 / 6])


def test_votes_on_a_pair(compared, pairs):
    rules = [
        {"when": "alpha.*beta", "times": 2, "reply": {"reason": "r", "winner": "A"}},
        {"when": "alpha.*beta", "reply": {"reason": "r", "winner": "B"}},
        {"when": "beta.*alpha", "reply": {"reason": "r", "winner": "B"}},
    ]
    answers, server = compared(pairs(votes=3, vote_by="majority"), ["alpha", "beta"], *rules)
    assert values(answers) == [1.0, 0.0]
    assert answers[0].detail["pairs"][0]["agreement"] == [pytest.approx(2 / 3), 1.0]
    assert len(server.requests) == 6


@pytest.mark.parametrize("mode", ["pairwise", "listwise"])
def test_a_single_response_has_nothing_to_be_compared_with(compared, judge, mode):
    answers, server = compared(judge(mode=mode), ["one"], shared={})
    assert [(answer.value, answer.kind) for answer in answers] == [(None, "abstained")]
    assert compared(judge(mode=mode), [], shared={})[0] == []
    assert not server.requests


@pytest.mark.parametrize("mode", ["pairwise", "listwise"])
def test_a_missing_field_leaves_all_unscored(compared, judge, mode):
    for shared, texts in (({"prompt": None}, ["one", "two"]), ({"prompt": "q"}, ["one", None])):
        answers, server = compared(judge(mode=mode, given=("prompt", "response")), texts, shared=shared)
        assert [answer.kind for answer in answers] == ["missing_input"] * 2
        assert not server.requests


def test_criteria_of_the_sample_are_weighed_by_the_judge(compared, pairs):
    spec = pairs(criteria_from=True, both_orders=False)
    _, server = compared(spec, ["gold", "bronze"], *BETTER, criteria=[{"text": "Is short.", "weight": 2}])
    assert "- (weight 2) Is short." in server.texts[0]
    answers, _ = compared(spec, ["gold", "bronze"], *BETTER, criteria=[])
    assert [answer.kind for answer in answers] == ["missing_input"] * 2


@pytest.mark.parametrize(
    ("ranking", "expected"),
    [
        ([[2], [1, 3]], [0.25, 1.0, 0.25]),
        ([[3], [2], [1]], [0.0, 0.5, 1.0]),
        ([[1, 2, 3]], [0.5, 0.5, 0.5]),
    ],
)
@pytest.mark.parametrize("rank_by", ["win_rate", "borda", "copeland", "dgr"])
def test_a_ranking_with_ties(compared, ranks, ranking, expected, rank_by):
    rule = {"reply": {"reason": "r", "ranking": ranking}}
    answers, server = compared(ranks(shuffle=False, rank_by=rank_by), ["one", "two", "three"], rule)
    assert values(answers) == expected
    assert answers[0].message == "r"
    assert [answer.calls for answer in answers] == [1, 0, 0]
    assert len(server.requests) == 1


def test_an_incomplete_ranking_is_asked_again_then_malformed(compared, ranks):
    bad = {"reply": {"reason": "r", "ranking": [[1], [2]]}}
    answers, server = compared(ranks(retries=1), ["one", "two", "three"], bad)
    assert [answer.kind for answer in answers] == ["malformed_reply"] * 3
    assert len(server.requests) == 2
    assert sum(answer.calls for answer in answers) == 2


def shown_order(text, texts):
    return sorted(range(len(texts)), key=lambda index: text.index(f">\n{texts[index]}\n<"))


def test_a_shuffled_ranking_is_mapped_back(compared, ranks):
    texts = ["one", "two", "three", "four", "five"]
    rule = {"reply": {"reason": "in the order shown", "ranking": [[1], [2], [3], [4], [5]]}}
    orders = set()
    for seed in range(6):
        answers, server = compared(ranks(seed=seed), texts, rule)
        order = shown_order(server.texts[0], texts)
        assert [values(answers)[index] for index in order] == [1.0, 0.75, 0.5, 0.25, 0.0]
        assert answers[0].detail["shown"] == [order]
        orders.add(tuple(order))
    assert len(orders) > 2


def test_the_shuffle_depends_on_the_content_only(compared, ranks):
    """The same responses in another order are the same question."""
    rule = {"reply": {"reason": "r", "ranking": [[1], [2], [3]]}}
    first, server = compared(ranks(), ["one", "two", "three"], rule)
    second, other = compared(ranks(), ["three", "one", "two"], rule)
    assert len(server.requests) == 1
    assert not other.requests
    assert second[0].cached
    assert values(second) == [values(first)[index] for index in (2, 0, 1)]


def test_each_vote_on_a_ranking_sees_another_order(compared, ranks):
    texts = ["one", "two", "three", "four", "five"]
    rule = {"reply": {"reason": "in the order shown", "ranking": [[1], [2], [3], [4], [5]]}}
    answers, server = compared(ranks(votes=4, vote_by="mean"), texts, rule)
    orders = [shown_order(text, texts) for text in server.texts]
    assert len({tuple(order) for order in orders}) > 1
    for index, answer in enumerate(answers):
        assert answer.value == pytest.approx(sum(1 - order.index(index) / 4 for order in orders) / 4)
        assert len(answer.detail["votes"]) == 4


def test_a_judge_with_criteria_of_its_own(compared, ranks):
    spec = ranks(criteria=(CriterionSpec("a", "Is brief.", 2.0),))
    _, server = compared(spec, ["one", "two"], {"reply": {"reason": "", "ranking": [[1, 2]]}})
    assert "- (weight 2) Is brief." in server.texts[0]


@pytest.mark.parametrize("mode", ["pairwise", "listwise"])
def test_a_comparison_that_is_cancelled_leaves_no_call_running(serve, client_of, run, judge, mode):
    server = serve({"hang": True})
    client = client_of(server)
    spec = judge(mode=mode, window=2, given=("response",))

    async def cancelled():
        responses = [{"response": text} for text in ("one", "two", "three")]
        asked = asyncio.create_task(compare(spec, {}, responses, None, client))
        await asyncio.to_thread(server.arrived.wait, 5)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        assert await asyncio.to_thread(server.left.wait, 5)
        for _ in range(500):
            if server.active == 0:
                return len(asyncio.all_tasks())
            await asyncio.sleep(0.01)
        return None

    assert run(client, cancelled) == 1
