"""The language a text is written in, told offline by the model of langid (Lui and Baldwin 2012) that py3langid ships.

Look first at `identify`. The model reads bytes, knows 139 languages and gives a probability to each; it is read once
and never asks a network.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from rmcompose.primitives import packages
from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.pictures.declared import variants
from rmcompose.primitives.registry import TEXT, register, setting

KNOWN = tuple(
    "ace af am an ar ary arz as az ba bcl be bg bn br bs ca crh cs cy da de dz el en eo es et eu ext fa fi fo fr fuv fy"
    " ga gcf gcr gd gl gom grc gu gug guw ha hbo he hi hr ht hu hy id ig is it ja jv ka kab kik kk km kn ko ku ky la lb"
    " lg lij ln lo lt ltg lv mg mk ml mn mr ms mt my ne nl nn no nso oc om or pa pcm pl ps pt qu ro ru rw sa sdh se si"
    " sk sl sn so sq sr st sv sw ta te tg th tk tl tr tt ug uk ur uz uzs vec vi vo wa wuu xh yo yue zh zu".split()
)
"""The languages: ISO 639-1 codes, and ISO 639-3 for those without one."""

_NO_LANGUAGE = "zxx"
_NEEDS = ("py3langid",)


class Identified(NamedTuple):
    """The likeliest language of a text and its probability among those that were looked for."""

    language: str
    confidence: float


@functools.lru_cache(maxsize=32)
def _identifier(among: tuple[str, ...]) -> Any:
    """The model, for some languages only where they are named. Raises `RuleError` where it is not installed."""
    if among:
        identifier = copy.copy(_identifier(()))  # one model in memory; what is narrowed is replaced, not changed
        identifier.set_languages([*among, _NO_LANGUAGE])
        return identifier
    langid = packages.load("py3langid", "py3langid.langid")
    return langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)


def _probability(value: float) -> float:
    """To six decimals: the model computes with seven, and the last may differ between machines."""
    return min(1.0, max(0.0, round(float(value), 6)))


def identify(text: str, among: tuple[str, ...] = ()) -> Identified | None:
    """The likeliest language; None where the text has no letter, or nothing in it that tells one language from another.

    `among` names the languages that come into question, all of `KNOWN` where it is empty.
    """
    if not any(char.isalpha() for char in text):
        return None
    ranked = _identifier(among).rank(text)
    (best, first), (_, second) = ranked[:2]
    if best == _NO_LANGUAGE:
        best, first = ranked[1]
    elif first == second:
        return None  # nothing of the text is known to the model: every language is as likely
    return Identified(best, _probability(first))


def _check_language(code: object) -> str | None:
    return None if code in KNOWN else f"`{code}` is no language that is known: write a code such as `en`, `de` or `zh`"


def _check_among(codes: object) -> str | None:
    if not isinstance(codes, list):
        return "`among` must be a list of codes"
    if len(codes) == 1:
        return "`among` must name at least two languages, or none for all"
    return next((fault for fault in map(_check_language, codes) if fault), None)


_AMONG = setting(
    "the languages that come into question, as codes; empty for all that are known",
    constant=True,
    check=_check_among,
)
_LEAST = setting("how likely the language must be for the text to be judged", low=0, high=1)


def _tuple(among: Sequence[str] | None) -> tuple[str, ...]:
    codes = list(among or ())
    fault = _check_among(codes)
    if fault is not None:
        raise RuleError(fault)
    return tuple(dict.fromkeys(codes))


def _surely(text: str, among: tuple[str, ...], min_confidence: float) -> Identified:
    found = identify(text, among)
    if found is None:
        raise RuleError("the text has too few letters to tell its language")
    if found.confidence < min_confidence:
        raise RuleError(
            f"the language cannot be told: `{found.language}` is the likeliest, with {found.confidence:.2f}"
            f" where {min_confidence:g} is asked for"
        )
    return found


def _explain(_value: Any, text: str, among: Sequence[str] | None = None, **_: Any) -> str:
    found = identify(text, _tuple(among))
    return f"`{found.language}` with {found.confidence:.2f}" if found else "no language"


def _prepare_language(among: list[str] | None = None, min_confidence: float = 0.5) -> Callable[..., str]:
    codes = _tuple(among)

    def call(text: str, min_confidence: float = min_confidence) -> str:
        return _surely(text, codes, min_confidence).language

    return call


@register(
    "language",
    returns="text",
    arguments={"text": TEXT, "among": _AMONG, "min_confidence": _LEAST},
    prepare=_prepare_language,
    explain=_explain,
    picture=variants(also=(("in English", {"text": "The train to Hamburg does not run today."}),)),
    example='language(text = "Der Zug nach Hamburg fährt heute nicht.") -> "de"',
    needs=_NEEDS,
)
def language(text: str, among: list | None = None, min_confidence: float = 0.5) -> str:  # type: ignore[type-arg]  # a list of a spec
    """The language of the text as its ISO 639-1 code: `en`, `de`, `zh`.

    ISO 639-3 where there is no code of two letters. `among` narrows the choice, which makes short texts much surer.
    Unscored where the text has no letters or the likeliest language has less than `min_confidence`, the probability
    among those in question; a mixture of languages is told by what most of it is in. By py3langid, which is
    langid (Lui and Baldwin 2012) with a newer model, offline and deterministic.
    """
    return _prepare_language(among, min_confidence)(text)


def _prepare_is_language(
    language: str, among: list[str] | None = None, min_confidence: float = 0.5
) -> Callable[..., bool]:
    fault = _check_language(language)
    if fault is not None:
        raise RuleError(fault)
    codes = _tuple(among)
    if codes and language not in codes:
        raise RuleError(f"`{language}` is not in `among`")

    def call(text: str, min_confidence: float = min_confidence) -> bool:
        return _surely(text, codes, min_confidence).language == language

    return call


@register(
    "is_language",
    returns="bool",
    arguments={
        "text": TEXT,
        "language": setting("the code of the language that is asked for", constant=True, check=_check_language),
        "among": _AMONG,
        "min_confidence": _LEAST,
    },
    prepare=_prepare_is_language,
    explain=_explain,
    example='is_language(text = "Le train pour Lyon part à midi.", language = "fr") -> true',
    needs=_NEEDS,
)
def is_language(text: str, language: str, among: list | None = None, min_confidence: float = 0.5) -> bool:  # type: ignore[type-arg]  # a list of a spec
    """Whether the text is in the language, as `language` tells it; unscored where that cannot tell."""
    return _prepare_is_language(language, among, min_confidence)(text)


def _prepare_confidence(language: str, among: list[str] | None = None) -> Callable[[str], float]:
    fault = _check_language(language)
    if fault is not None:
        raise RuleError(fault)
    codes = _tuple(among)
    if codes and language not in codes:
        raise RuleError(f"`{language}` is not in `among`")

    def call(text: str) -> float:
        if identify(text, codes) is None:
            raise RuleError("the text has too few letters to tell its language")
        found = dict(_identifier(codes).rank(text))
        return _probability(found[language])

    return call


@register(
    "language_confidence",
    returns="float",
    low=0,
    high=1,
    arguments={
        "text": TEXT,
        "language": setting("the code of the language that is asked for", constant=True, check=_check_language),
        "among": _AMONG,
    },
    prepare=_prepare_confidence,
    explain=_explain,
    example='language_confidence(text = "Der Zug nach Hamburg hat heute Verspätung.", language = "zh") -> 0.0',
    needs=_NEEDS,
)
def language_confidence(text: str, language: str, among: list | None = None) -> float:  # type: ignore[type-arg]  # a list of a spec
    """How likely the text is in the language, as the model's probability among the languages in question.

    Rounded to six decimals. Above 0.5 it is the likeliest. Unscored where the text has no letters.
    """
    return _prepare_confidence(language, among)(text)
