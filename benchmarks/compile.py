"""What it costs to compile a large composition: seconds and memory, in all and per node.

    python benchmarks/compile.py [--nodes 100 1000 10000]

The composition has as many rules as formulas, and every formula uses two nodes before it, so that names, ranges, levels
and order all have work to do. Linear growth shows as a flat last column. Memory is traced in a second run, because
tracing slows the first.
"""

from __future__ import annotations

import argparse
import sys
import time
import tracemalloc

import rmcompose as rm
from report import table


def spec_of(nodes: int) -> str:
    """A composition of about `nodes` nodes: a quarter rules, the rest formulas over earlier nodes."""
    lines = ["rmcompose 1", "composition big -> score[0, 1] {"]
    rules = max(1, nodes // 4)
    lines += [f'  rule r{i}: bool = contains(value = "word {i}")' for i in range(rules)]
    names = [f"r{i}" for i in range(rules)]
    for i in range(nodes - rules):
        left, right = names[i % rules], names[(i * 7 + 3) % len(names)]
        lines.append(f"  let v{i} = 0.5 * {left} + 0.5 * {right}")
        names.append(f"v{i}")
    # the result reads every formula, so that nothing is left out of the plan
    lines.append("  aggregate all_of_it = mean {")
    lines += [f"    member v{i}" for i in range(nodes - rules)]
    lines += ["  }", "  return clamp(all_of_it, 0.0, 1.0)", "}"]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Compiles each size twice, once timed and once traced, and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, nargs="+", default=[100, 1_000, 10_000])
    options = parser.parse_args()

    rm.loads(spec_of(10))  # loads the grammar and the libraries
    lines = []
    for nodes in options.nodes:
        text = spec_of(nodes)
        start = time.perf_counter()
        rm.loads(text)
        seconds = time.perf_counter() - start
        tracemalloc.start()
        reward = rm.loads(text)
        kept, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        del reward
        lines.append(
            [
                f"{nodes:,}",
                f"{seconds:.2f}",
                f"{peak / 2**20:.1f}",
                f"{kept / 2**20:.1f}",
                f"{seconds / nodes * 1e6:.0f}",
                f"{kept / nodes / 2**10:.1f}",
            ]
        )
    head = ["nodes", "s", "peak MiB", "kept MiB", "µs/node", "kept KiB/node"]
    print(table("Compiling, from text to `RMComposition`", head, lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
