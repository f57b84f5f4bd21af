"""Numbers and mathematical answers against a reference.

In come a solution and the expected answer, out goes how much of it is right. Look first at `number.py` and `verify.py`.
"""
