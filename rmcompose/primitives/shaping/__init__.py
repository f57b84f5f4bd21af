"""Shaping a reward by how long and how repetitive a text is, or by how far a number is off.

In come texts and numbers, out go bounded shares and penalties; RM-Gallery's, which have no bound, are in
`penalties.py`. Look first at `lengths.py` and `repetition.py`.
"""
