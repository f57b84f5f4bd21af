"""A reply as JSON fields, the same in the cache and in cassettes. What it does not have is left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rmcompose.runtime.client.odds import read_odds
from rmcompose.runtime.client.question import Reply


def fields_of(reply: Reply, text: str) -> dict[str, Any]:
    """The fields of a reply; `text` is the name that its text goes by. `calls` and `cached` are not of the reply."""
    fields: dict[str, Any] = {} if reply.kind is None else {"kind": reply.kind}
    fields |= {text: reply.text, "tokens_in": reply.tokens_in, "tokens_out": reply.tokens_out}
    if reply.cut:
        fields["cut"] = True
    if reply.odds:
        fields["odds"] = reply.odds
    return fields


def reply_of(fields: Mapping[str, Any], text: str) -> Reply:
    """The reply, marked as cached. Raises `ValueError` where a field is missing or of another type."""
    said, kind, tokens_in, tokens_out = (fields.get(name) for name in (text, "kind", "tokens_in", "tokens_out"))
    if not (isinstance(said, str) and isinstance(kind, str | None)):
        raise ValueError(f"`{text}` or `kind` is no text")  # noqa: TRY004  # what is read is at fault, not the caller
    if not (type(tokens_in) is type(tokens_out) is int):
        raise ValueError("`tokens_in` or `tokens_out` is no whole number")
    odds = read_odds(fields.get("odds"))
    return Reply(said, kind, tokens_in, tokens_out, cut=fields.get("cut") is True, cached=True, odds=odds)
