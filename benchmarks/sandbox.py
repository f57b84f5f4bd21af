"""What a sandbox costs: programs through `code_tests` against `subprocess.run([python, "-c", code])` for each case.

    python benchmarks/sandbox.py [--programs 24] [--rounds 5]

The plain side has no limits and no isolation, and starts the same interpreter without its packages. Both sides run in
one process, in turns, on as many threads as there are cores; the figure is the ratio of the medians. The values of both
are compared before anything is timed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from report import table
from rmcompose.primitives.programs import available
from rmcompose.primitives.programs.execution import code_tests
from rmcompose.primitives.programs.settings import current

PRINTS = "import sys\nfrom collections import Counter\nnumbers = list(map(int, sys.stdin.read().split()))\n"
PRINTS += "print(sum(numbers), Counter(numbers).most_common(1)[0][1])\n"
ADDS = "from collections import Counter\ndef add(a, b):\n    return a + b\n"
PYTHON = [getattr(sys, "_base_executable", sys.executable), "-s", "-S", "-c"]


def printed(count: int) -> dict[str, Any]:
    """Cases of standard input and output."""
    return {"inputs": [f"{n} {n}" for n in range(count)], "outputs": [f"{2 * n} 2" for n in range(count)]}


def asserts(count: int) -> list[str]:
    """Cases that are statements."""
    return [f"assert add({n}, 1) == {n + 1}" for n in range(count)]


def plain_printed(tests: dict[str, Any]) -> float:
    """A process for each case, which reads and prints."""
    passed = 0
    for given, expected in zip(tests["inputs"], tests["outputs"], strict=True):
        done = subprocess.run([*PYTHON, PRINTS], input=given, capture_output=True, text=True, check=False)
        passed += done.stdout.strip() == expected
    return passed / len(tests["inputs"])


def plain_asserts(tests: list[str]) -> float:
    """A process for each statement, in which program and test run side by side."""
    done = [subprocess.run([*PYTHON, f"{ADDS}{one}"], capture_output=True, check=False).returncode for one in tests]
    return sum(code == 0 for code in done) / len(tests)


def seconds(call: Callable[[], float], programs: int, threads: int) -> float:
    """The time of so many programs on so many threads."""
    with ThreadPoolExecutor(threads) as pool:
        started = time.perf_counter()
        list(pool.map(lambda _: call(), range(programs)))
        return time.perf_counter() - started


def main() -> None:
    """Measures and prints the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--programs", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    threads = len(os.sched_getaffinity(0))
    rows = []
    for count in (1, 10, 50):
        for name, tests, here, plain in (
            ("printed", printed(count), PRINTS, plain_printed),
            ("asserts", asserts(count), ADDS, plain_asserts),
        ):
            ours = _call(here, tests)
            theirs = _plain(plain, tests)
            assert ours() == theirs() == 1.0
            times = [
                (seconds(ours, options.programs, threads), seconds(theirs, options.programs, threads))
                for _ in range(options.rounds)
            ]
            mine, other = (statistics.median(column) for column in zip(*times, strict=True))
            rate, cases = options.programs / mine, options.programs * count / mine
            rows.append((name, str(count), f"{rate:,.1f}", f"{cases:,.0f}", f"{mine / other:.2f}"))
    title = f"Programs in a sandbox (`{available.kind(current())}`), {options.programs} a round on {threads} threads"
    print(table(title, ("tests", "cases a program", "programs/s", "cases/s", "time against plain processes"), rows))


def _call(code: str, tests: Any) -> Callable[[], float]:
    return lambda: code_tests(code, tests)


def _plain(function: Callable[[Any], float], tests: Any) -> Callable[[], float]:
    return lambda: function(tests)


if __name__ == "__main__":
    main()
