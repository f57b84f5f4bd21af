"""Whether `run` streams: the most memory it held, over ever more rows.

    python benchmarks/stream.py [--rows 10000 100000 1000000]

Each size runs in a process of its own; peak memory is the kernel's account of that process. Constant memory shows as a
flat column.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from report import table

SPEC = """\
rmcompose 1

composition main -> score[0, 1] {
  rule same  = accuracy()
  rule words = word_count()

  return clamp(same - words / 1000, 0.0, 1.0)
}
"""


def write_rows(path: Path, count: int) -> None:
    """`count` short rows, one response each."""
    with path.open("w", encoding="utf-8") as file:
        for index in range(count):
            row = {"id": str(index), "prompt": "How many?", "response": str(index % 50), "reference": "7"}
            file.write(json.dumps(row) + "\n")


def run(folder: Path) -> tuple[float, float]:
    """Seconds, and peak resident memory in MiB, of one `rmcompose run` over `data.jsonl`."""
    command = str(Path(sys.executable).parent / "rmcompose")
    out = folder / "out.jsonl"
    out.unlink(missing_ok=True)
    start = time.perf_counter()
    process = os.posix_spawn(
        command,
        [command, "run", str(folder / "main.rm"), str(folder / "data.jsonl"), "-o", str(out)],
        dict(os.environ),
        file_actions=[(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1, 2)],
    )
    _, status, usage = os.wait4(process, 0)  # the only call that gives the memory of one child
    seconds = time.perf_counter() - start
    code = os.waitstatus_to_exitcode(status)
    if code:
        raise SystemExit(f"rmcompose run ended with {code}")
    unit = 2**20 if sys.platform == "darwin" else 2**10  # bytes there, KiB elsewhere
    return seconds, usage.ru_maxrss / unit


def main() -> int:
    """Runs each size and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    options = parser.parse_args()

    lines = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "main.rm").write_text(SPEC, encoding="utf-8")
        for count in options.rows:
            write_rows(folder / "data.jsonl", count)
            seconds, peak = run(folder)
            written = sum(1 for _ in (folder / "out.jsonl").open("rb"))
            if written != count:
                raise SystemExit(f"{written} rows written of {count}")
            lines.append([f"{count:,}", f"{seconds:.1f}", f"{count / seconds:,.0f}", f"{peak:.0f}"])
    print(table("Streaming: `rmcompose run` over short rows", ["rows", "s", "rows/s", "peak MiB"], lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
