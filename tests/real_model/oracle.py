"""What the replies of a recorded run say, read once more without the code under test.

The reading is written down here a second time, with the decoder of the standard library, as short as it can be for the
judges of `judges.rm`. A reading is `(value, None)` or `(None, kind)`.
"""

from __future__ import annotations

import json
import math
import re
from collections import defaultdict
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from statistics import mean, median
from typing import Any

Reading = tuple[Any, str | None]
MALFORMED: Reading = (None, "malformed_reply")
RETRIES = {"house": 1}
WORDS = {"polite": 1.0, "rude": 0.0}
WINNERS = {"A": 1.0, "B": 0.0, "tie": 0.5}
WEIGHTS = {"criteria": {"right": 2, "brief": 1}, "checklist": {"polite": 3, "rude": -2}}
FIELD = re.compile(r'<(data-\w+) name="([^"]*)">\n(.*?)\n?</\1>', re.DOTALL)
ATOM = re.compile(r'"(?:[^"\\]|\\.)*"|-?\d[-+.\deE]*', re.DOTALL)


class Recording:
    """The calls of one judge in a cassette, by the responses that they showed."""

    def __init__(self, path: Path, judge: str) -> None:
        self.judge = judge
        self.lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        self.asked: dict[tuple[str, ...], dict[int, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
        for line in sorted(self.lines, key=lambda line: line["attempt"]):
            fields = FIELD.findall(line["messages"][-1]["content"])
            shown = tuple(text for _, name, text in fields if name.endswith("response"))
            attempts = self.asked[shown][line["vote"]]
            assert line["attempt"] == len(attempts), "an attempt is missing or there twice"
            attempts.append(line)

    def read(self, shown: Sequence[str], vote: int = 0) -> Reading:
        """What came of one question: its last reply, after as many attempts as there should be."""
        attempts = self.asked[tuple(shown)][vote]
        assert attempts, "a question was never asked"
        readings = [self._one(line, len(shown)) for line in attempts]
        assert all(reading == MALFORMED for reading in readings[:-1]), "asked again although the reply could be read"
        if readings[-1] == MALFORMED:
            assert len(readings) == RETRIES.get(self.judge, 0) + 1, "not asked as often as it may be"
        return readings[-1]

    def accepted(self) -> dict[str, str]:
        """The replies that are good for later runs, by key."""
        return {
            attempts[-1]["key"]: attempts[-1]["reply"]
            for shown, votes in self.asked.items()
            for vote, attempts in votes.items()
            if self.read(shown, vote)[1] in (None, "abstained")
        }

    def expected(self, responses: Sequence[str]) -> list[Reading]:
        """The value of each response of one sample, or why it has none."""
        if self.judge == "pairwise":
            return self._pairs(responses)
        if self.judge == "listwise":
            return self._list(responses)
        votes = range(3 if self.judge == "votes" else 1)
        return [_median([self.read([response], vote) for vote in votes]) for response in responses]

    def states_nothing(self, line: dict[str, Any]) -> bool:
        """Whether the reply of a line cannot be read."""
        return self._one(line, 2) == MALFORMED

    def _one(self, line: dict[str, Any], count: int) -> Reading:
        if "kind" in line:
            return None, line["kind"]
        reply = line["reply"]
        if self.judge == "house":
            found = re.findall(r"(?i)response is (\w+)", reply)
            return (WORDS[found[-1]], None) if found and found[-1] in WORDS else MALFORMED
        if self.judge == "pairwise":
            winner = last_object(reply, "winner").get("winner")
            return (WINNERS[winner], None) if isinstance(winner, str) and winner in WINNERS else MALFORMED
        if self.judge == "listwise":
            return _ranking(last_object(reply, "ranking").get("ranking"), count)
        if self.judge in WEIGHTS:
            key = "met" if self.judge == "checklist" else "score"
            return _verdicts(last_object(reply, "verdicts").get("verdicts"), key, WEIGHTS[self.judge])
        return _score(last_object(reply, "score").get("score"))

    def _pairs(self, responses: Sequence[str]) -> list[Reading]:
        against: list[list[Any]] = [[] for _ in responses]
        for i, j in product(range(len(responses)), repeat=2):
            if i >= j:
                continue
            (here, wrong), (there, other) = (self.read([responses[a], responses[b]]) for a, b in ((i, j), (j, i)))
            share = wrong or other
            if share is None:
                # the two orders must name the same winner, else it is a tie
                share = here if here == 1 - there else 0.5
            against[i].append(share)
            against[j].append(share if isinstance(share, str) else 1 - share)
        return [_mean_of(shares) for shares in against]

    def _list(self, responses: Sequence[str]) -> list[Reading]:
        if len(responses) == 1:
            return [(None, "abstained")]
        (shown,) = (key for key in self.asked if sorted(key) == sorted(responses))
        groups, kind = self.read(shown)
        if kind is not None:
            return [(None, kind) for _ in responses]
        rank = {shown[number - 1]: place for place, group in enumerate(groups) for number in group}
        return [
            _mean_of(
                [
                    (rank[other] > rank[one]) + 0.5 * (rank[other] == rank[one])
                    for at, other in enumerate(responses)
                    if at != index
                ]
            )
            for index, one in enumerate(responses)
        ]


def last_object(text: str, key: str) -> dict[str, Any]:
    """The last complete JSON object that no other one holds, has the key, and no key twice; else an empty one."""
    twice = False

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal twice
        twice |= len(dict(found)) != len(found)
        return dict(found)

    decoder = json.JSONDecoder(object_pairs_hook=pairs, strict=False)
    last: dict[str, Any] = {}
    inside: set[int] = set()
    at = text.find("{")
    while at >= 0:
        end = at + 1
        if at not in inside:
            twice = False
            try:
                found, end = decoder.raw_decode(text, at)
                if key in found and not twice:
                    last = found
            except json.JSONDecodeError:
                # what stands in a broken object, but not in one of its texts, is no object of its own; nor is what
                # stands in a complete one that only a wrong number or escape keeps from being JSON
                plain = ATOM.sub(_plain, text[at:])
                try:
                    end = at + decoder.raw_decode(plain)[1]
                except json.JSONDecodeError as error:
                    inside |= {at + brace.start() for brace in re.finditer("{", plain[: error.pos])}
        at = text.find("{", end)
    return last


def _plain(atom: re.Match[str]) -> str:
    """A text or number as long as this one, with which nothing can be wrong."""
    length = len(atom[0])
    return f'"{"_" * (length - 2)}"' if atom[0].startswith('"') else "1" * length


def _score(score: object) -> Reading:
    if isinstance(score, bool) or not isinstance(score, int | float) or not math.isfinite(score):
        return MALFORMED
    return (float(score), None) if 1 <= score <= 5 else (None, "off_scale")


def _verdicts(verdicts: Any, key: str, weights: dict[str, int]) -> Reading:
    if not isinstance(verdicts, list) or any(not isinstance(one, dict) or key not in one for one in verdicts):
        return MALFORMED
    if sorted(str(one.get("id")) for one in verdicts) != sorted(weights):
        return MALFORMED
    given = [one[key] for name in weights for one in verdicts if one["id"] == name]
    if key == "score":
        scores = [_score(one) for one in given]
        worst = [kind for wanted in ("malformed_reply", "off_scale") for _, kind in scores if kind == wanted]
        if worst:
            return None, worst[0]
        return sum(weight * score for weight, (score, _) in zip(weights.values(), scores, strict=True)) / 3, None
    if any(
        one not in (True, False, None) or isinstance(one, int | float) is not isinstance(one, bool) for one in given
    ):
        return MALFORMED
    # an item that could not be assessed matters only where it could change the share
    ways = product(*[(True, False) if one is None else (one,) for one in given])
    shares = {min(max(sum(w * met for w, met in zip(weights.values(), way, strict=True)) / 3, 0), 1) for way in ways}
    return (shares.pop(), None) if len(shares) == 1 else (None, "abstained")


def _ranking(ranking: Any, count: int) -> Reading:
    if not isinstance(ranking, list):
        return MALFORMED
    groups = [group if isinstance(group, list) else [group] for group in ranking]
    flat = [number for group in groups for number in group]
    if any(type(number) is not int for number in flat) or sorted(flat) != list(range(1, count + 1)):
        return MALFORMED
    return groups, None


def _median(votes: list[Reading]) -> Reading:
    """The middle vote, where votes without a value could not move it; else the reason of the first of those."""
    ends = (
        {median(end if value is None else value for value, _ in votes) for end in (1, 5)} if len(votes) > 1 else set()
    )
    if len(votes) == 1:
        return votes[0]
    return (ends.pop(), None) if len(ends) == 1 else next((None, kind) for _, kind in votes if kind is not None)


def _mean_of(shares: list[Any]) -> Reading:
    failed = [share for share in shares if isinstance(share, str)]
    if failed or not shares:
        return None, failed[0] if failed else "abstained"
    return mean(shares), None
