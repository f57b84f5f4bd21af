"""Languages: which are known, what is told of short texts, and what is left unscored."""

from __future__ import annotations

import pytest

import rmcompose
from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.registry import signature
from rmcompose.primitives.text.language import (
    KNOWN,
    _check_among,
    _check_language,
    _identifier,
    identify,
    is_language,
    language,
    language_confidence,
)

SENTENCES = {
    "en": "The committee will meet again on Thursday to discuss the budget.",
    "de": "Der Ausschuss trifft sich am Donnerstag wieder, um den Haushalt zu besprechen.",
    "fr": "Le comité se réunira de nouveau jeudi pour discuter du budget.",
    "es": "El comité se reunirá de nuevo el jueves para discutir el presupuesto.",
    "it": "Il comitato si riunirà di nuovo giovedì per discutere il bilancio.",
    "pt": "O comitê vai se reunir novamente na quinta-feira para discutir o orçamento.",
    "nl": "De commissie komt donderdag opnieuw bijeen om de begroting te bespreken.",
    "pl": "Komisja spotka się ponownie w czwartek, aby omówić budżet.",
    "ru": "Комитет снова соберётся в четверг, чтобы обсудить бюджет.",
    "uk": "Комітет знову збереться у четвер, щоб обговорити бюджет.",
    "ar": "ستجتمع اللجنة مرة أخرى يوم الخميس لمناقشة الميزانية.",
    "he": "הוועדה תתכנס שוב ביום חמישי כדי לדון בתקציב.",
    "hi": "समिति बजट पर चर्चा करने के लिए गुरुवार को फिर से मिलेगी।",
    "ja": "委員会は木曜日に再び集まり、予算について話し合います。",
    "ko": "위원회는 목요일에 다시 모여 예산을 논의할 것입니다.",
    "zh": "委员会将于星期四再次开会讨论预算。",
    "th": "คณะกรรมการจะประชุมอีกครั้งในวันพฤหัสบดีเพื่อหารือเรื่องงบประมาณ",
    "vi": "Ủy ban sẽ họp lại vào thứ Năm để thảo luận về ngân sách.",
    "tr": "Komite bütçeyi görüşmek üzere perşembe günü yeniden toplanacak.",
    "kn": "ಸಮಿತಿಯು ಬಜೆಟ್ ಬಗ್ಗೆ ಚರ್ಚಿಸಲು ಗುರುವಾರ ಮತ್ತೆ ಸಭೆ ಸೇರಲಿದೆ.",
}


@pytest.mark.parametrize("code", SENTENCES)
def test_sentences(code: str) -> None:
    assert language(SENTENCES[code]) == code
    assert is_language(SENTENCES[code], code)
    assert is_language(SENTENCES[code].upper(), code)
    assert not is_language(SENTENCES[code], "cy")
    assert language_confidence(SENTENCES[code], code) > 0.5


def test_the_known_languages_are_those_of_the_model() -> None:
    assert {*KNOWN, "zxx"} == set(_identifier(()).labels)
    assert len(KNOWN) == 139


@pytest.mark.parametrize("text", ["", " \n", "12 + 30 = 42", "🙂", "Hm", "Hello there", "\ud800"])
def test_what_cannot_be_told_is_unscored(text: str) -> None:
    with pytest.raises(RuleError, match=r"too few letters|cannot be told"):
        language(text)
    with pytest.raises(RuleError, match=r"too few letters|cannot be told"):
        is_language(text, "en")


def test_fewer_languages_make_a_short_text_sure() -> None:
    assert language("Hello there", among=["en", "de", "fr"]) == "en"
    assert language("Guten Tag", among=["en", "de", "fr"]) == "de"
    assert _identifier(("en", "de"))._full_model is _identifier(())._full_model
    assert language(SENTENCES["zh"]) == "zh"  # narrowing has not changed the model


def test_probabilities_add_up() -> None:
    among = ["en", "de", "fr"]
    found = [language_confidence("Hello there", code, among) for code in among]
    assert sum(found) == pytest.approx(1, abs=0.01)  # a little is that it is in no language
    best = identify("Hello there", tuple(among))
    assert best is not None
    assert best.confidence == max(found)


def test_wrong_settings_are_told() -> None:
    assert _check_language("german") is not None
    assert _check_among(["en"]) is not None
    assert _check_among(["en", "??"]) is not None
    assert _check_among([]) is None
    with pytest.raises(RuleError, match="not in `among`"):
        is_language("text", "fr", ["en", "de"])


def test_it_is_deterministic_and_explained() -> None:
    text = "The ENTIRE text. Und das hier auch noch."
    rule = signature("language")
    assert rule is not None
    assert rule.explain is not None
    assert len({rule.explain("", text=text) for _ in range(5)}) == 1


SPEC = """\
rmcompose 1

composition by_language -> score[0, 1] {
  rule tongue = language(min_confidence = 0.6)
  let bonus = route tongue { when "de" => 0.5  when "en" => 1.0  otherwise => 0.0 }
  return if tongue in ["de", "en", "fr"] then bonus else 0.25
}
"""


def test_a_text_decides_a_route() -> None:
    reward = rmcompose.loads(SPEC)
    rows = [{"response": SENTENCES[code]} for code in ("de", "en", "fr", "zh")]
    assert reward.scores(rows) == [[0.5], [1.0], [0.0], [0.25]]
    assert reward.scores([{"response": "ok"}]) == [[None]]
