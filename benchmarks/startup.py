"""How long `rmcompose validate` takes: a small spec in a new process, against the imports it cannot do without.

    python benchmarks/startup.py [--rounds 15]

Both commands run in turns; the figure is the ratio of the fastest run of each, which is what the machine can do.
"""

from __future__ import annotations

import argparse
import subprocess
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
  let  brief = clamp(1.0 - words / 200, 0.0, 1.0)

  require words >= 1 else 0.0 because "empty response"

  return 0.8 * same + 0.2 * brief
}
"""


def main() -> int:
    """Times both and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()

    commands = {
        "import pydantic, lark, yaml": [sys.executable, "-c", "import pydantic, lark, yaml"],
        "rmcompose validate": [str(Path(sys.executable).parent / "rmcompose"), "validate", "main.rm"],
    }
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "main.rm").write_text(SPEC, encoding="utf-8")
        for turn in range(options.rounds + 1):
            for name, command in commands.items():
                start = time.perf_counter()
                subprocess.run(command, cwd=folder, check=True, capture_output=True)
                if turn:  # the first turn fills the caches of bytecode and of the disk
                    seconds[name].append(time.perf_counter() - start)
    fastest = {name: min(times) for name, times in seconds.items()}
    base = fastest["import pydantic, lark, yaml"]
    lines = [
        [f"`{name}`", f"{time_taken * 1e3:.0f}", f"{time_taken / base:.2f}"] for name, time_taken in fastest.items()
    ]
    print(table(f"Start-up, the fastest of {options.rounds} runs in turns", ["command", "ms", "ratio"], lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
