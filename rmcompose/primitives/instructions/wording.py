"""Instructions on language, case and punctuation, and on what a response begins and ends with or says twice."""

from __future__ import annotations

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.instructions.instruction import filled, instruction
from rmcompose.primitives.registry import setting
from rmcompose.primitives.text.language import KNOWN, Identified, identify

_BY = (
    "IFEval asks langdetect, which draws at random and always names a language; here it is py3langid among the same "
    "languages, and a text whose language it cannot tell with a probability of 0.3 (a lone word) is "
    "in none."
)
_NEEDS = ("py3langid",)
_REGIONS = {"zh-cn": "zh", "zh-tw": "zh"}
_AMONG = tuple(
    "af ar bg bn ca cs cy da de el en es et fa fi fr gu he hi hr hu id it ja kn ko lt lv mk ml mr ne nl no pa pl pt ro"
    " ru sk sl so sq sv sw ta te th tl tr uk ur vi zh".split()
)
"""The languages of langdetect: IFEval's labels tell these apart and no others."""

_LEAST = 0.3


def _identify(text: str, code: str) -> Identified | None:
    return identify(text, _AMONG if code in _AMONG else (*_AMONG, code))


def _is_in(text: str, code: str) -> bool:
    """Whether the text is told to be in that language; one without letters is in any, as in IFEval."""
    found = _identify(text, code)
    return found is None or (found.language == code and found.confidence >= _LEAST)


def _found_language(text: str, language: str = "en") -> str:
    found = _identify(text, _code(language))
    return f"`{found.language}` with {found.confidence:.2f}" if found else "no language"


@instruction(
    "language:response_language",
    "ifeval_response_language",
    arguments={"language": setting("an ISO 639-1 code such as `de`")},
    found=_found_language,
    quirks=_BY,
    example='ifeval_response_language(text = "Der Zug fährt heute nicht.", language = "de") -> true',
    needs=_NEEDS,
)
def response_language(text: str, language: str) -> bool:
    """Whether the text as a whole is in that language, told with a probability of at least 0.3.

    A text without letters counts as followed, as in IFEval; `is_language` leaves what it cannot tell unscored.
    """
    return _is_in(text, _code(language))


def _code(language: str) -> str:
    code = _REGIONS.get(language.lower(), language)
    if code not in KNOWN:
        raise RuleError(f"`{language}` is no language that is known")
    return code


@instruction(
    "change_case:english_capital",
    "ifeval_english_capital",
    found=_found_language,
    quirks=_BY,
    example='ifeval_english_capital(text = "THE ANSWER TO THIS QUESTION IS NOT KNOWN.") -> true',
    needs=_NEEDS,
)
def english_capital(text: str) -> bool:
    """Whether all letters are capitals and the text is in English."""
    return text.isupper() and _is_in(text, "en")


@instruction(
    "change_case:english_lowercase",
    "ifeval_english_lowercase",
    found=_found_language,
    quirks=_BY,
    example='ifeval_english_lowercase(text = "the answer to this question is not known.") -> true',
    needs=_NEEDS,
)
def english_lowercase(text: str) -> bool:
    """Whether no letter is a capital and the text is in English."""
    return text.islower() and _is_in(text, "en")


@instruction("punctuation:no_comma", "ifeval_no_comma", example='ifeval_no_comma(text = "No; not one.") -> true')
def no_comma(text: str) -> bool:
    """Whether the text has no comma (`,`; those of other scripts do not count)."""
    return "," not in text


@instruction("startend:quotation", "ifeval_quotation", example="ifeval_quotation(text = '\"Yes.\"') -> true")
def quotation(text: str) -> bool:
    """Whether the text, white space aside, begins and ends with a double quotation mark (`"`)."""
    stripped = text.strip()
    return len(stripped) > 1 and stripped[0] == stripped[-1] == '"'


@instruction(
    "startend:end_checker",
    "ifeval_end_checker",
    arguments={"end_phrase": setting("how the text must end")},
    example='ifeval_end_checker(text = "So it is. That is all!", end_phrase = "that is all!") -> true',
)
def end_checker(text: str, end_phrase: str) -> bool:
    """Whether the text ends with the phrase, without case; white space and quotation marks at the end do not count."""
    return text.strip().strip('"').lower().endswith(filled("end_phrase", end_phrase).lower())


@instruction(
    "combination:repeat_prompt",
    "ifeval_repeat_prompt",
    arguments={"prompt_to_repeat": setting("what the text must begin with")},
    example='ifeval_repeat_prompt(text = "why is it so? Because.", prompt_to_repeat = "Why is it so?") -> true',
)
def repeat_prompt(text: str, prompt_to_repeat: str) -> bool:
    """Whether the text begins with the prompt, without case; white space around both does not count."""
    return text.strip().lower().startswith(filled("prompt_to_repeat", prompt_to_repeat).lower())


@instruction(
    "combination:two_responses",
    "ifeval_two_responses",
    found=lambda text: f"{len(text.split('******'))} parts between `******`",
    example='ifeval_two_responses(text = "yes\\n******\\nno") -> true',
)
def two_responses(text: str) -> bool:
    """Whether the text is two different responses with `******` between them; empty ones may stand at the ends."""
    parts = [part.strip() for part in text.split("******")]
    given = [part for part in parts if part]
    return all(parts[1:-1]) and len(given) == 2 and given[0] != given[1]
