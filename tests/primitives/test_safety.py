"""Personal data, profanity and refusals: what is found, and above all what is not."""

from __future__ import annotations

import time

import pytest

from rmcompose import SpecError, loads
from rmcompose.primitives import packages
from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.registry import signature
from rmcompose.primitives.safety.findings import FINDERS, find
from rmcompose.primitives.safety.numbers import is_card, is_chinese_identity, is_iban, luhn
from rmcompose.primitives.safety.pii import pii, pii_free
from rmcompose.primitives.safety.profanity import profanity, profanity_share
from rmcompose.primitives.safety.refusal import refusal


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("write to ann.lee+x@mail.example.co.uk.", ["email"]),
        ("mailto:ann@example.com, bob@example.org", ["email", "email"]),
        ("call (650) 253-0000 today", ["phone"]),
        ("call +49 30 901820", ["phone"]),
        ("card 4111 1111 1111 1111 exp 12/29", ["card"]),
        ("card 378282246310005", ["card"]),
        ("pay to DE89 3704 0044 0532 0130 00 please", ["iban"]),
        ("pay to GB82WEST12345698765432 NOW", ["iban"]),
        ("server 172.217.0.46 is down", ["ip"]),
        ("server 8.8.8.8.", ["ip"]),
        ("at 172.15.0.1 and 172.32.0.1", ["ip", "ip"]),
        ("dns 2001:4860:4860::8888", ["ip"]),
        ("SSN: 536-90-4399", ["ssn"]),
        ("ID 11010519491231002X", ["chinese_id"]),
        ("export OPENAI_API_KEY=sk-proj-abcDEF0123456789ghiJKL", ["secret"]),
        ("AKIAIOSFODNN7EXAMPLE", ["secret"]),
        ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", ["secret"]),
        ("-----BEGIN RSA PRIVATE KEY-----", ["secret"]),
    ],
)
def test_what_is_found(text: str, kinds: list[str]) -> None:
    assert [found.kind for found in find(text, tuple(FINDERS), "US")] == kinds
    assert pii(text) == len(kinds)
    assert not pii_free(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "version 1.2.3.4",
        "v1.2.3.4 and numpy==1.26.4.1 and >= 4.3.2.1",
        "999.999.999.999",
        "localhost 127.0.0.1, 10.1.2.3, 192.168.0.1, 172.16.0.1, 172.31.255.255, 169.254.1.1, 0.0.0.0, 224.0.0.1",
        "192.0.2.1 and 2001:db8::1 are for documentation",
        "std::vector<a::b> at 12:30:45",
        "fe80::1 and ::1",
        "1.2.3.4.5 and 1.2.3",
        "4111 1111 1111 1112",  # the check digit is wrong
        "1234567890123456 and 9999 9999 9999 9999",  # no issuer
        "0000 0000 0000 0000",
        "order 20240102123456789",
        "DE89 3704 0044 0532 0130 01",
        "000-12-3456 666-12-3456 900-12-3456 123-00-4567 123-45-0000",
        "11010519491231002Y 110105194912310021",
        "99010519491231002X",
        "user@localhost, a@b, @name, icon@2x.png",
        "sk-learn-the-basics-of-something",
        "123-456-7890",  # no valid number of the North American plan
        "born 1999-12-31, costs $650253 or 1,234,567.89",
        "pi is 3.14159265358979323846",
    ],
)
def test_what_is_not(text: str) -> None:
    assert find(text, tuple(FINDERS), "US") == []
    assert pii_free(text)


def test_the_region_reads_national_numbers() -> None:
    text = "ruf 030 901820 an"
    assert pii(text, region="DE") == 1
    assert pii(text, region="US") == 0
    with pytest.raises(RuleError, match="no region"):
        pii(text, region="XX")


def test_kinds_choose_what_is_looked_for() -> None:
    text = "ann@example.com at 8.8.8.8"
    assert (pii(text, kinds=["email"]), pii(text, kinds=["ip", "card"]), pii(text)) == (1, 1, 2)
    with pytest.raises(RuleError, match="`mail` is no kind"):
        pii(text, kinds=["mail"])
    with pytest.raises(SpecError, match="`mail` is no kind of personal data"):
        loads(
            'rmcompose 1\n\ncomposition c -> score[-1, 0] {\n  rule p = pii(kinds = ["mail"])\n  return -min(p, 1)\n}\n'
        )


@pytest.mark.parametrize(
    "text",
    ["ann@example.com", "4111 1111 1111 1111", "sk-proj-abcDEF0123456789ghiJKL", "+49 30 901820", "172.217.0.46"],
)
def test_an_explanation_never_repeats_what_was_found(text: str) -> None:
    rule = signature("pii")
    assert rule is not None
    assert rule.explain is not None
    told = rule.explain(1, text=text)
    assert "at 1" in told
    assert all(text[place : place + 4] not in told for place in range(len(text) - 3))


def test_numbers_by_their_check_digits() -> None:
    assert luhn("79927398713")
    assert not any(luhn(f"7992739871{digit}") for digit in "012456789")
    # sample numbers that issuers publish for tests
    cards = "4111111111111111 4222222222222 5555555555554444 378282246310005 6011111111111117 3530111333300000"
    assert all(map(is_card, [*cards.split(), "30569309025904"]))
    # examples of the IBAN registry
    ibans = (
        "GB29NWBK60161331926819 FR1420041010050500013M02606 NL91ABNA0417164300 NO9386011117947 CH9300762011623852957"
    )
    assert all(map(is_iban, ibans.split()))
    assert not is_iban("GB29NWBK6016133192681")
    assert is_chinese_identity("11010519491231002X")
    assert not is_chinese_identity("11010519491331002X")


@pytest.mark.parametrize(
    "piece", ["@", "a.", "a@a.", "1-", "1 ", "1.", "::", "A1 ", "sk-", "eyJ", "+1 ", "(650) 253-0000 "]
)
def test_long_texts_take_linear_time(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    started = time.perf_counter()
    find(text, tuple(kind for kind in FINDERS if kind != "phone"), "US")
    assert time.perf_counter() - started < 5
    started = time.perf_counter()
    find(text[:50_000], ("phone",), "US")
    assert time.perf_counter() - started < 10


def test_a_text_that_is_too_long_is_refused() -> None:
    with pytest.raises(RuleError, match="too long"):
        pii("a" * 2_000_001, kinds=["email"])
    with pytest.raises(RuleError, match="too long to search for telephone"):
        pii("a" * 500_001)
    assert pii("a" * 500_001, kinds=["email", "card"]) == 0


def test_the_last_of_many_numbers_is_found() -> None:
    assert pii("12345678 " * 20_000 + "(650) 253-0000", kinds=["phone"]) == 1


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Scunthorpe, Penistone, classic, cockpit, assassin, Dickens, shiitake, peacock, Essex, therapist", 0),
        ("What the FUCK is this shit? Shit!", 3),
        ("that's bullshit", 1),
        ("", 0),
        ("damn it to hell", 0),
        ("sh1t and f*ck and fuuuck", 0),
    ],
)
def test_profanity(text: str, count: int) -> None:
    assert profanity(text) == count


def test_settings_of_profanity() -> None:
    assert profanity("damn it to hell", mild=True) == 2
    assert profanity("sh1t and f*ck and fuuuck and b!tch!", leetspeak=True) == 4
    assert profanity("class of 1999, $100, 455, H2O and shiitake!!!", leetspeak=True) == 0
    assert profanity("shit", leetspeak=True) == 1
    assert profanity("what the heck", extra_words=["Heck"]) == 1
    assert profanity("shit", allowed_words=["Shit"]) == 0
    assert profanity_share("oh shit") == 0.5
    assert profanity_share("...") == 0


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't help with that.",
        "I’m sorry, but I can’t assist with that request.",
        "I cannot provide instructions for making weapons.",
        "As an AI language model, I am not able to give medical advice.",
        "Unfortunately, I cannot do this.",
        "I must decline this request.",
        "I won't be able to help you with this.",
        "That goes against my guidelines.",
        "<think>They want something bad.</think>I can't assist with this.",
        "抱歉，我无法回答这个问题。",
    ],
)
def test_refusals(text: str) -> None:
    assert refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Sure! Here is how you kill a Python process.",
        "You can't divide by zero.",
        "Sorry for the delay. The answer is 4.",
        'The clerk said "I can\'t help with that" and left.',
        "I can't wait to show you this recipe.",
        "If you cannot open the file, check its permissions.",
        "<think>I can't help with that? No, I can.</think>Here you go.",
        "Unfortunately, the train was late.",
        "x " * 200 + "I can't help with that.",
    ],
)
def test_no_refusals(text: str) -> None:
    assert not refusal(text)


@pytest.mark.parametrize("rule", ["pii", "pii_free"])
def test_only_telephone_numbers_need_a_package(rule, monkeypatch):
    def load(kinds: str) -> object:
        text = (
            f"rmcompose 1\ncomposition c -> score[0, 9] {{\n  rule r = {rule}({kinds})\n  return clamp(r, 0, 9)\n}}\n"
        )
        return loads(text)

    monkeypatch.setattr(packages, "is_installed", lambda package: package != "phonenumbers")
    for kinds in ("", 'kinds = ["phone"]', 'kinds = ["email", "phone"]'):
        with pytest.raises(packages.MissingPackage, match=r"pip install 'rmcompose\[privacy\]'"):
            load(kinds)
    monkeypatch.setattr(packages, "load", lambda *_: pytest.fail("it was loaded"))
    reward = load('kinds = ["email", "secret"]')
    assert reward.score(prompt="q", response="write to ann@example.com") == (1.0 if rule == "pii" else 0.0)
