"""The tokenizers of RM-Gallery: `tiktoken`, `jieba` and `simple`.

A tokenizer that cannot be loaded is an error that names the cure. It never falls back to another one, because that
would change the number in silence, and it never downloads anything, because that could hang the run.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable
from pathlib import Path

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.packages import load
from rmcompose.primitives.registry import setting

TOKENIZERS = ("tiktoken", "jieba", "simple")
SETTINGS = {
    "tokenizer_type": setting(
        "`tiktoken` (byte pairs), `jieba` (Chinese words) or `simple` (white space)", choices=TOKENIZERS
    ),
    "encoding_name": setting("the encoding of `tiktoken`"),
    "chinese_only": setting("`jieba`: whether all but Chinese characters are left out first"),
}
"""The arguments by which a rule chooses its tokenizer."""

_STORE = "https://openaipublic.blob.core.windows.net"
_FILES = {
    "gpt2": (f"{_STORE}/gpt-2/encodings/main/vocab.bpe", f"{_STORE}/gpt-2/encodings/main/encoder.json"),
    "r50k_base": (f"{_STORE}/encodings/r50k_base.tiktoken",),
    "p50k_base": (f"{_STORE}/encodings/p50k_base.tiktoken",),
    "p50k_edit": (f"{_STORE}/encodings/p50k_base.tiktoken",),
    "cl100k_base": (f"{_STORE}/encodings/cl100k_base.tiktoken",),
    "o200k_base": (f"{_STORE}/encodings/o200k_base.tiktoken",),
    "o200k_harmony": (f"{_STORE}/encodings/o200k_base.tiktoken",),
}
_NOT_CHINESE = re.compile("[^\u4e00-\u9fff]+")
_CURE = 'set `tokenizer_type = "simple"`'


def tokenizer(kind: str, encoding_name: str = "cl100k_base", chinese_only: bool = False) -> Callable[[str], list[str]]:
    """The function from a text to its tokens. Raises `RuleError` where it is unknown or cannot be loaded offline."""
    if kind == "simple":
        return str.split
    if kind == "tiktoken":
        return _byte_pairs(encoding_name)
    if kind == "jieba":
        return _chinese_words(chinese_only)
    raise RuleError(f"unknown tokenizer `{kind}`: it is one of {', '.join(f'`{name}`' for name in TOKENIZERS)}")


@functools.cache
def _byte_pairs(encoding_name: str) -> Callable[[str], list[str]]:
    if encoding_name not in _FILES:
        raise RuleError(f"unknown encoding `{encoding_name}`: it is one of {', '.join(_FILES)}")
    tiktoken = load("tiktoken")
    if not all(_is_cached(url) for url in _FILES[encoding_name]):
        raise RuleError(
            f"the tokenizer file of `{encoding_name}` is not on this machine and is not downloaded during a run: "
            f"{_CURE}, or call `tiktoken.get_encoding({encoding_name!r})` once while online"
        )
    try:
        encoding = tiktoken.get_encoding(encoding_name)
    except Exception as fault:  # noqa: BLE001  # a damaged file surfaces as whatever the parser or the network layer raises
        raise RuleError(f"the tokenizer `{encoding_name}` cannot be loaded ({type(fault).__name__}): {_CURE}") from None

    def tokens(text: str) -> list[str]:
        # marks such as <|endoftext|> are plain text in an answer; half a character decodes to U+FFFD
        return [encoding.decode([token]) for token in encoding.encode_ordinary(text)]

    return tokens


def _is_cached(url: str) -> bool:
    """Whether tiktoken finds the file in its cache; the look-up is the one of `tiktoken.load.read_file_cached`."""
    import hashlib
    import tempfile

    folder = os.environ.get("TIKTOKEN_CACHE_DIR", os.environ.get("DATA_GYM_CACHE_DIR"))
    if folder is None:
        folder = str(Path(tempfile.gettempdir()) / "data-gym-cache")
    return folder != "" and (Path(folder) / hashlib.sha1(url.encode(), usedforsecurity=False).hexdigest()).exists()


@functools.cache
def _chinese_words(chinese_only: bool) -> Callable[[str], list[str]]:
    import logging

    jieba = load("jieba")
    jieba.setLogLevel(logging.WARNING)  # it announces on stderr that it loads its dictionary
    if not chinese_only:
        return lambda text: list(jieba.cut(text))
    return lambda text: list(jieba.cut(_NOT_CHINESE.sub("", text)))
