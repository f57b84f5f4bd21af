"""Profane words in English text: a list of whole words, so that Scunthorpe is clean."""

from __future__ import annotations

import functools
import re
from typing import Any

from rmcompose.primitives.registry import TEXT, register, setting

_STRONG = """
arsehole arseholes asshat asshats asshole assholes ballsack bastard bastards batshit bellend bellends bitch bitched
bitches bitchin bitching bitchy blowjob blowjobs bollocks bullshit bullshitted bullshitter bullshitting chickenshit
clusterfuck clusterfucks cockhead cockheads cocksucker cocksuckers cocksucking cumshot cunt cunts cunty dickhead
dickheads dickwad dipshit dipshits douchebag douchebags dumbass dumbasses dumbfuck fag faggot faggots faggy fags
fatass fuck fucka fuckable fuckall fucked fucker fuckers fuckery fuckface fuckfaces fuckhead fuckheads fuckin fucking
fuckoff fucks fucktard fucktards fuckup fuckups fuckwit fuckwits goddammit goddamn goddamned goddamnit gook gooks gtfo
handjob handjobs horseshit jackass jackasses jerkoff jizz kike kikes knobhead knobheads mindfuck mofo mofos motherfuck
motherfucka motherfucked motherfucker motherfuckers motherfuckin motherfucking motherfucks muthafucka muthafuckas
nigga niggas niggaz nigger niggers nutsack paki pakis pisser poontang pussies pussy raghead ragheads retard retards
shemale shemales shit shite shites shitface shitfaced shithead shitheads shithole shitholes shithouse shitless
shitload shitloads shitposting shits shitshow shitstorm shitted shitter shitters shittier shittiest shitting shitty
slut sluts slutty spic spics stfu titties titty towelhead towelheads trannies tranny twat twats twatty wank wanked
wanker wankers wanking wetback wetbacks whore whores wigger wiggers wtf
"""
_MILD = """
arse arses ass asses badass badasses bloody boob boobies boobs bugger buggered butthole buttholes chink chinks cock
cocks coon coons crap crapped crapping crappy cum dammit damn damned damnit dick dicks dyke dykes effing fart farted
farting farts freakin friggin frigging hell homo lmao lmfao piss pissed pisses pissing poop prick pricks screwed skank
skanks sucks tit tits tosser tossers turd turds wop wops
"""
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
_DISGUISED = re.compile(r"(?<![\w@$!*])[\w@$!*]{2,40}(?![\w@$*])")
_LEET = str.maketrans("013457@$!", "oieastasi")
_RUN = re.compile(r"(.)\1{2,}")


@functools.cache
def _listed(*, mild: bool) -> frozenset[str]:
    return frozenset(f"{_STRONG} {_MILD if mild else ''}".split())


@functools.cache
def _by_length(*, mild: bool) -> dict[int, tuple[str, ...]]:
    lengths: dict[int, list[str]] = {}
    for word in sorted(_listed(mild=mild)):
        lengths.setdefault(len(word), []).append(word)
    return {length: tuple(words) for length, words in lengths.items()}


def _check_words(words: object) -> str | None:
    if isinstance(words, list | tuple) and all(isinstance(word, str) for word in words):
        return None
    return "the words must be a list of texts"


def _found(text: str, mild: bool, leetspeak: bool, extra: Any, allowed: Any) -> tuple[list[str], int]:
    """The profane words of a text, and how many words it has."""
    more, fewer = _folded(extra), _folded(allowed)
    listed = _listed(mild=mild)
    plain = [match[0].casefold() for match in _WORD.finditer(text)]
    found = [word for word in plain if (word in listed or word in more) and word not in fewer]
    if leetspeak:
        found += [word for token in _DISGUISED.findall(text) if (word := _unmasked(token, mild, more, fewer))]
    return found, len(plain)


def _folded(words: Any) -> frozenset[str]:
    return frozenset(word.casefold() for word in words or () if isinstance(word, str))


def _unmasked(token: str, mild: bool, more: frozenset[str], fewer: frozenset[str]) -> str | None:
    """The profane word behind a disguised one; None where it is a plain word, or another one."""
    token = token.rstrip("!").casefold()
    if not any(map(str.isalpha, token)):
        return None
    listed = _listed(mild=mild)
    shorter = _RUN.sub(r"\1", token.translate(_LEET))
    if token.isalpha() and shorter == token:
        return None  # counted already
    for word in (token.translate(_LEET), shorter, _RUN.sub(r"\1\1", token.translate(_LEET))):
        if (word in listed or word in more) and word not in fewer and word != token:
            return word
    if "*" in token and 1 <= token.count("*") <= len(token) - 2:
        pattern = re.compile("".join("." if char == "*" else re.escape(char) for char in token))
        words = _by_length(mild=mild).get(len(token), ())
        return next((word for word in words if pattern.fullmatch(word) and word not in fewer), None)
    return None


_ARGUMENTS = {
    "text": TEXT,
    "mild": setting("whether mild words, and those with a harmless meaning too, count (damn, ass, cock …)"),
    "leetspeak": setting("whether disguises are seen through: `sh1t`, `f*ck`, `fuuuck`"),
    "extra_words": setting("more words that count", constant=True, check=_check_words),
    "allowed_words": setting("words that do not count", constant=True, check=_check_words),
}
_QUIRKS = (
    "English only, and words only: what is hateful without a bad word is not seen, and a bad word that is quoted or "
    "meant kindly is. With `leetspeak`, product names such as `A55` may be read as words."
)


def _explain(
    _value: float,
    text: str,
    mild: bool = False,
    leetspeak: bool = False,
    extra_words: Any = None,
    allowed_words: Any = None,
) -> str:
    found, total = _found(text, mild, leetspeak, extra_words, allowed_words)
    masked = ", ".join(dict.fromkeys(f"{word[0]}{'*' * (len(word) - 1)}" for word in found[:10]))
    return f"{len(found)} of {total} words" + (f": {masked}" if found else "")


@register(
    "profanity",
    returns="int",
    low=0,
    arguments=_ARGUMENTS,
    explain=_explain,
    example='profanity(text = "what a load of bullshit from Scunthorpe") -> 1',
    quirks=_QUIRKS,
)
def profanity(
    text: str,
    mild: bool = False,
    leetspeak: bool = False,
    extra_words: list[str] | None = None,
    allowed_words: list[str] | None = None,
) -> int:
    """The number of profane words in the text, counting repeats.

    Words are whole words, whatever their case, from a list of strong English profanity and slurs; `mild` adds mild
    and ambiguous ones. The list is that of rmcompose: `extra_words` and `allowed_words` change it.
    """
    return len(_found(text, mild, leetspeak, extra_words, allowed_words)[0])


@register(
    "profanity_share",
    returns="float",
    low=0,
    high=1,
    arguments=_ARGUMENTS,
    explain=_explain,
    example='profanity_share(text = "well shit") -> 0.5',
    quirks=_QUIRKS,
)
def profanity_share(
    text: str,
    mild: bool = False,
    leetspeak: bool = False,
    extra_words: list[str] | None = None,
    allowed_words: list[str] | None = None,
) -> float:
    """The share of words that are profane (see `profanity`); 0 for a text without words."""
    found, total = _found(text, mild, leetspeak, extra_words, allowed_words)
    return min(1.0, len(found) / max(1, total))
