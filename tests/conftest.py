"""What every folder of tests shares."""

import importlib.util
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"

# no test is timed: machines differ. `--hypothesis-profile=thorough` looks longer, as .ci/run does at the laws, and
# `brief` less long, as it does with other versions of Python: what differs there shows in the first examples
for _name, _examples in (("default", 50), ("thorough", 300), ("brief", 15)):
    settings.register_profile(
        _name,
        max_examples=_examples,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
settings.load_profile("default")


def pytest_addoption(parser):
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden files with what is printed now")


@pytest.fixture
def update_golden(request) -> bool:
    """Whether golden files are to be rewritten instead of compared."""
    return request.config.getoption("--update-golden")


@pytest.fixture(scope="module")
def llmbar():
    """`benchmarks/llmbar.py`, which imports what stands beside it."""
    spec = importlib.util.spec_from_file_location("llmbar", BENCHMARKS / "llmbar.py")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(BENCHMARKS))
    sys.modules["llmbar"] = module
    try:
        spec.loader.exec_module(module)
        yield module
    finally:
        sys.path.remove(str(BENCHMARKS))
        del sys.modules["llmbar"]
