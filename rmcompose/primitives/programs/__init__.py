"""Program code in a text: whether it parses, how it reads, and how far it is from a reference.

In come texts with code, out go shares and penalties. Look first at `source.py`.
"""
