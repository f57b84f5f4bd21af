"""How long `rmcompose validate` takes in a new process, against the imports it cannot do without.

    python benchmarks/startup.py [--rounds 15]

The specs are one of a few rules, and the math example (a judge, rules and gates) in both syntaxes. The commands run in
turns; the figure is the ratio of the fastest run of each, which is what the machine can do. They run from bytecode, as
an installed package does, also where the environment or a checkout has none.
"""

from __future__ import annotations

import argparse
import os
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
EXAMPLE = Path(__file__).parent.parent / "examples" / "math" / "math.rm"


def main() -> int:
    """Times all commands and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small = folder / "main.rm"
        small.write_text(SPEC, encoding="utf-8")
        validate = [str(Path(sys.executable).parent / "rmcompose"), "validate"]
        commands = {
            "import pydantic, lark, yaml": [sys.executable, "-c", "import pydantic, lark, yaml"],
            "rmcompose validate main.rm": [*validate, str(small)],
            "rmcompose validate math.rm": [*validate, str(EXAMPLE)],
            "rmcompose validate math.rm.yaml": [*validate, f"{EXAMPLE}.yaml"],
        }
        fastest = _fastest(commands, options.rounds, folder / "bytecode")
    base = next(iter(fastest.values()))
    lines = [
        [f"`{name}`", f"{time_taken * 1e3:.0f}", f"{time_taken / base:.2f}"] for name, time_taken in fastest.items()
    ]
    print(table(f"Start-up, the fastest of {options.rounds} runs in turns", ["command", "ms", "ratio"], lines))
    return 0


def _fastest(commands: dict[str, list[str]], rounds: int, bytecode: Path) -> dict[str, float]:
    """Seconds of the fastest run of each command."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(bytecode)
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(rounds + 1):
        for name, command in commands.items():
            start = time.perf_counter()
            subprocess.run(command, env=environment, check=True, capture_output=True)
            if turn:  # the first turn fills the caches of bytecode and of the disk
                seconds[name].append(time.perf_counter() - start)
    return {name: min(times) for name, times in seconds.items()}


if __name__ == "__main__":
    sys.exit(main())
