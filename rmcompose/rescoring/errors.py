"""What keeps saved results from being scored anew or compared; each message is one line."""

from __future__ import annotations


class ResultsError(ValueError):
    """Results that cannot be read, are not of `run`, or do not belong to what was given with them."""


class NeedsError(ValueError):
    """The new spec needs what was not given: the data, or leave to ask a model."""
