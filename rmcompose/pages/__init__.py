"""Pages: what every HTML page of rmcompose is made of.

In come texts and numbers, out go one self-contained document, its elements and its drawings; nothing here knows what a
page is about. Look first at `document.py`, then at `markup.py` and `svg.py`.
"""
