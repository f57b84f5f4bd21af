"""How a rule says that it cannot judge its input."""

from __future__ import annotations


class RuleError(Exception):
    """Raised by a rule that cannot judge this input; the value becomes unscored with this message.

    `kind` is the reason it is unscored for: `rule_error`, `timeout` where the rule ran out of time, `missing_input`
    where what it needs is not in the sample, `provider_error` where a model that it asked could not be had.
    """

    def __init__(self, message: str, kind: str = "rule_error") -> None:
        super().__init__(message)
        self.kind = kind
