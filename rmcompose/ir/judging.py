"""What a judge can be told: the settings of its body, their shapes, choices and defaults.

One table that the parser, the YAML reader, the JSON Schema, the analysis and the runtime read. `shape` is what the
value looks like: `word` is one of `choices` written bare (`style = checklist`), `names` a list of names
(`given = [prompt, response]`), `name` one name, `models` a text or a list of them, and the others literals or, where
the author needs it, an expression over params (`model = judge_model`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Shape = Literal["text", "models", "int", "float", "bool", "word", "names", "name", "constant"]


@dataclass(frozen=True, slots=True)
class SettingShape:
    """One setting of a judge; `low` and `high` bound a number; `default` None means it is not sent or not used."""

    shape: Shape
    doc: str
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    default: Any = None


RANKINGS = ("win_rate", "borda", "copeland", "elo", "bradley_terry", "dgr")

SETTINGS: dict[str, SettingShape] = {
    "model": SettingShape(
        "models", "the model's name, or those of a panel; where they live is the user's configuration"
    ),
    "given": SettingShape("names", "exactly what the judge sees, fenced and labelled"),
    "system": SettingShape("text", "text put before the instructions of the judge"),
    "style": SettingShape("word", "how criteria are answered", ("scale", "checklist"), default="scale"),
    "mode": SettingShape("word", "what one question holds", ("pointwise", "pairwise", "listwise"), default="pointwise"),
    "calls": SettingShape(
        "word", "criteria in one question, or one question for each", ("one", "per_criterion"), default="one"
    ),
    "criteria_from": SettingShape("name", "a list input whose items are criteria `{text, weight}`"),
    "rank_by": SettingShape("word", "how comparisons become values", RANKINGS, default="win_rate"),
    "shuffle": SettingShape("bool", "listwise: show the responses in a seeded random order", default=True),
    "both_orders": SettingShape("bool", "pairwise: ask each pair in both orders", default=True),
    "window": SettingShape("int", "listwise: the most responses one question shows", low=2, high=1000),
    "votes": SettingShape("int", "how often the same question is asked", low=1, high=1000, default=1),
    "vote_by": SettingShape("word", "how votes become one value", ("median", "mean", "majority"), default="median"),
    "expected": SettingShape(
        "bool",
        "the mean of the scale's numbers by the probabilities of their tokens, where the server tells them",
        default=False,
    ),
    "abstain": SettingShape("bool", "allow the judge to say that it cannot tell", default=False),
    "guard": SettingShape("bool", "ask first whether the response speaks to its judge", default=False),
    "on_guard": SettingShape("word", "what becomes of a response that does", ("floor", "flag"), default="floor"),
    "escalate": SettingShape("models", "a dearer model or panel, asked only where the first is unsure"),
    "escalate_votes": SettingShape("int", "how often the dearer one is asked", low=1, high=1000, default=1),
    "escalate_below": SettingShape(
        "float", "unsure is an agreement of the votes below this", low=0, high=1, default=1.0
    ),
    "escalate_near": SettingShape("float", "unsure is a value as near to this as `escalate_margin`"),
    "escalate_margin": SettingShape("float", "the distance that `escalate_near` means", low=0, default=0.0),
    "temperature": SettingShape("float", "sampling temperature, sent as it is", low=0, high=10),
    "top_p": SettingShape("float", "nucleus sampling, sent as it is", low=0, high=1),
    "max_tokens": SettingShape("int", "the most tokens of a reply, sent as it is", low=1, high=10_000_000),
    "seed": SettingShape("int", "the seed, sent as it is; also the seed of `shuffle`"),
    "extract": SettingShape("text", "a regular expression whose last match holds the label of a verdict"),
    "retries": SettingShape("int", "how often a malformed reply is asked again", low=0, high=20, default=2),
    "timeout": SettingShape("float", "seconds one call may take", low=0.001, high=86_400, default=120.0),
    "on_unscored": SettingShape("constant", "what stands in where the judge is unscored"),
}
