"""What every folder of tests shares."""

import pytest
from hypothesis import HealthCheck, settings

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
