"""Lists that do not fit into one question: windows over them, and equal responses shown once."""

import itertools
import json
import re

import pytest

import rmcompose as rm
from rmcompose.ir.judging import RANKINGS
from rmcompose.plan.calls import calls_of
from rmcompose.runtime.judging import compare
from rmcompose.runtime.judging.group import Group
from rmcompose.runtime.judging.listwise import windows

SHOWN = re.compile(r'<data-0 name="answer \d+: response">\n(.*?)\n</data-0>')


@pytest.fixture
def ranked(serve, client_of, run, judge):
    """`ranked(texts, truth, …)`: answers of a judge that ranks what it is shown by `truth`, and what it was shown."""

    def go(texts, truth, cache=False, **settings):
        server = serve()

        def pick(body):
            shown = SHOWN.findall(body["messages"][-1]["content"])
            known = truth(shown)
            if known is None:
                return {"status": 400}
            if isinstance(known, list):
                return {"reply": {"reason": "r", "ranking": known}}
            places = sorted({known[text] for text in shown}, reverse=True)
            groups = [[at for at, text in enumerate(shown, 1) if known[text] == place] for place in places]
            return {"reply": {"reason": "r", "ranking": groups}}

        server.pick = pick
        client = client_of(server, cache=cache)
        spec = judge(given=("prompt", "response"), mode="listwise", retries=0, **settings)
        answers = run(client, lambda: compare(spec, {"prompt": "q"}, [{"response": t} for t in texts], None, client))
        for answer in answers:
            json.dumps(answer.detail)
        return answers, [SHOWN.findall(text) for text in server.texts]

    return go


def names(count):
    return [f"text {number:02}" for number in range(count)]


def by_number(_):
    return {text: -number for number, text in enumerate(names(40))}


def values(answers):
    return [answer.value for answer in answers]


def group_of(spec, texts):
    """The group as `ranked` makes it, for what can be told without asking."""
    return Group(spec, [("prompt", "q")], [[("response", text)] for text in texts], (), client=None)


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize(
    ("count", "window", "calls"),
    [(8, 8, 1), (9, 8, 3), (12, 8, 3), (13, 8, 6), (16, 8, 6), (5, 2, 10), (5, 3, 10), (3, 3, 1), (7, 5, 6)],
)
def test_each_two_responses_meet_in_a_window(ranked, count, window, calls, shuffle):
    answers, shown = ranked(names(count), by_number, window=window, shuffle=shuffle)
    assert len(shown) == sum(answer.calls for answer in answers) == calls
    assert sum(answer.tokens for answer in answers) == calls * 120
    assert max(map(len, shown)) <= window
    met = {frozenset(pair) for one in shown for pair in itertools.combinations(one, 2)}
    assert len(met) == count * (count - 1) // 2
    assert values(answers) == pytest.approx([1 - number / (count - 1) for number in range(count)])


@pytest.mark.parametrize("window", [None, 2, 3, 4, 7, 8])
def test_the_plan_knows_how_many_windows_there_are(judge, window):
    setting = f"window = {window}" if window else ""
    reward = rm.loads(f"""
        rmcompose 1
        composition main -> score[0, 1] {{
          judge j: score[0, 1] {{
            model = "m"  given = [prompt, response]  mode = listwise  votes = 3  {setting}
            rubric "Rank them."
          }}
          return j
        }}
        """)
    [step] = reward.plan.judges
    for count in range(26):
        cut = windows(group_of(judge(mode="listwise", window=window), names(count)), 0)
        assert calls_of(step, count) == (3 * len(cut), 3 * len(cut))
        sizes = [len(one) for one in cut] or [0]
        # as even as can be: a block has at most one more than another
        assert max(sizes) - min(sizes) <= 2
        assert max(sizes) <= (window or count)


@pytest.mark.parametrize("rank_by", RANKINGS)
def test_a_consistent_judge_ranks_by_windows_as_it_would_at_once(ranked, rank_by):
    texts = [names(9)[number] for number in (4, 8, 0, 2, 6, 1, 7, 3, 5)]
    whole, _ = ranked(texts, by_number, rank_by=rank_by)
    cut, _ = ranked(texts, by_number, rank_by=rank_by, window=4)
    assert values(cut) == pytest.approx(values(whole))
    assert [answer.detail["wins"] for answer in cut] == [answer.detail["wins"] for answer in whole]


def test_the_trace_tells_the_windows_that_show_a_response(ranked):
    answers, shown = ranked(names(6), by_number, window=4)
    for index, answer in enumerate(answers):
        detail = answer.detail
        own = [[names(6).index(text) for text in one] for one in shown]
        assert sorted(detail["shown"]) == sorted(one for one in own if index in one)
        assert len(detail["shown"]) == 2
        for order, ranking in zip(detail["shown"], detail["rankings"], strict=True):
            assert ranking == [[number] for number in sorted(order)]
        assert (detail["wins"], detail["ties"], detail["losses"]) == (5 - index, 0, index)
        assert detail["inconsistent"] == detail["abstained"] == 0


def test_windows_depend_on_seed_vote_and_content_only(ranked, tmp_path):
    texts = names(9)
    first, shown = ranked(texts, by_number, window=4, votes=2, cache=tmp_path / "shared")
    assert len(shown) == 20
    second, again = ranked(texts[::-1], by_number, window=4, votes=2, cache=tmp_path / "shared")
    assert not again
    assert values(second) == values(first)[::-1]
    _, other = ranked(texts, by_number, window=4, votes=2, seed=7)
    assert sorted(map(tuple, other)) != sorted(map(tuple, shown))


def test_no_response_comes_early_in_all_its_windows(ranked):
    """The first block would always be shown first if windows were not shuffled once more."""
    _, shown = ranked(names(16), by_number, window=4)
    places = {text: [one.index(text) for one in shown if text in one] for text in names(16)}
    assert all(len(at) == 7 for at in places.values())
    assert all(len(set(at)) > 1 for at in places.values())


def test_what_windows_disagree_on_is_shared_and_counted(ranked):
    """Two of a block meet in two windows; a judge that goes by place gives each of them one."""
    answers, shown = ranked(names(6), lambda shown: [[at] for at in range(1, len(shown) + 1)], window=4)
    for index, answer in enumerate(answers):
        expected, disagreed = [], 0
        for other in {*range(6)} - {index}:
            own, its = names(6)[index], names(6)[other]
            met = [one.index(own) < one.index(its) for one in shown if own in one and its in one]
            expected.append(sum(met) / len(met))
            disagreed += 0 < sum(met) < len(met)
        assert answer.value == pytest.approx(sum(expected) / 5)
        assert answer.detail["inconsistent"] == disagreed
    assert sum(answer.detail["inconsistent"] for answer in answers) > 0


def test_a_window_that_failed_leaves_unscored_whom_it_shows(ranked):
    def truth(shown):
        return None if names(6)[0] in shown and names(6)[5] in shown else by_number(shown)

    answers, shown = ranked(names(6), truth, window=4, shuffle=False)
    assert len(shown) == 3
    assert [answer.kind for answer in answers] == ["provider_error", "provider_error", None, None] + [
        "provider_error"
    ] * 2
    assert values(answers)[2:4] == pytest.approx([0.6, 0.4])
    assert answers[0].detail["kinds"] == [None, "provider_error"]
    assert answers[0].detail["rankings"] == [[[0], [1], [2], [3]], None]
    answers, _ = ranked(names(6), truth, window=4, shuffle=False, rank_by="elo")
    assert [answer.kind for answer in answers] == ["provider_error"] * 6


@pytest.mark.parametrize("shuffle", [True, False])
def test_a_copy_is_shown_once_and_shares_the_rank(ranked, shuffle):
    texts = [names(3)[number] for number in (1, 0, 1, 2, 1)]
    answers, shown = ranked(texts, by_number, shuffle=shuffle)
    assert [sorted(one) for one in shown] == [names(3)]
    # the copies tie with each other, lose to the first and beat the last
    assert values(answers) == [0.5, 1.0, 0.5, 0.0, 0.5]
    assert answers[0].detail["rankings"] == [[[1], [0, 2, 4], [3]]]
    assert [(a.detail["wins"], a.detail["ties"], a.detail["losses"]) for a in answers][:2] == [(1, 2, 1), (4, 0, 0)]
    assert [answer.calls for answer in answers] == [1, 0, 0, 0, 0]


def test_copies_do_not_need_windows(ranked):
    _, shown = ranked(names(4) * 4, by_number, window=4)
    assert len(shown) == 1


def test_votes_on_windows_are_combined_by_value(ranked, judge):
    """Two votes of three rank by number, the third the other way round."""
    third = windows(group_of(judge(mode="listwise", window=4), names(6)), 2)
    contrary = [[names(6)[index] for index in window] for window in third]

    def truth(shown):
        return {text: number for number, text in enumerate(names(6))} if shown in contrary else by_number(shown)

    for vote_by, expected in (("median", 1.0), ("mean", 2 / 3), ("majority", 1.0)):
        answers, shown = ranked(names(6), truth, window=4, votes=3, vote_by=vote_by)
        assert len(shown) == 9
        assert sum(one in contrary for one in shown) == 3
        assert answers[0].value == pytest.approx(expected)
        assert answers[0].detail["votes"] == [1.0, 1.0, 0.0]
        assert answers[0].detail["agreement"] == pytest.approx(2 / 3)


def test_borda_takes_each_ranking_of_each_vote_as_a_ballot(ranked):
    seen = []

    def truth(shown):
        seen.append(shown)
        return {"a": 2, "b": 1, "c": 0} if len(seen) > 1 else {"a": 0, "b": 0, "c": 2}

    answers, _ = ranked(["a", "b", "c"], truth, votes=4, vote_by="majority", rank_by="borda")
    # positional points ((n - 1 - better) - ties/2)/(n - 1), averaged over the four
    assert values(answers) == pytest.approx([(3 * 1 + 0.25) / 4, (3 * 0.5 + 0.25) / 4, 1 / 4])
    assert "votes" not in answers[0].detail
