from typing import Any

_KINDS: dict[str, list[Any]] = {"kinds": [None, ["email"], ["ip", "card", "phone"]], "region": ["US", "DE"]}
_WORDS: dict[str, list[Any]] = {
    "mild": [True, False],
    "leetspeak": [True, False],
    "extra_words": [None, ["heck"]],
    "allowed_words": [None, ["shit"]],
}
SETTINGS: dict[str, dict[str, list[Any]]] = {
    "privacy_leakage": {"penalty_per_leak": [0.0, -2.0]},
    "pii": _KINDS,
    "pii_free": _KINDS,
    "profanity": _WORDS,
    "profanity_share": _WORDS,
    "refusal": {"within": [1, 300]},
}
PIECES = [
    "a@b.co", "10.0.0.1", "123-456-7890", "8.8.8.8", "2001:4860:4860::8888", "4111 1111 1111 1111",
    "sk-abcdefghij1234567890", "DE89 3704 0044 0532 0130 00", "sh1t", "shit", "f*ck", "I can't help with that", "::::",
    "+1 650-253-0000",
]  # fmt: skip
