"""Documents: the script is named by its digest, and data cannot end the element that they stand in."""

import base64
import hashlib
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmcompose.pages.document import document, json_text

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


@given(JSON)
def test_data_are_read_as_they_were(data):
    text = json_text(data)
    assert json.loads(text) == data
    assert not set("<>&\u2028\u2029") & set(text)
    text.encode("utf-8")


def test_half_a_surrogate_pair_is_kept_as_an_escape():
    text = json_text("\ud800</script>")
    assert text.encode("utf-8") == b'"\\ud800\\u003c/script\\u003e"'


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_json_has_no_word_for_is_an_error(number):
    with pytest.raises(ValueError, match="not JSON compliant"):
        json_text({"a": number})


def test_the_policy_names_the_script_that_is_there():
    page = document("A <title>", "<main></main>", script="go();\n", data={})
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert script == "go();\n"
    assert policy == (
        "default-src 'none'; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    assert "<title>A &lt;title&gt;</title>" in page


def test_a_page_without_a_script_allows_none():
    page = document("a", "<main></main>")
    assert "script-src" not in page
    assert "<script" not in page
