"""Instructions on language, case and punctuation, and on what a response begins and ends with or says twice."""

from __future__ import annotations

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.instructions.instruction import filled, instruction
from rmcompose.primitives.instructions.languages import LANGUAGES, NEEDS, QUIRKS, told
from rmcompose.primitives.pictures.declared import variants
from rmcompose.primitives.registry import setting

_CHINESE = {"zh": ("zh-cn", "zh-tw")}


def _is_in(text: str, codes: tuple[str, ...]) -> bool:
    """Whether the text is told to be in one of those languages; one without letters is in any, as in IFEval."""
    found = told(text)
    return found is None or found.language in codes


def _found_language(text: str, **_: object) -> str:
    found = told(text)
    return f"`{found.language}` with {found.probability:.2f}" if found else "no language"


@instruction(
    "language:response_language",
    "ifeval_response_language",
    arguments={"language": setting("an ISO 639-1 code such as `de`")},
    found=_found_language,
    quirks=QUIRKS,
    picture=variants(also=(("in English", {"text": "The train does not run today."}),)),
    example='ifeval_response_language(text = "Der Zug fährt heute nicht.", language = "de") -> true',
    needs=NEEDS,
)
def response_language(text: str, language: str) -> bool:
    """Whether the text as a whole is in that language, as langdetect tells it; `zh` is either kind of Chinese.

    A text without letters counts as followed, as in IFEval; `is_language` leaves what it cannot tell unscored.
    """
    code = language.lower()
    codes = _CHINESE.get(code, (code,))
    if not LANGUAGES.issuperset(codes):
        raise RuleError(f"`{language}` is no language that is known")
    return _is_in(text, codes)


@instruction(
    "change_case:english_capital",
    "ifeval_english_capital",
    found=_found_language,
    quirks=QUIRKS,
    example='ifeval_english_capital(text = "THE WEATHER WILL BE WARM AND DRY.") -> true',
    needs=NEEDS,
)
def english_capital(text: str) -> bool:
    """Whether all letters are capitals and the text is in English."""
    return text.isupper() and _is_in(text, ("en",))


@instruction(
    "change_case:english_lowercase",
    "ifeval_english_lowercase",
    found=_found_language,
    quirks=QUIRKS,
    example='ifeval_english_lowercase(text = "the weather will be warm and dry.") -> true',
    needs=NEEDS,
)
def english_lowercase(text: str) -> bool:
    """Whether no letter is a capital and the text is in English."""
    return text.islower() and _is_in(text, ("en",))


@instruction(
    "punctuation:no_comma",
    "ifeval_no_comma",
    example='ifeval_no_comma(text = "No; not one.") -> true',
    picture=variants(also=(("with a comma", {"text": "No, not one."}),)),
)
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
