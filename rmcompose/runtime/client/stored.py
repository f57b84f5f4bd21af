"""A reply as JSON fields, the same in the cache and in cassettes. What it does not have is left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
    try:
        said, kind = fields[text], fields.get("kind")
        tokens_in, tokens_out = fields["tokens_in"], fields["tokens_out"]
        odds = tuple(
            (int(offset), tuple((str(one), float(chance)) for one, chance in candidates))
            for offset, candidates in fields.get("odds", ())
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a reply: {error}") from None
    texts = isinstance(said, str) and isinstance(kind, str | None)
    if not texts or type(tokens_in) is not int or type(tokens_out) is not int:
        raise ValueError("not a reply: a field is of another type")
    return Reply(said, kind, tokens_in, tokens_out, cut=fields.get("cut") is True, cached=True, odds=odds)
