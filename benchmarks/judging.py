"""What a judge costs beside its model: a whole run against a bare loop over the client, and memory over many calls.

    python benchmarks/judging.py [--rounds 5] [--calls 2000] [--memory 5000 50000]

Both sides ask the same server on loopback, a process of its own that takes 50 ms for each answer, with 64 calls at a
time. The bare loop is what people write by hand: `AsyncOpenAI` as it comes, a semaphore, the text of the reply and
nothing else. The run renders prompts, reads replies, keeps them on disk and traces every node. They take turns; the
figure is the ratio within each turn. Imports and connections are made before the clock starts, for both.

Memory is the kernel's account of a process that does one such run, of a server that answers at once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from report import table
from rmcompose.compiler import loads
from rmcompose.data import Record
from rmcompose.runtime.client import Client, Config

AT_A_TIME = 64
SPEC = """\
rmcompose 1

composition main -> score[0, 1] {
  judge good: score[0, 1] {
    model = "judge"
    given = [prompt, response]
    rubric "Is the answer correct, clear and complete? A wrong answer is 0, however well it is written."
  }

  return good
}
"""
HERE = Path(__file__).parent


def rows(first: int, count: int) -> Iterator[Record]:
    """Rows of one response each, no two alike."""
    for number in range(first, first + count):
        question = f"Question {number}: " + "how do the parts of this fit together? " * 8
        answer = f"Answer {number}: " + "first this, and then that, because of the other. " * 12
        yield Record({"id": str(number), "prompt": question, "response": answer}, "data.jsonl", number + 1)


@contextmanager
def serving(latency: float) -> Iterator[str]:
    """The address of a server that takes so many seconds for each answer."""
    command = [sys.executable, str(HERE / "judge_server.py"), "--latency", str(latency)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


def whole(url: str, first: int, count: int, folder: str) -> float:
    """Seconds of a run over that many rows."""
    config = Config({"judge": {"base_url": url}}, {})
    with loads(SPEC, client=Client(config, cache=folder, concurrency=AT_A_TIME)) as reward:
        warm = sum(1 for _ in reward.stream(rows(first, AT_A_TIME), max_workers=AT_A_TIME))
        started = time.perf_counter()
        lines = reward.stream(rows(first + warm, count), max_workers=2 * AT_A_TIME)
        scored = sum(line["best"] == 0 for line in lines)
        seconds = time.perf_counter() - started
        if scored != count or reward.usage.calls != warm + count:
            raise SystemExit(f"{scored} scored and {reward.usage.calls} calls, of {count} rows")
    return seconds


def bare(url: str, first: int, count: int) -> float:
    """Seconds of a loop over the client, with as many questions."""
    from openai import AsyncOpenAI

    async def main() -> float:
        turn = asyncio.Semaphore(AT_A_TIME)
        async with AsyncOpenAI(api_key="none", base_url=url) as client:

            async def ask(record: Record) -> str | None:
                assert record.data is not None
                system = "You are an impartial judge. Answer with a JSON object: reason, then score from 0 to 1."
                async with turn:
                    answer = await client.chat.completions.create(
                        model="judge",
                        messages=[
                            {"role": "system", "content": system},
                            {"role": "user", "content": f"{record.data['prompt']}\n\n{record.data['response']}"},
                        ],
                    )
                return answer.choices[0].message.content

            await asyncio.gather(*(ask(record) for record in rows(first, AT_A_TIME)))
            started = time.perf_counter()
            replies = await asyncio.gather(*(ask(record) for record in rows(first + AT_A_TIME, count)))
            seconds = time.perf_counter() - started
        if any(json.loads(reply or "null")["score"] != 0.75 for reply in replies):
            raise SystemExit("a reply is not the server's")
        return seconds

    return asyncio.run(main())


def speed(rounds: int, calls: int) -> str:
    """Both sides in turns."""
    ran: list[tuple[float, float]] = []
    with serving(0.05) as url, tempfile.TemporaryDirectory() as folder:
        for number in range(rounds):
            first = number * (calls + AT_A_TIME)
            ran.append((whole(url, first, calls, folder), bare(url, first, calls)))
    ratios = sorted(run / loop for run, loop in ran)
    floor = calls * 0.05 / AT_A_TIME
    lines = [
        ["the server alone", f"{floor:.1f}", f"{calls / floor:,.0f}", ""],
        ["a loop over `AsyncOpenAI`", *_figures(median(loop for _, loop in ran), calls), "1"],
        ["`RMComposition.stream`", *_figures(median(run for run, _ in ran), calls), _spread(ratios)],
    ]
    title = f"Judging: {calls:,} calls of 50 ms, {AT_A_TIME} at a time, medians of {rounds} rounds in turns"
    return table(title, ["", "s", "calls/s", "ratio (least to most)"], lines)


def _figures(seconds: float, calls: int) -> list[str]:
    return [f"{seconds:.1f}", f"{calls / seconds:,.0f}"]


def _spread(ratios: list[float]) -> str:
    return f"{median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"


def memory(sizes: list[int]) -> str:
    """Each size in a process of its own."""
    lines = []
    for count in sizes:
        with serving(0.002) as url, tempfile.TemporaryDirectory() as folder:
            started = time.perf_counter()
            command = [sys.executable, __file__, "--alone", url, folder, str(count)]
            process = os.posix_spawn(sys.executable, command, dict(os.environ))
            _, status, usage = os.wait4(process, 0)  # the only call that gives the memory of one child
            seconds = time.perf_counter() - started
        if status:
            raise SystemExit(f"a run of {count} calls ended with {os.waitstatus_to_exitcode(status)}")
        unit = 2**20 if sys.platform == "darwin" else 2**10  # bytes there, KiB elsewhere
        lines.append([f"{count:,}", f"{seconds:.0f}", f"{count / seconds:,.0f}", f"{usage.ru_maxrss / unit:.0f}"])
    return table("Judging: memory of a run", ["calls", "s", "calls/s", "peak MiB"], lines)


def main() -> int:
    """Measures speed and memory and prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--calls", type=int, default=2_000)
    parser.add_argument("--memory", type=int, nargs="*", default=[5_000, 50_000], metavar="CALLS")
    parser.add_argument("--alone", nargs=3, metavar=("URL", "FOLDER", "CALLS"), help=argparse.SUPPRESS)
    options = parser.parse_args()

    if options.alone:
        url, folder, count = options.alone
        whole(url, 0, int(count), folder)
        return 0
    if options.rounds:
        print(speed(options.rounds, options.calls))
    if options.memory:
        print(memory(options.memory))
    return 0


if __name__ == "__main__":
    sys.exit(main())
