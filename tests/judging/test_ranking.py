"""Rankings as functions of a table of shares: the laws that all obey, and the values of known tournaments."""

import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rmcompose.ir.judging import RANKINGS
from rmcompose.runtime.judging.ranking import TOGETHER, elo_ratings, settle, values_of, win_rate
from rmcompose.runtime.judging.tournament import EXACT_UP_TO, net_wins

SHARES = st.sampled_from([0.0, 0.125, 0.25, 0.3, 0.5, 0.7, 0.75, 1.0])


def table_of(count, decide):
    """The table whose shares above the diagonal are `decide(i, j)`."""
    table = [[None] * count for _ in range(count)]
    for i, j in itertools.combinations(range(count), 2):
        share = decide(i, j)
        table[i][j], table[j][i] = share, None if share is None else 1.0 - share
    return table


@st.composite
def tables(draw, shares=SHARES, least=2, most=7):
    count = draw(st.integers(least, most))
    return table_of(count, lambda i, j: draw(shares))


def wins(count, *games):
    """Pairs (winner, loser); what is not named is a tie."""
    table = table_of(count, lambda i, j: 0.5)
    for winner, loser in games:
        table[winner][loser], table[loser][winner] = 1.0, 0.0
    return table


def renumbered(table, order):
    return [[table[i][j] for j in order] for i in order]


TRANSITIVE = wins(3, (0, 1), (0, 2), (1, 2))
CYCLE = wins(3, (0, 1), (1, 2), (2, 0))
MIXED = wins(4, (0, 1), (0, 2), (3, 0), (1, 2), (1, 3))


def test_the_rankings_of_the_language_are_those_that_exist():
    assert {*RANKINGS} == {"win_rate", "borda", *TOGETHER}


@pytest.mark.parametrize("by", RANKINGS)
@given(data=st.data(), table=tables(), unknown=st.booleans())
def test_a_response_is_known_by_its_shares_alone(by, data, table, unknown):
    """Numbered otherwise, the same values, to the bit; also where a pair is not known."""
    if unknown:
        table[0][1] = table[1][0] = None
    order = data.draw(st.permutations(range(len(table))))
    values = values_of(table, by)
    assert values_of(renumbered(table, order), by) == [values[index] for index in order]


@pytest.mark.parametrize("by", RANKINGS)
@given(data=st.data())
def test_larger_groups_are_known_by_their_shares_too(by, data):
    """Past the size up to which knots are solved exactly, and past that of a whole Elo step."""
    count = data.draw(st.integers(EXACT_UP_TO + 1, 25))
    flat = data.draw(st.lists(SHARES, min_size=count * count, max_size=count * count))
    table = table_of(count, lambda i, j: flat[i * count + j])
    order = data.draw(st.permutations(range(count)))
    values = values_of(table, by)
    assert all(0.0 <= value <= 1.0 for value in values)
    assert values_of(renumbered(table, order), by) == [values[index] for index in order]


@pytest.mark.parametrize("by", RANKINGS)
@given(table=tables(st.floats(0, 1)))
def test_values_are_shares(by, table):
    assert all(0.0 <= value <= 1.0 for value in values_of(table, by))


@pytest.mark.parametrize("by", RANKINGS)
@given(table=tables(), beats=st.booleans())
def test_who_wins_every_comparison_comes_first_and_who_loses_them_last(by, table, beats):
    for other in range(1, len(table)):
        table[0][other], table[other][0] = (1.0, 0.0) if beats else (0.0, 1.0)
    first, *others = values_of(table, by)
    assert all(first > other if beats else first < other for other in others)
    if by != "bradley_terry":
        assert first == (1.0 if beats else 0.0)


@pytest.mark.parametrize("by", RANKINGS)
@pytest.mark.parametrize("count", [2, 3, 7, 12, 40])
def test_where_all_tie_all_are_in_the_middle(by, count):
    assert values_of(table_of(count, lambda i, j: 0.5), by) == [0.5] * count


@pytest.mark.parametrize("by", RANKINGS)
@pytest.mark.parametrize("count", [3, 5, 7, 9, 11, 13])
def test_a_circle_prefers_nobody(by, count):
    """Each beats the half that follows: nothing but its number tells one from another."""
    table = table_of(count, lambda i, j: float(j - i <= count // 2))
    assert values_of(table, by) == [0.5] * count


@given(table=tables(), lost=st.data())
def test_a_loss_turned_into_a_win_never_harms(table, lost):
    """Nor does it help anybody else's share; Copeland's value is net wins by the largest, so there it is the net."""
    i, j = lost.draw(st.sampled_from(list(itertools.permutations(range(len(table)), 2))))
    changed = [list(row) for row in table]
    changed[i][j], changed[j][i] = 1.0, 0.0
    for by in ("win_rate", "borda"):
        assert values_of(changed, by)[i] >= values_of(table, by)[i]
        assert values_of(changed, by)[j] <= values_of(table, by)[j]

    def net(shares):
        own = [share for other, share in enumerate(shares[i]) if other != i]
        return sum(share > 0.5 for share in own) - sum(share < 0.5 for share in own)

    assert net(changed) >= net(table)
    before, after = values_of(table, "copeland"), values_of(changed, "copeland")
    assert all(after[i] >= after[k] for k in range(len(table)) if before[i] >= before[k])


@pytest.mark.parametrize("by", ["elo", "bradley_terry"])
@given(table=tables())
def test_ratings_order_as_the_win_rate_does(by, table):
    """Everybody has met everybody: how much was won is all that the ratings can tell."""
    rates, ratings = values_of(table, "win_rate"), values_of(table, by)
    for i, j in itertools.permutations(range(len(table)), 2):
        if rates[i] > rates[j] + 1e-9:
            assert ratings[i] >= ratings[j]
        if rates[i] == rates[j]:
            assert ratings[i] == pytest.approx(ratings[j], abs=1e-6)


@pytest.mark.parametrize(
    ("table", "by", "expected"),
    [
        # the published values of the group rewards that these follow, moved from [-1, 1] to [0, 1]
        (TRANSITIVE, "win_rate", [1.0, 0.5, 0.0]),
        (TRANSITIVE, "copeland", [1.0, 0.5, 0.0]),
        (TRANSITIVE, "dgr", [1.0, 0.5, 0.0]),
        (CYCLE, "win_rate", [0.5, 0.5, 0.5]),
        (CYCLE, "copeland", [0.5, 0.5, 0.5]),
        (MIXED, "copeland", [0.75, 0.75, 0.0, 0.5]),
        # (1, 1, -1, 0) there: min-max of the win rate, which here stays the share of the others beaten
        (MIXED, "win_rate", [2 / 3, 2 / 3, 0.5 / 3, 0.5]),
        # 1, 0.5, -1, -0.5 there: of the three wins whose removal undoes the cycle, each is as good as the others
        (MIXED, "dgr", [0.75, 0.75, 0.0, 0.5]),
        # 1, 0.002, -1 there: games of a pass were rated one after another
        (TRANSITIVE, "elo", [1.0, 0.5, 0.0]),
        # 1, 0, -1 and -1, 0.999, 1 there, by number and by rounding
        (CYCLE, "dgr", [0.5, 0.5, 0.5]),
        (CYCLE, "elo", [0.5, 0.5, 0.5]),
    ],
)
def test_known_tournaments(table, by, expected):
    assert values_of(table, by) == pytest.approx(expected)


def expected_score(lead):
    return 1 / (1 + 10 ** (-lead / 400))


def test_elo_settles_where_the_expected_scores_are_the_wins():
    ratings = elo_ratings(MIXED)
    assert sum(ratings) == pytest.approx(4 * 1500)
    for i, row in enumerate(MIXED):
        expected = sum(expected_score(ratings[i] - ratings[j]) for j in range(4) if j != i)
        assert 32 * expected == pytest.approx(32 * sum(row[j] for j in range(4) if j != i), abs=0.011)
    # published as 0.8816, 1, -1, 0.2725 on [-1, 1]: the first two, with the same wins, apart by the order of the games
    assert values_of(MIXED, "elo") == pytest.approx([1.0, 1.0, 0.0, 0.68704], abs=1e-5)


def test_elo_passes_are_rated_at_once():
    """A pass moves all from where they stood before it, so that a line is even; it stops after 100 passes."""
    first, second, third = elo_ratings(TRANSITIVE)
    assert second == pytest.approx(1500.0)
    assert first - second == pytest.approx(second - third)
    # 2020.27 where the games of a pass are rated one after another
    assert first == pytest.approx(2020.27, abs=3)


@example(wins=1.0)
@given(wins=SHARES)
def test_bradley_terry_of_two(wins):
    """The chance to win is that of the wins with a tenth added each way, and the average lies between the two."""
    value, other = values_of([[None, wins], [1.0 - wins, None]], "bradley_terry")
    odds = value / (1 - value)
    assert odds**2 == pytest.approx((wins + 0.1) / (1.1 - wins), rel=1e-9)
    assert value + other == pytest.approx(1.0)


@given(table=tables(most=6))
def test_bradley_terry_explains_the_wins(table):
    """At the most likely strengths the expected wins are the wins, the added ones with them."""
    odds = [value / (1 - value) for value in values_of(table, "bradley_terry")]
    for i, row in enumerate(table):
        others = [j for j in range(len(table)) if j != i]
        expected = sum(1.2 * odds[i] / (odds[i] + odds[j]) for j in others)
        assert expected == pytest.approx(sum(row[j] + 0.1 for j in others), abs=1e-8)


def knots(table):
    """The sets of responses that are, going from winner to loser, reached from each other."""
    count = len(table)
    reach = {i: {j for j in range(count) if j != i and table[i][j] > 0.5} for i in range(count)}
    for _ in range(count):
        reach = {i: set().union(to, *(reach[j] for j in to)) for i, to in reach.items()}
    return {frozenset(j for j in reach[i] if i in reach[j]) for i in range(count)} - {frozenset()}


@given(table=tables(most=5))
def test_dgr_agrees_with_trying_all_orders(table):
    """Of each knot; a game that the best orders go against half of the time counts half."""
    games = {(i, j): 1.0 for i, j in itertools.permutations(range(len(table)), 2) if table[i][j] > 0.5}
    for knot in knots(table):
        orders = list(itertools.permutations(knot))
        against = [[(i, j) for j, i in itertools.combinations(order, 2) if (i, j) in games] for order in orders]
        costs = [round(sum(2 * table[i][j] - 1 for i, j in removed), 9) for removed in against]
        best = [removed for removed, cost in zip(against, costs, strict=True) if cost == min(costs)]
        for game in itertools.chain.from_iterable(best):
            games[game] -= 1 / len(best)
    expected = [
        sum(kept * ((i == index) - (j == index)) for (i, j), kept in games.items()) for index in range(len(table))
    ]
    assert [float(net) for net in net_wins(table)] == pytest.approx(expected)


def test_dgr_goes_against_the_weakest_evidence():
    """A clear line 0 > 1 > 2, and a narrow win of the last over the first."""
    table = table_of(3, lambda i, j: {(0, 1): 1.0, (1, 2): 1.0, (0, 2): 0.4}[i, j])
    assert values_of(table, "dgr") == [1.0, 0.5, 0.0]
    assert values_of(table, "copeland") == [0.5, 0.5, 0.5]


def test_dgr_of_a_large_knot_follows_the_net_of_it():
    """More than are solved exactly: a line whose last beats its first, so that all are on one cycle."""
    count = EXACT_UP_TO + 4
    values = values_of(table_of(count, lambda i, j: float((i, j) != (0, count - 1))), "dgr")
    assert values == sorted(values, reverse=True)
    assert values[0] > values[1] or values[0] == 1.0


def test_a_share_that_is_not_known_leaves_unscored_what_it_may_count_for():
    table = table_of(4, lambda i, j: None if (i, j) == (2, 3) else 1.0)
    assert values_of(table, "win_rate") == [1.0, 2 / 3, None, None]
    assert values_of(table, "borda") == [1.0, 2 / 3, None, None]
    # the first wins whatever the last two would have been; how far up the second is depends on them
    for by in ("copeland", "elo", "dgr"):
        assert values_of(table, by) == [1.0, None, None, None]
    assert values_of(table, "bradley_terry") == [None] * 4


@pytest.mark.parametrize("by", RANKINGS)
@given(table=tables(st.sampled_from([0.0, 0.5, 1.0, None]), most=5))
def test_what_is_scored_is_the_same_whatever_the_unknown_would_have_been(by, table):
    pairs = [(i, j) for i, j in itertools.combinations(range(len(table)), 2) if table[i][j] is None]
    values = values_of(table, by)
    for shares in itertools.islice(itertools.product([0.0, 0.4, 0.5, 1.0], repeat=len(pairs)), 64):
        for (i, j), share in zip(pairs, shares, strict=True):
            table[i][j], table[j][i] = share, 1.0 - share
        for known, value in zip(values, values_of(table, by), strict=True):
            assert known is None or known == value


@pytest.mark.parametrize(
    ("shares", "rate"),
    [([1.0, 1.0, 1.0], 1.0), ([0.0, 0.0], 0.0), ([1.0, 0.0, 0.5, 0.5], 0.5), ([0.75, 0.25], 0.5), ([0.25, 0.5], 0.375)],
)
def test_win_rates(shares, rate):
    assert win_rate(shares) == rate


@pytest.mark.parametrize(
    ("forward", "backward", "share", "agreed"),
    [
        (1.0, 0.0, 1.0, True),
        (0.0, 1.0, 0.0, True),
        (0.5, 0.5, 0.5, True),
        (1.0, 1.0, 0.5, False),
        (0.0, 0.0, 0.5, False),
        (1.0, 0.5, 0.5, False),
        (0.75, 0.0, 0.875, True),
    ],
)
def test_two_orders_of_a_pair(forward, backward, share, agreed):
    assert settle(forward, backward) == (share, agreed)
