"""Params learned from data: weights from preferences, thresholds and scales from labels.

In come a spec and labelled rows, out go the text of the spec with other defaults and a report of what that is worth on
held-out folds. Leaves (rules, judges, inputs) are evaluated once; scores for other params follow from them. Look first
at `fitting.py`, then at `model.py` (the score as a function of the params), `search.py` and `rewriting.py`.
"""
