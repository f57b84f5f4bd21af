"""The language of a text as IFEval tells it: by langdetect (Nakatani 2010), which is part of how its labels were made.

langdetect draws at random; here its draws are seeded anew for each text, so that a text always has the same language.
It is weak on short texts and on capitals: where that matters more than to agree with IFEval, see `is_language`.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, NamedTuple

from rmcompose.primitives import packages

NEEDS = ("langdetect",)
QUIRKS = (
    "The language is told by langdetect, with its draws seeded, as IFEval's labels are. It always names one, and often"
    " a wrong one for a few words or for names in capitals; `is_language` is the better judge of those."
)

LANGUAGES = frozenset(
    "af ar bg bn ca cs cy da de el en es et fa fi fr gu he hi hr hu id it ja kn ko lt lv mk ml mr ne nl no pa pl pt ro"
    " ru sk sl so sq sv sw ta te th tl tr uk ur vi zh-cn zh-tw".split()
)
"""What langdetect 1.0.9 tells apart: ISO 639-1 codes, and two for Chinese."""

_SEED = 0
_MOST_CHARS = 100_000
"""langdetect reads the first 10,000 characters that are left once addresses are taken out."""


class Told(NamedTuple):
    """The likeliest language and its probability."""

    language: str
    probability: float


@functools.cache
def _factory() -> Any:
    detecting = packages.load("langdetect", "langdetect.detector_factory")
    factory = detecting.DetectorFactory()
    factory.seed = _SEED  # of this one alone; the package's own stays as others have set it
    profiles = sorted(Path(detecting.PROFILES_DIRECTORY).iterdir())
    factory.load_json_profile([one.read_text("utf-8") for one in profiles if not one.name.startswith(".")])
    return factory


def told(text: str) -> Told | None:
    """The language of the text; None where nothing in it tells one language from another."""
    fault = packages.load("langdetect").LangDetectException
    detector = _factory().create()
    detector.append(text[:_MOST_CHARS])
    try:
        found = detector.get_probabilities()
    except fault:
        return None
    return Told(found[0].lang, round(found[0].prob, 6)) if found else Told(detector.UNKNOWN_LANG, 0.0)
