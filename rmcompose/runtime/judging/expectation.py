"""`expected = true`: the mean of a scale's digits by their probabilities, in place of the one that was written."""

from __future__ import annotations

from dataclasses import replace

from rmcompose.runtime.client.odds import odds_at
from rmcompose.runtime.client.question import Reply
from rmcompose.runtime.judging.fencing import number_text
from rmcompose.runtime.judging.reading import Reading
from rmcompose.runtime.judging.scan import value_offset
from rmcompose.runtime.judging.spec import JudgeSpec


def expect(spec: JudgeSpec, reading: Reading[float], reply: Reply) -> Reading[float]:
    """The reading with the expected score as its value; as it was written where no probabilities are known.

    The detail says which: `written` is the score in the text, `mass` the probability that the digits of the scale have
    together, `probabilities` theirs. Where there are none, `expected` says why.
    """
    detail = {**reading.detail, "written": reading.value}
    assert reading.value is not None
    digit = number_text(reading.value)
    place = value_offset(reply.text, "score")
    if place is None or len(digit) != 1 or reply.text[place : place + 1] != digit:
        return replace(reading, detail={**detail, "expected": "the score is not written as one digit"})
    known = odds_at(reply.odds, len(reply.text[:place].encode("utf-8", "replace")))
    scale = {value: probability for value, probability in known.items() if spec.low <= int(value) <= spec.high}
    mass = sum(scale.values())
    if mass <= 0.0:
        return replace(reading, detail={**detail, "expected": "the server told no probabilities"})
    mean = sum(int(value) * probability for value, probability in scale.items()) / mass
    # a mean lies between its values; rounding may have moved it past them
    mean = min(max(mean, float(min(scale))), float(max(scale)))
    return replace(reading, value=mean, detail={**detail, "mass": min(mass, 1.0), "probabilities": scale})
