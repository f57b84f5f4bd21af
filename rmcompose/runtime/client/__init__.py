"""Asking models: from a question to a reply, whatever the network does.

In comes a `Question`, out goes a `Reply`: from memory, the cache or a cassette, from a call under way, or from a
server, within limits and a budget. Look first at `session.py`, then `question.py` and `transport.py`.
"""

from rmcompose.configuration import ConfigError
from rmcompose.runtime.client.budget import Budget
from rmcompose.runtime.client.cassette import CassetteError, CassetteMiss
from rmcompose.runtime.client.config import Config
from rmcompose.runtime.client.session import Client, Usage
from rmcompose.runtime.client.transport import Backoff

__all__ = [
    "Backoff",
    "Budget",
    "CassetteError",
    "CassetteMiss",
    "Client",
    "Config",
    "ConfigError",
    "Usage",
]
