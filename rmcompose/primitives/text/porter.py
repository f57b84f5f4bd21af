"""The Porter stemmer, in the variant of NLTK, which `rouge-score` and NLTK's METEOR use.

M. Porter, "An algorithm for suffix stripping" (1980), with Martin Porter's later changes and NLTK's own: a table of
irregular forms, `-ies` and `-ied` of short words, `y` after a consonant only, `-alli` first, `-fulli`, `-logi`.
"""

from __future__ import annotations

import functools

_LONGEST_KEPT = 40
_IRREGULAR = {
    "sky": "sky", "skies": "sky", "dying": "die", "lying": "lie", "tying": "tie", "news": "news",
    "innings": "inning", "inning": "inning", "outings": "outing", "outing": "outing", "cannings": "canning",
    "canning": "canning", "howe": "howe", "proceed": "proceed", "exceed": "exceed", "succeed": "succeed",
}  # fmt: skip
_STEP_2 = (
    ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"), ("bli", "ble"),
    ("alli", "al"), ("entli", "ent"), ("eli", "e"), ("ousli", "ous"), ("ization", "ize"), ("ation", "ate"),
    ("ator", "ate"), ("alism", "al"), ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"), ("aliti", "al"),
    ("iviti", "ive"), ("biliti", "ble"), ("fulli", "ful"), ("logi", "log"),
)  # fmt: skip
_STEP_3 = (
    ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", ""),
)  # fmt: skip
_STEP_4 = (
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism", "ate", "iti",
    "ous", "ive", "ize",
)  # fmt: skip

_Rules = dict[str, tuple[tuple[str, str], ...]]


def _by_last_letter(rules: tuple[tuple[str, str], ...]) -> _Rules:
    """The rules that a word can meet, by its last letter, in their order."""
    return {last: tuple(rule for rule in rules if rule[0][-1] == last) for last in {rule[0][-1] for rule in rules}}


_STEP_2_BY_LETTER = _by_last_letter(_STEP_2)
_STEP_3_BY_LETTER = _by_last_letter(_STEP_3)
_STEP_4_BY_LETTER = _by_last_letter(tuple((suffix, "") for suffix in _STEP_4))


def stem(word: str) -> str:
    """The stem of a lower-case word. Stems of words of ordinary length are kept, the last 65,536 of them."""
    return _kept(word) if len(word) <= _LONGEST_KEPT else _stem(word)


def _stem(word: str) -> str:
    irregular = _IRREGULAR.get(word)
    if irregular is not None:
        return irregular
    if len(word) <= 2:
        return word
    word = _past_and_gerund(_plural(word))
    if word.endswith("y") and len(word) > 2 and _shape(word[:-1])[-1] == "c":
        word = word[:-1] + "i"
    word = _double_suffix(word)
    for suffix, replacement in _STEP_3_BY_LETTER.get(word[-1:], ()):
        if word.endswith(suffix):
            stripped = word.removesuffix(suffix)
            word = stripped + replacement if _measure(stripped) else word
            break
    return _final_letters(_last_suffix(word))


_kept = functools.lru_cache(maxsize=65_536)(_stem)


def _shape(word: str) -> str:
    """A `c` for each consonant and a `v` for each vowel; `y` is a vowel after a consonant."""
    shape: list[str] = []
    last = "v"
    for letter in word:
        last = "v" if letter in "aeiou" or (letter == "y" and last == "c") else "c"
        shape.append(last)
    return "".join(shape)


def _measure(word: str) -> int:
    return _shape(word).count("vc")


def _ends_short(word: str) -> bool:
    """Whether the word ends with consonant, vowel, consonant, the last not w, x or y; or is a vowel and a consonant."""
    shape = _shape(word)
    return (shape.endswith("cvc") and word[-1] not in "wxy") or shape == "vc"


def _plural(word: str) -> str:
    if not word.endswith("s"):
        return word
    if word.endswith("ies"):
        return word[:-1] if len(word) == 4 else word[:-2]
    if word.endswith("sses"):
        return word[:-2]
    return word if word.endswith("ss") else word[:-1]


def _past_and_gerund(word: str) -> str:
    if word.endswith("ied"):
        return word[:-1] if len(word) == 4 else word[:-2]
    if word.endswith("eed"):
        return word[:-1] if _measure(word[:-3]) else word
    suffix = next((end for end in ("ed", "ing") if word.endswith(end)), "")
    stripped = word.removesuffix(suffix)
    shape = _shape(stripped)
    if not suffix or "v" not in shape:
        return word
    if stripped.endswith(("at", "bl", "iz")):
        return stripped + "e"
    if len(stripped) >= 2 and stripped[-1] == stripped[-2] and shape[-1] == "c":
        return stripped if stripped[-1] in "lsz" else stripped[:-1]
    return stripped + "e" if shape.count("vc") == 1 and _ends_short(stripped) else stripped


def _double_suffix(word: str) -> str:
    if word.endswith("alli") and _measure(word[:-4]):
        return _double_suffix(word[:-2])
    for suffix, replacement in _STEP_2_BY_LETTER.get(word[-1:], ()):
        if word.endswith(suffix):
            stripped = word.removesuffix(suffix)
            measured = word[:-3] if suffix == "logi" else stripped  # so that `geology` works like `archaeology`
            return stripped + replacement if _measure(measured) else word
    return word


def _last_suffix(word: str) -> str:
    for suffix, _ in _STEP_4_BY_LETTER.get(word[-1:], ()):
        if word.endswith(suffix):
            stripped = word.removesuffix(suffix)
            strips = _measure(stripped) > 1 and (suffix != "ion" or stripped[-1] in "st")
            return stripped if strips else word
    return word


def _final_letters(word: str) -> str:
    if word.endswith("e"):
        measure = _measure(word[:-1])
        if measure > 1 or (measure == 1 and not _ends_short(word[:-1])):
            word = word[:-1]
    return word[:-1] if word.endswith("ll") and _measure(word[:-1]) > 1 else word
