"""Shaping a reward by how long and how repetitive a text is.

In come texts, out go penalties and factors. Look first at `penalties.py`.
"""
