"""What ends a fit early."""

from __future__ import annotations


class FitError(ValueError):
    """The spec, the data and what is asked for do not fit together; the message is one line."""
