"""Whether a text keeps to a form: tags, JSON, and what is inside them.

In come texts and what they are held to, out goes whether they keep to it. Look first at `tags.py` and `json_text.py`.
"""
