"""Choosing with a reward: the best responses of a sample, and the rows for which a condition holds.

In come a composition and rows, out go lines that say what was chosen and why. A judge is asked about a response only
while its answer can still change the choice: look first at `bounds.py`, then at `best.py` and `keep.py`.
"""
