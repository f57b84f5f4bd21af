"""Scores anew from what results hold, and what moved between two results: both without a model.

In come result lines as `run` writes them and a spec, out go result lines of that spec; or two sets of lines, and out go
figures, rows and a plot of what moved. Look first at `rescorer.py`, then at `matching.py` (which saved value may stand
for which node) and `movement.py`.
"""
