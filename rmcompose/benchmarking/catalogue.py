"""The benchmarks by name."""

from __future__ import annotations

from rmcompose.benchmarking.benchmark import BenchError, Benchmark
from rmcompose.benchmarking.both_orders import JudgeBench, LlmBar
from rmcompose.benchmarking.conflicts import Conflicts
from rmcompose.benchmarking.pairs import Preference, RewardBench, Rmb
from rmcompose.benchmarking.rewardbench2 import RewardBench2
from rmcompose.benchmarking.rm_bench import RmBench
from rmcompose.diagnostics.suggest import nearest

BENCHMARKS: dict[str, type[Benchmark]] = {
    one.name: one for one in (Preference, RewardBench, RewardBench2, RmBench, Rmb, JudgeBench, LlmBar, Conflicts)
}


def named(name: str) -> type[Benchmark]:
    """The benchmark of that name. Raises BenchError."""
    if name in BENCHMARKS:
        return BENCHMARKS[name]
    meant = nearest(name, BENCHMARKS)
    advice = f"did you mean `{meant}`?" if meant else f"there are {', '.join(f'`{one}`' for one in BENCHMARKS)}"
    raise BenchError(f"unknown benchmark `{name}`: {advice}")
