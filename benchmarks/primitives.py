"""What single rules cost against the libraries that people know them from.

    python benchmarks/primitives.py [--pairs 200] [--rounds 7]

Both sides judge the same pairs of solutions of GSM8K problems, and the same pairs put together ten times over, in one
process and in turns; the figure is the ratio of the medians. Nothing that is cut up or counted is kept from one call
to the next, on either side (sacrebleu's kept tokenisations are dropped before every round); stems of words are: 65,536
of ours, none of NLTK's. The values of both sides are compared before anything is timed.
"""

from __future__ import annotations

import argparse
import gc
import json
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

from report import table
from rmcompose.primitives import registry
from rmcompose.primitives.text.words import words

DATA = Path(__file__).parent.parent / "examples" / "math" / "data.jsonl"
Judge = Callable[[str, str], float]


class Match(NamedTuple):
    """A rule with its settings, and what it stands beside."""

    rule: str
    settings: dict[str, Any]
    other: str
    judge: Judge
    short_only: bool = False


def _rouge(kind: str, *, stem: bool = False) -> Judge:
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer([kind], use_stemmer=stem)
    return lambda text, reference: float(scorer.score(reference, text)[kind].fmeasure)


def _bleu() -> Judge:
    from sacrebleu.metrics.bleu import BLEU

    metric = BLEU(effective_order=True)
    return lambda text, reference: float(metric.sentence_score(text, [reference]).score) / 100


def _chrf(word_order: int) -> Judge:
    from sacrebleu.metrics.chrf import CHRF

    metric = CHRF(word_order=word_order)
    return lambda text, reference: float(metric.sentence_score(text, [reference]).score) / 100


def _meteor() -> Judge:
    from nltk.translate.meteor_score import single_meteor_score

    wordnet: Any = SimpleNamespace(synsets=lambda _word: ())
    return lambda text, reference: float(single_meteor_score(words(reference), words(text), wordnet=wordnet))


def _gleu() -> Judge:
    from nltk.translate.gleu_score import sentence_gleu

    return lambda text, reference: float(sentence_gleu([words(reference)], words(text)))


def table_distance(text: str, reference: str) -> float:
    """The Levenshtein distance by the usual table, one row at a time."""
    row = list(range(len(reference) + 1))
    for i, a in enumerate(text, 1):
        last, row[0] = row[0], i
        for j, b in enumerate(reference, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (a != b))
    return row[-1]


def loop_repetition(text: str, _reference: str) -> float:
    """The repetition of RM-Gallery's penalty, n-gram by n-gram."""
    cut = text.strip().lower().split()
    if len(cut) < 3:
        return 0.0
    grams = [tuple(cut[start : start + 3]) for start in range(len(cut) - 2)]
    counts = Counter(grams)
    repetition = 1 - len(counts) / len(grams)
    return -(repetition - 0.3) if repetition > 0.3 else 0.0


def _cut(text: str) -> list[str]:
    found: list[str] = re.findall(r"\w+(?:'\w+)*", text.lower())
    return found


def plain_f1(text: str, reference: str) -> float:
    """The overlap of SQuAD's script, over the words of the rule, cut by the usual regular expression."""
    left, right = _cut(text), _cut(reference)
    same = sum((Counter(left) & Counter(right)).values())
    if not same:
        return 0.0
    precision, recall = same / len(left), same / len(right)
    return 2 * precision * recall / (precision + recall)


def plain_jaccard(text: str, reference: str) -> float:
    """Intersection over union, over the words of the rule, cut by the usual regular expression."""
    left, right = set(_cut(text)), set(_cut(reference))
    return len(left & right) / len(left | right)


def matches() -> list[Match]:
    """Every rule with its neighbour."""
    return [
        Match("rouge_1", {}, "rouge-score", _rouge("rouge1")),
        Match("rouge_2", {}, "rouge-score", _rouge("rouge2")),
        Match("rouge_l", {}, "rouge-score", _rouge("rougeL")),
        Match("rouge_l", {"stem": True}, "rouge-score, stemmer", _rouge("rougeL", stem=True)),
        Match("rouge_lsum", {}, "rouge-score", _rouge("rougeLsum")),
        Match("bleu", {}, "sacrebleu", _bleu()),
        Match("chrf", {}, "sacrebleu", _chrf(0)),
        Match("chrf", {"word_order": 2}, "sacrebleu", _chrf(2)),
        Match("meteor", {}, "NLTK, no WordNet", _meteor()),
        Match("gleu", {}, "NLTK", _gleu()),
        Match("edit_distance", {}, "table in Python", table_distance, short_only=True),
        Match("token_f1", {}, "loop in Python", plain_f1),
        Match("jaccard", {}, "sets in Python", plain_jaccard),
        Match("ngram_repetition_penalty", {"tokenizer_type": "simple"}, "RM-Gallery's loop", loop_repetition),
    ]


def pairs_of(count: int) -> list[tuple[str, str]]:
    """Two solutions of the same problem each."""
    rows = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]
    return [(row["responses"][0], other) for row in rows for other in row["responses"][1:]][:count]


def ours(match: Match) -> Judge:
    """The rule as the runtime calls it: settings bound once, data by name."""
    signature = registry.signature(match.rule)
    assert signature is not None
    call = signature.bind(**match.settings)
    if signature.argument("reference") is None:
        return lambda text, _reference: float(call(text=text))
    return lambda text, reference: float(call(text=text, reference=reference))


def _forget() -> None:
    """Drops the tokenisations that sacrebleu keeps of texts it has seen."""
    from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a
    from sacrebleu.tokenizers.tokenizer_re import TokenizerRegexp

    for kept in (Tokenizer13a.__call__, TokenizerRegexp.__call__):
        kept.cache_clear()


def medians(sides: list[Judge], pairs: list[tuple[str, str]], rounds: int) -> list[float]:
    """The median seconds of each side for all pairs, in turns."""
    seconds: list[list[float]] = [[] for _ in sides]
    for _ in range(rounds):
        for judge, spent in zip(sides, seconds, strict=True):
            _forget()
            gc.collect()
            start = time.perf_counter()
            for text, reference in pairs:
                judge(text, reference)
            spent.append(time.perf_counter() - start)
    return [statistics.median(spent) for spent in seconds]


def main() -> int:
    """Compares, times and prints the table; 1 where the two sides disagree on a value."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()

    short = pairs_of(options.pairs)
    long = [
        (
            "\n".join(text for text, _ in short[start : start + 10]),
            "\n".join(other for _, other in short[start : start + 10]),
        )
        for start in range(0, len(short), 10)
    ]
    lines = []
    for match in matches():
        mine = ours(match)
        for text, reference in [*short, *([] if match.short_only else long)]:
            if abs(mine(text, reference) - match.judge(text, reference)) > 1e-9:
                print(f"{match.rule} and {match.other} give different values for {text!r}", file=sys.stderr)
                return 1
        sides = [mine, match.judge]
        ours_short, other_short = medians(sides, short, options.rounds)
        settings = ", ".join(f"{name} = {json.dumps(value)}" for name, value in match.settings.items())
        line = [
            f"`{match.rule}`" + (f" ({settings})" if settings else ""),
            match.other,
            f"{ours_short / len(short) * 1e6:,.0f}",
            f"{other_short / len(short) * 1e6:,.0f}",
            f"{other_short / ours_short:.1f}",
        ]
        if match.short_only:
            line.append("")
        else:
            ours_long, other_long = medians(sides, long, options.rounds)
            line.append(f"{other_long / ours_long:.1f}")
        lines.append(line)
    size, long_size = (statistics.mean(len(text) for pair in pairs for text in pair) for pairs in (short, long))
    head = ["rule", "beside", "µs", "µs of the other", "times faster", "the same, long texts"]
    title = (
        f"Rules beside libraries, pairs of {size:,.0f} characters and of {long_size:,.0f},"
        f" {options.rounds} rounds in turns"
    )
    print(table(title, head, lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
