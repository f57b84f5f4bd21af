"""Colours: texts keep a contrast of 4.5 (WCAG 2.1, 1.4.3) in light and dark, on all that they stand on."""

import re
from importlib.resources import files

import pytest

from rmcompose.reporting.graph import SHADE
from rmcompose.reporting.sections import _TINT

COMMON = files("rmcompose.pages").joinpath("page.css").read_text(encoding="utf-8")
OWN = files("rmcompose.reporting").joinpath("report.css").read_text(encoding="utf-8")


def block(text, opening):
    """The variables of the first rule that opens so."""
    return dict(re.findall(r"(--[\w-]+): ([^;]+);", text.partition(opening)[2].partition("}")[0]))


LIGHT = block(COMMON, ":root {")
DARK = block(COMMON, ':root:not([data-theme="light"]) {')


def rgb(value):
    if value.startswith("#"):
        return tuple(int(value[place : place + 2], 16) for place in (1, 3, 5))
    return tuple(int(part) for part in value.split(","))


def over(colour, share, ground):
    return tuple(share * c + (1 - share) * g for c, g in zip(colour, ground, strict=True))


def contrast(one, other):
    def luminance(colour):
        linear = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_formula_is_that_of_wcag():
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast(rgb("#767676"), (255, 255, 255)) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_texts_can_be_read(theme):
    colours = {name: rgb(value) for name, value in theme.items()}
    page, card = colours["--page"], colours["--card"]
    grounds = {
        "--ink": [page, card, *(over(colours[c], s, card) for c in ("--heat", "--warm") for s in (SHADE, _TINT))],
        "--soft": [page, card],
        "--main": [page, card],
        "--other": [page, card],
    }
    # a word that was found, in every text
    grounds["--ink"] += [over(colours["--warm"], 0.35, page), over(colours["--warm"], 0.35, card)]
    grounds["--soft"] = [page, card]
    for name, some in grounds.items():
        for ground in some:
            assert contrast(colours[name], ground) >= 4.5, (name, ground)


def test_both_ways_to_dark_have_the_same_colours():
    assert block(OWN, ':root[data-theme="dark"] {') == DARK
    assert LIGHT.keys() == DARK.keys()


def test_paper_is_light():
    assert block(COMMON, ":root:root:root {") == LIGHT


def test_a_marked_word_has_the_colour_of_ink():
    assert "mark { background: rgba(var(--warm), .35); color: var(--ink);" in OWN
