"""Recorded judges of LLMBar, replayed: what a spec reads in the replies of real models, against their authors' reading.

    python benchmarks/llmbar.py

A server on loopback answers each question with what the judge replied when it was shown these two outputs in this
order; the verdicts are taken from the trace. `naive` is the output that a reply mentions last. `longer wins` is how
often the longer output is the better one: what a judge is worth is what it has beyond that.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import re
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import rmcompose as rm
from report import table
from rmcompose.runtime.client import Client, Config

FOLDER = Path(__file__).parent.parent / "tests" / "judging" / "llmbar"
SPEC = FOLDER / "judge.rm"
ORDERS = ("swap = False", "swap = True")
"""The outputs as they are, and exchanged."""

Verdict = str | None
"""`"1"` or `"2"`, the output that a reply prefers, or None where it prefers none."""
Pair = dict[str, Any]


@dataclass(frozen=True)
class Agreement:
    """What is counted over the pairs of one judge; `verdicts` are two a pair, `correct_both` and `equal` one."""

    verdicts: int
    correct_both: int
    equal: int


def pairs_of(subset: str | None = None) -> list[Pair]:
    """The recorded pairs, of one subset or of all."""
    with gzip.open(FOLDER / "pairs.jsonl.gz", "rt", encoding="utf-8") as lines:
        pairs = [json.loads(line) for line in lines]
    return [pair for pair in pairs if subset is None or pair["subset"] == subset]


def row_of(pair: Pair) -> dict[str, Any]:
    """A pair as a sample with two responses."""
    return {
        "id": f"{pair['subset']}-{pair['idx']}",
        "prompt": pair["input"],
        "responses": [pair["output_1"], pair["output_2"]],
    }


def published(subset: str, judge: str, what: str) -> int:
    """A count of the authors' statistics: `correct_False`, `correct_True`, `correct_both` or `equal`."""
    statistics = json.loads((FOLDER / "statistics.json").read_text(encoding="utf-8"))
    return int(statistics[subset][judge][what].partition(" ")[0])


def recorded(pair: Pair, judge: str) -> list[Verdict]:
    """The authors' verdicts, in both orders."""
    return [pair["judges"][judge][order]["winner"] for order in ORDERS]


def naive(pair: Pair, judge: str) -> list[Verdict]:
    """The output that each reply mentions last."""
    verdicts: list[Verdict] = []
    for order, exchanged in zip(ORDERS, (False, True), strict=True):
        mentions = re.findall(r"Output \(([ab])\)", pair["judges"][judge][order]["completion"])
        verdicts.append(str(1 + ((mentions[-1] == "b") != exchanged)) if mentions else None)
    return verdicts


@contextlib.contextmanager
def served(judge: str) -> Iterator[str]:
    """The address of a server that replies as the judge did; what it was never asked is a 404."""
    known: dict[tuple[str, str, str], str] = {}
    for pair in pairs_of():
        for order, names in zip(ORDERS, (("output_1", "output_2"), ("output_2", "output_1")), strict=True):
            known[pair["input"], pair[names[0]], pair[names[1]]] = pair["judges"][judge][order]["completion"]

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else every reply waits for an acknowledgement

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            reply = known.get(_shown(request["messages"][-1]["content"]))
            message = {"role": "assistant", "content": reply}
            body = {"choices": [{"index": 0, "finish_reason": "stop", "message": message}], "id": "r", "created": 0}
            data = json.dumps({**body, "object": "chat.completion", "model": request["model"]}).encode()
            self.send_response(404 if reply is None else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name of the base class
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _shown(question: str) -> tuple[str, str, str]:
    """The prompt and the two answers of a question, in the order shown, from between their marks."""
    fields = dict(re.findall(r'<(?:data-\w+) name="([^"]+)">\n(.*?)\n</data-\w+>(?=\n\n)', question, re.DOTALL))
    return fields["prompt"], fields["answer A: response"], fields["answer B: response"]


def results_of(judge: str, reading: str, pairs: Sequence[Pair]) -> list[dict[str, Any]]:
    """The result lines of the pairs, judged over HTTP by a recorded judge and the composition `reading` of the spec."""

    async def judged(url: str) -> list[dict[str, Any]]:
        config = Config({}, {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "recorded"})
        async with Client(config, cache=False) as client:
            reward = rm.load(f"{SPEC}::{reading}", params={"judge_model": judge}, client=client)
            return list(await asyncio.gather(*(reward.atrace(row_of(pair)) for pair in pairs)))

    with served(judge) as url:
        return asyncio.run(judged(url))


def verdicts_of(result: dict[str, Any]) -> list[Verdict]:
    """The verdicts in both orders that a result line tells."""
    [against] = result["responses"][0]["nodes"]["better"]["detail"]["pairs"]
    worth: dict[float | None, Verdict] = {1.0: "1", 0.0: "2", None: None}
    return [worth[order["share"]] for order in against["orders"]]


def agreement(pairs: Sequence[Pair], judge: str, verdicts: Sequence[list[Verdict]]) -> Agreement:
    """How many verdicts are the recorded ones; pairs judged right in both orders, and alike in both."""
    return Agreement(
        verdicts=sum(
            one == other
            for pair, both in zip(pairs, verdicts, strict=True)
            for one, other in zip(both, recorded(pair, judge), strict=True)
        ),
        correct_both=sum(both == [str(pair["label"])] * 2 for pair, both in zip(pairs, verdicts, strict=True)),
        equal=sum(first == second for first, second in verdicts),
    )


def longer_wins(pairs: Sequence[Pair]) -> float:
    """The share of pairs in which the longer output, in characters, is the better one; equal lengths count half."""
    gaps = [(len(pair["output_1"]) - len(pair["output_2"])) * (1 if pair["label"] == 1 else -1) for pair in pairs]
    return sum(0.5 if gap == 0 else float(gap > 0) for gap in gaps) / len(gaps)


def main() -> int:
    """Prints the table."""
    rows = []
    pairs = pairs_of()
    for judge, reading in (("GPT-4", "stated"), ("ChatGPT", "stated"), ("PaLM2", "leading"), ("PaLM2", "stated")):
        found = [verdicts_of(result) for result in results_of(judge, reading, pairs)]
        for subset in dict.fromkeys(pair["subset"] for pair in pairs):
            here = [index for index, pair in enumerate(pairs) if pair["subset"] == subset]
            some = [pairs[index] for index in here]
            ours = agreement(some, judge, [found[index] for index in here])
            plain = agreement(some, judge, [naive(pair, judge) for pair in some])
            both, equal = published(subset, judge, "correct_both"), published(subset, judge, "equal")
            rows.append(
                [
                    f"{judge} CoT, `{reading}`, {subset}",
                    str(len(some)),
                    f"{ours.verdicts} of {2 * len(some)}",
                    f"{plain.verdicts} of {2 * len(some)}",
                    f"{ours.correct_both} / {both} / {plain.correct_both}",
                    f"{ours.equal} / {equal} / {plain.equal}",
                    f"{longer_wins(some):.1%}",
                ]
            )
    head = ["judge, reading, subset", "pairs", "verdicts as recorded", "naive"]
    head += ["right in both orders: ours / authors / naive", "alike in both: ours / authors / naive", "longer wins"]
    print(table("Recorded judges of LLMBar, replayed over HTTP", head, rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
