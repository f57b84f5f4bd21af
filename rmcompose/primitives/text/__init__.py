"""What a text contains, how long it is, and how close it is to a reference.

In come texts, out go truth values, counts and shares in [0, 1]. Look first at `content.py` and `overlap.py`.
"""
