"""Published benchmarks of rewards and judges: their file formats as they are, and their official formulas.

In come a composition and a benchmark's files, out go its figures with intervals, the longer-wins baseline beside each,
and what became of every case. Look first at `benchmark.py`, then at `catalogue.py` and the module of a benchmark.
"""
