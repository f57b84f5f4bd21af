"""Rules that are not of this package: those of the user's own modules and those that installed packages bring.

    python = ["rewards/politeness.py", "my_package.rules"]       # in rmcompose.toml: files below its folder, or modules

    [project.entry-points."rmcompose.primitives"]                # in the pyproject.toml of a package
    politeness = "my_package.rules"

Loading such a module is all that happens: what it registers, with `rmcompose.register` or `RewardRegistry.register`,
can then be named in specs. They are loaded when a spec names a rule that is not built in, and a built-in rule never
gives way to one of them, so what a spec means does not depend on when that happens.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import sys
from pathlib import Path

from rmcompose.configuration import ConfigError, read

GROUP = "rmcompose.primitives"

_faults: list[str] = []


def load() -> None:
    """Loads the user's modules and those of installed packages, each once in a process.

    Raises `ConfigError` where a module that the configuration names cannot be loaded. What an installed package cannot
    load is told by `faults`: it may be nothing that the user wants.
    """
    configuration = read()
    if configuration.path is not None and "python" in configuration.tables:
        for name in _names(configuration.tables["python"], configuration.path):
            _load_named(name, configuration.path)
    _load_installed()


def faults() -> tuple[str, ...]:
    """What went wrong with rules of installed packages, one line each."""
    return tuple(_faults)


def _names(value: object, path: Path) -> list[str]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        raise ConfigError(f"`python` in `{path}` is not a text or a list of texts")
    return names


@functools.cache
def _load_named(name: str, config: Path) -> None:
    """Loads a module that the configuration names: a file below the configuration's folder, or an importable module."""
    place = f"`{name}`, named as `python` in `{config}`,"
    try:
        if name.endswith(".py"):
            _load_file(name, config, place)
        else:
            importlib.import_module(name)
    except ConfigError:
        raise
    except Exception as error:  # the user's module may raise anything; it is told in one line
        raise ConfigError(f"{place} cannot be loaded: {_told(error)}") from error


def _load_file(name: str, config: Path, place: str) -> None:
    root = config.parent.resolve()
    file = (root / name).resolve()
    if not file.is_relative_to(root):
        raise ConfigError(f"{place} is not below the folder of the configuration")
    if not file.is_file():
        raise ConfigError(f"{place} is no file")
    # its own folder comes last, so that modules beside it are found and hide nothing
    if str(file.parent) not in sys.path:
        sys.path.append(str(file.parent))
    module_name = "_rmcompose_user_" + "_".join(file.relative_to(root).with_suffix("").parts)
    spec = importlib.util.spec_from_file_location(module_name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[module_name]
        raise


@functools.cache
def _load_installed() -> None:
    from importlib.metadata import entry_points

    for point in sorted(entry_points(group=GROUP), key=lambda one: (one.name, one.value)):
        try:
            point.load()
        except Exception as error:  # noqa: BLE001  # one broken package must not take the others with it
            package = point.dist.name if point.dist is not None else point.value
            _faults.append(f"the rules `{point.name}` of the package `{package}` cannot be loaded: {_told(error)}")


def _told(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())
