"""Final answers that are no mathematics: words and phrases, lists, long recitations, and the sources that are cited.

In come a reply and what its answer should be, out goes how much of it is right. Look first at `phrase.py`.
"""
