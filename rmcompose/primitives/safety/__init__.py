"""What should not be in a text: personal data.

In come texts, out go findings as counts or penalties. Look first at `privacy.py`.
"""
