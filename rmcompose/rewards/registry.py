"""Rewards by name, for Python and for specs."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from rmcompose.diagnostics.suggest import nearest
from rmcompose.primitives import registry as rules
from rmcompose.rewards import ready
from rmcompose.rewards.base import BaseReward
from rmcompose.rewards.rule import rule_of

R = TypeVar("R", bound=BaseReward)


class RewardRegistry:
    """The reward classes of this process by name. A registered class can be used as a rule in specs, too."""

    _classes: ClassVar[dict[str, type[BaseReward]]] = {}

    @classmethod
    def register(cls, name: str, *, replace: bool = False) -> Callable[[type[R]], type[R]]:
        """Registers the decorated class under a name, and returns it unchanged.

        In specs it is the rule of that name: its fields are the settings, `text` is the response, and `messages`,
        `reference`, `label` and `metadata` are handed over where the sample has them. The class variable `score_range`
        is its range. A reward that compares responses is called once for all responses of a sample; one that judges
        steps needs them as `steps`.

        Raises:
            ValueError: the name is not a word that a spec can write, or belongs to another reward or rule and
                `replace` is not set, or `score_range` is empty.
            TypeError: what is decorated is not a reward class that can be made.
        """

        def decorate(reward: type[R]) -> type[R]:
            made: object = reward
            if not (isinstance(made, type) and issubclass(made, BaseReward)) or inspect.isabstract(made):
                raise TypeError(f"`{name}` must be a class derived from BaseReward that defines `_evaluate`")
            if not name.isidentifier():
                raise ValueError(f"`{name}` cannot be the name of a reward: it is not one word")
            if cls._classes.get(name) is not reward:
                if name in cls._classes and not replace:
                    raise ValueError(f"a reward named `{name}` is already registered: set `replace` to take its place")
                rules.add(rule_of(name, reward), replace=replace)
                cls._classes[name] = reward
            return reward

        return decorate

    @classmethod
    def get(cls, name: str) -> type[Any]:
        """The class of a name: one that was registered, or one that comes with the package.

        These are the rules that give numbers (`accuracy`, `rouge_l`) with their settings as fields, and the
        compositions of the library by their names (`alignment/helpfulness`) and by those that RM-Gallery registered
        (`base_helpfulness_pointwise`), with their params as fields. What compares responses is a `BaseListWiseReward`,
        all others are `BasePointWiseReward`. A judge is the model `judge_model` of the user's configuration, or `llm`,
        an `OpenaiLLM`. It is a class, and the type says no more: its fields are known when it runs.

        Raises:
            KeyError: there is none of that name, or it is a rule that gives no score by itself.
        """
        found = cls._classes.get(name) or ready.find(name)
        if found is not None:
            return found
        near = nearest(name, cls.names())
        hint = f": did you mean `{near}`?" if near else ""
        raise KeyError(f"no reward named `{name}` is registered{hint}")

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """All names that `get` knows, sorted: those registered, and those of rules and of the library."""
        return tuple(sorted({*cls._classes, *ready.known()}))

    @classmethod
    def list(cls) -> str:
        """A table of all names with what they are and what they say of themselves, one a line.

        What they are is a class that was registered, `rule`, or `spec` with the name of the composition that stands for
        a reward of RM-Gallery.
        """
        told = ready.known() | {name: (one.__name__, _summary(one)) for name, one in cls._classes.items()}
        rows = [(name, *told[name]) for name in sorted(told)]
        widths = [max((len(row[column]) for row in rows), default=0) for column in range(2)]
        return "\n".join(f"{name:{widths[0]}}  {kind:{widths[1]}}  {doc}".rstrip() for name, kind, doc in rows)


def _summary(reward: type[BaseReward]) -> str:
    doc = inspect.cleandoc(reward.__dict__.get("__doc__") or "")
    return doc.split("\n", 1)[0]
