"""What happens in the process of one case: the program is run, called, or served to its tests."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SHORTHAND = {
    "typing": "Any Callable Deque Dict DefaultDict FrozenSet Generator Iterable Iterator List Literal Optional "
    "Sequence Set Tuple Type Union",
    "collections": "ChainMap Counter OrderedDict defaultdict deque namedtuple",
    "functools": "cache cmp_to_key lru_cache partial reduce",
    "heapq": "heapify heappop heappush heappushpop heapreplace nlargest nsmallest",
    "itertools": "accumulate chain combinations count cycle groupby islice pairwise permutations product repeat "
    "zip_longest",
    "bisect": "bisect bisect_left bisect_right insort",
    "math": "ceil comb cos exp fabs factorial floor gcd inf isqrt lcm log log2 sin sqrt tan",
}
"""Names that tasks on sites such as LeetCode may use without importing them."""

_MODULES = "bisect collections fractions functools heapq itertools json math operator random re string sys time".split()


def run(job: dict[str, Any], case: dict[str, Any]) -> None:
    """Does what the job says. Whatever it raises ends this process as it would end any program."""
    mode = job["mode"]
    if mode == "stdin":
        execute(job, "__main__")
    elif mode == "call":
        _call(job, case)
    elif mode == "serve":
        _serve(job)
    else:
        _test(case)


def execute(job: dict[str, Any], name: str) -> Any:
    """Runs the program as the module of that name and returns the module."""
    module = type(sys)(name)
    module.__dict__["__builtins__"] = sys.modules["builtins"]
    module.__file__ = "solution.py"
    sys.modules[name] = module
    sys.argv = ["solution.py"]
    if job["shorthand"]:
        _give_shorthand(job["code"], module.__dict__)
    exec(compile(job["code"], "solution.py", "exec", dont_inherit=True), module.__dict__)
    return module


def _give_shorthand(code: str, names: dict[str, Any]) -> None:
    for home, words in _SHORTHAND.items():
        wanted = [word for word in words.split() if word in code]
        if wanted:
            source = __import__(home)
            names.update((word, getattr(source, word)) for word in wanted if hasattr(source, word))
    for home in _MODULES:
        if home + "." in code:
            names[home] = __import__(home)


def _wire() -> Any:
    """The module `wire`, loaded by the driver."""
    return sys.modules["_sandbox_wire"]


def _found(module: Any, name: str) -> Any:
    """The function of that name, or the method of that name of the class `Solution`; `Solution().name` is the same."""
    name = name.removeprefix("Solution().")
    owner = getattr(module, "Solution", None)
    if owner is not None and hasattr(owner, name):
        return getattr(owner(), name)
    return getattr(module, name)


def _call(job: dict[str, Any], case: dict[str, Any]) -> None:
    """Calls the function and writes what it returns to descriptor 3 of its own, unread by anything else."""
    wire = _wire()
    output = os.dup(1)
    os.dup2(2, 1)  # what the program prints is no result
    result = _found(execute(job, "solution"), case["name"])(*wire.read_json(case["arguments"]))
    text = wire.Values().write(result)
    sys.stdout.flush()
    view = memoryview(text.encode("utf-8", "surrogatepass"))
    while view:
        view = view[os.write(output, view) :]


def _serve(job: dict[str, Any]) -> None:
    """Answers calls of the tests, which run in another sandbox at the far end of the socket."""
    peer = _wire().Peer(3)
    os.dup2(2, 1)
    module = execute(job, "solution")
    peer.serve(lambda name: _found(module, name))


def _test(case: dict[str, Any]) -> None:
    """Runs a test against the program at the far end; writes the case's token where it comes through."""
    wire = _wire()
    verdict = os.dup(1)
    os.dup2(os.open("/dev/null", os.O_WRONLY), 1)
    peer = wire.Peer(3)
    names = wire.Names(peer)
    names["__name__"] = "tests"
    for part in case["before"]:
        exec(compile(part, "<setup>", "exec", dont_inherit=True), names)
    entry = case["entry"]
    if entry:
        names[entry] = peer.ask("global", entry)
        names["candidate"] = names[entry]
    exec(compile(case["test"], "<test>", "exec", dont_inherit=True), names)
    if entry and callable(dict.get(names, "check")):
        names["check"](names[entry])
    _run_classes(names)
    os.write(verdict, case["token"])
    os._exit(0)


def _run_classes(names: dict[str, Any]) -> None:
    """Runs what is a `unittest.TestCase`, where the test defines any."""
    unittest = sys.modules.get("unittest")
    if unittest is None:
        return
    loader = unittest.defaultTestLoader
    found = [one for one in names.values() if isinstance(one, type) and issubclass(one, unittest.TestCase)]
    suite = unittest.TestSuite(loader.loadTestsFromTestCase(one) for one in found if one.__module__ == "tests")
    outcome = unittest.TestResult()
    suite.run(outcome)
    if not outcome.wasSuccessful() or (found and not outcome.testsRun):
        faults = outcome.errors + outcome.failures
        raise AssertionError(faults[0][1].strip().splitlines()[-1] if faults else "no test ran")
