"""What should not be in a text: personal data, secrets, profanity, and refusals where they are not called for.

In come texts, out go findings as counts, shares, bools or penalties. Look first at `pii.py` and `findings.py`;
`privacy.py` is RM-Gallery's rule.
"""
