r"""The letter that a solution of a multiple-choice question ends with.

Where a letter stands is looked for in this order, the last of its kind counts: in a `\boxed{…}`; in a tag `<answer>`,
`<choice>` or `<solution>`; after `the answer is`, `Answer:`, `correct option is` and the like; alone on a line; in
brackets or emphasised anywhere.
"""

from __future__ import annotations

import re
from typing import Any

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.registry import REFERENCE, TEXT, register, setting

_WINDOW = 20_000
_TAGS = re.compile(r"<(answer|choice|solution)>(?P<body>[^<]{0,400})</\1>", re.IGNORECASE)
_STATED = re.compile(
    r"(?:\b(?:answer|option|choice|alternative)[ \t]*(?:choice|option|letter)?[ \t\"'*_]{0,6}"
    r"(?:is|are|(?:would|must|should)[ \t]+be|[:=\uff1a]|[-\u2013][ ])|答案(?:是|为|[:\uff1a]))[ \t\"'*_:]{0,6}"
    r"(?:(?:therefore|thus|clearly|definitely|most[ \t]+likely|option|choice|letter|the[ \t]+letter)[ \t:*_]+){0,2}"
    r"(?=(?P<body>[^\n]{0,200}))",
    re.IGNORECASE,
)
_CHOSEN = re.compile(
    r"\b(?:option|choice|answer)[ \t]*(?P<body>[^\n]{1,12}?)[ \t*_]{0,4}is[ \t]+(?:the[ \t]+)?"
    r"(?:correct|right|best|answer)\b",
    re.IGNORECASE,
)
_DRESS = re.compile(
    r"\\(?:text|textbf|mathrm|mathbf|textit|boxed)\b|\\[()\[\] ,;!]|[{}$*_`\"'\u201c\u201d\u2018\u2019]"
)
_BRACKETED = re.compile(r"[(\[][ ]?([A-Za-z])[ ]?[)\]]")
_BARE = re.compile(r"([A-Z])(?=[).\]:,;/&+\u2013\u2014-]|\s|$)[).\]]?")
_SMALL = re.compile(r"([a-z])[.)]?")
_FURTHER = re.compile(r"[ ]?(?:,[ ]?and|,[ ]?or|,|and|or|&|/|\+)[ ]+(?:also[ ]+)?(?:option[ ]+)?|[ ]?[/&+,][ ]?")
_VERB = re.compile(r"[ ](?:is|was|isn't|are|has|does|doesn't|would|fails|cannot|can)\b")
_OPENING = re.compile(
    r"[(\[]?[A-Z][)\]]?[.]?"
    r"(?:$|[,;:]|[ ](?:because|since|as|is[ ](?:correct|right|the[ ](?:(?:correct|right|best)[ ])?answer))\b)"
)
_ALONE = re.compile(r"(?:option[ ]+|choice[ ]+)?[(\[]?([A-Z])[)\]]?[.:]?", re.IGNORECASE)
_WITH_TEXT = re.compile(r"(?:[(\[]([A-Z])[)\]]|([A-Z])[).:])[ ]*\S.{0,300}")
_EMPHASISED = re.compile(r"\*\*[(\[]?([A-Z])[)\]]?[.:]?\*\*|\(([A-Z])\)")
_WORDS = frozenset({"A", "I"})
"""Letters that are words as well."""
_AFTER_A_WORD = re.compile(r"[ ]+(?!(?:because|since|as|which|for|due|where|with|from|and|or|is|given|\()\b)[a-z]")


def _check_letters(value: Any) -> str | None:
    if isinstance(value, str) and value.isascii() and value.isalpha() and value.isupper():
        return None if len(set(value)) == len(value) else "a letter is given twice"
    return "the letters must be capital letters, as in `ABCD`"


def _explain(
    _value: bool,
    text: str,
    reference: str,
    options: list[Any] | None = None,
    letters: str = "ABCDEFGHIJ",
    **_: object,
) -> str:
    chosen = find_choice(text, letters) or _named(text, options, letters)
    wanted = find_choice(reference, letters) or _named(reference, options, letters)
    return f"{' and '.join(chosen) or 'no letter'} against {' and '.join(wanted)}"


@register(
    "choice_match",
    returns="bool",
    arguments={
        "text": TEXT,
        "reference": REFERENCE,
        "options": setting(
            "the texts of the options in the order of the letters; an answer may be one of these instead"
        ),
        "letters": setting("the letters of the options, in capitals", constant=True, check=_check_letters),
        "unclear": setting(
            "what a text is that names no letter or several: false, or without a score",
            choices=("wrong", "unscored"),
            constant=True,
        ),
    },
    explain=_explain,
    example='choice_match(text = "Not A. The answer is (B), since x = 2.", reference = "B") -> true',
)
def choice_match(
    text: str,
    reference: str,
    options: list[Any] | None = None,
    letters: str = "ABCDEFGHIJ",
    unclear: str = "wrong",
) -> bool:
    r"""Whether a solution of a multiple-choice question ends with the letter of the reference (GPQA, MMLU, MMLU-Pro).

    The letter is that of the last `\boxed{…}`, else of the last tag `<answer>`, `<choice>` or `<solution>`, else of the
    last `the answer is (B)`, `Answer: B`, `option B is correct` and the like, else of the last line that is only an
    option (`(B)`, `**B**`, `B) four`), else the only one that the text puts in brackets or emphasises. A statement that
    names several (`A or B`) is unclear, and so is a text that names none: `unclear` says what it is worth. Letters are
    capitals, in lower case only where nothing else is there (`(b)`); what stands before `</think>` does not count.
    With `options`, a text without a letter may answer with the text of an option, in a box, a tag, after a marker or
    alone. A reference is a letter, `(B)`, `B. four`, or any of these forms; without exactly one letter it is an error.
    """
    wanted = find_choice(reference, letters) or _named(reference, options, letters)
    if len(wanted) != 1:
        raise RuleError("the reference names no option" if not wanted else "the reference names several options")
    chosen = find_choice(text, letters) or _named(text, options, letters)
    if len(chosen) == 1:
        return chosen == wanted
    if unclear == "unscored":
        raise RuleError("the text names no option" if not chosen else f"the text names {' and '.join(chosen)}")
    return False


def find_choice(text: str, letters: str) -> list[str]:
    """The letters that the text chooses: one, several where it is unclear, or none."""
    text = text.rpartition("</think>")[2].strip()[-_WINDOW:]
    for places in (_boxes, _tags, _statements):
        for body in reversed(places(text)):
            found = _leading(body, letters)
            if found:
                return found
    lines = [_DRESS.sub("", line).strip() for line in text.splitlines()]
    alone = [match[1].upper() for line in lines if (match := _ALONE.fullmatch(line)) and match[1].upper() in letters]
    if alone:
        return alone[-1:]
    # a list of all options chooses none
    told = {match[1] or match[2] for line in lines if (match := _WITH_TEXT.fullmatch(line))} & set(letters)
    if len(told) == 1:
        return sorted(told)
    if len(lines) == 1 and _OPENING.match(lines[0]) and (found := _leading(text, letters)):
        return found
    return sorted({match[1] or match[2] for match in _EMPHASISED.finditer(text)} & set(letters))


def _named(text: str, options: list[Any] | None, letters: str) -> list[str]:
    """The letters of the options whose text the answer is."""
    from rmcompose.primitives.answers.phrase import normalized
    from rmcompose.primitives.answers.places import answer_at

    if not options:
        return []
    if len(options) > len(letters) or not all(isinstance(option, str) for option in options):
        raise RuleError(f"`options` must be texts, at most {len(letters)} of them")
    answer = normalized(answer_at(text, "auto", "answer") or "")
    return [letter for letter, option in zip(letters, options, strict=False) if answer and normalized(option) == answer]


def _leading(body: str, letters: str) -> list[str]:
    """The letters that a statement begins with: `B`, `(b)`, `A or B`."""
    rest = " ".join(_DRESS.sub("", body).split())
    small = _SMALL.fullmatch(rest)
    if small is not None and small[1].upper() in letters:
        return [small[1].upper()]
    found: list[str] = []
    while True:
        match = _BRACKETED.match(rest) or _BARE.match(rest)
        if match is None or match[1].upper() not in letters:
            break
        rest_after = rest[match.end() :]
        if found and _VERB.match(rest_after):
            break  # `B, A is wrong`
        if match.re is _BARE and match[1] in _WORDS and _AFTER_A_WORD.match(rest_after):
            break  # `A good answer`
        found += [match[1].upper()] if match[1].upper() not in found else []
        further = _FURTHER.match(rest_after)
        if further is None:
            break
        rest = rest_after[further.end() :]
    return found


def _boxes(text: str) -> list[str]:
    from rmcompose.primitives.mathematics.answer import find_answer

    answer = find_answer(text)
    return [answer.own] if answer.mode == "boxed" and answer.own else []


def _tags(text: str) -> list[str]:
    return [match["body"] for match in _TAGS.finditer(text)]


def _statements(text: str) -> list[str]:
    found = [(match.start(), match["body"]) for pattern in (_STATED, _CHOSEN) for match in pattern.finditer(text)]
    return [body for _, body in sorted(found)]
