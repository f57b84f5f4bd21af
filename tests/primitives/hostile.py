"""Programs that try to be paid for nothing, or to do harm. Each must score 0 and leave no trace.

The task is to read two numbers and print their sum (`PRINTED`), to define `add` (`CALLED`, `TESTED`).
"""

from __future__ import annotations

PRINTED = {"inputs": ["20 22"], "outputs": ["42"]}
CALLED = {"inputs": [[20, 22]], "outputs": [42], "fn_name": "add"}
TESTED = ["assert add(20, 22) == 42"]
TEST_TEXT = {
    "entry_point": "add",
    "test": "def check(candidate):\n    assert candidate(1, 2) == 3\n    assert candidate(20, 22) == 42\n",
}

_READ = "import sys\na, b = map(int, sys.stdin.read().split())\n"

STDIN: dict[str, str] = {
    "fork bomb": "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass\n",
    "fork bomb that prints the answer first": _READ
    + "print(a + b, flush=True)\nimport os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass\n",
    "thread bomb": "import threading, time\nwhile True:\n    threading.Thread(target=time.sleep, args=(60,)).start()\n",
    "memory": "x = bytearray(8 * 2**30)\nprint('got it')\n",
    "memory, piece by piece": "x = []\nwhile True:\n    x.append(bytearray(2**24))\n",
    "memory of many processes": "import os, time\n"
    "for _ in range(12):\n    if os.fork() == 0:\n        x = bytearray(b'x') * (300 * 2**20)\n        time.sleep(60)\n"
    "time.sleep(60)\n",
    "endless output": "while True:\n    print('42' * 1000)\n",
    "endless errors": "import sys\nwhile True:\n    sys.stderr.write('3' * 1000)\n",
    "endless loop": "while True:\n    pass\n",
    "sleep": "import time\ntime.sleep(3600)\n",
    "files": "import itertools\nfor n in itertools.count():\n"
    "    with open(f'/tmp/{n}', 'wb') as file:\n        file.write(bytes(2**20))\n",
    "a large file": "with open('/tmp/large', 'wb') as file:\n    while True:\n        file.write(bytes(2**20))\n",
    "shared memory": "with open('/dev/shm/large', 'wb') as file:\n    while True:\n        file.write(bytes(2**20))\n",
    "exit code": _READ + "print(a + b)\nsys.exit(3)\n",
    "a crash after the answer": _READ + "print(a + b, flush=True)\n1 / 0\n",
    "a signal after the answer": _READ + "print(a + b, flush=True)\nimport os\nos.kill(os.getpid(), 11)\n",
    "abort after the answer": _READ + "print(a + b, flush=True)\nimport os\nos.abort()\n",
    "signals to everyone": "import os, signal\nfor one in (signal.SIGTERM, signal.SIGINT, signal.SIGKILL):\n"
    "    for pid in (-1, 1, os.getppid()):\n"
    "        try:\n            os.kill(pid, one)\n        except OSError:\n            pass\nprint(42)\nos.abort()\n",
    "a deaf process": "import signal\nfor one in range(1, 65):\n    try:\n        signal.signal(one, signal.SIG_IGN)\n"
    "    except (OSError, ValueError):\n        pass\nwhile True:\n    pass\n",
    "a daemon that holds the output": "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
    "        while True:\n            time.sleep(1)\n    os._exit(0)\nprint('started')\n",
    "recursion": "def f():\n    return f()\nimport sys\nsys.setrecursionlimit(10**9)\nf()\n",
    "a deep program": "(" * 5000,
    "a null character": "print(42)\0",
    "a broken interpreter": "import ctypes\nctypes.string_at(0)\n",
    "a larger limit": "import resource\nfor what in (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_NPROC):\n"
    "    resource.setrlimit(what, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))\nprint('unlimited')\n",
    "a forged report": "import os\nfor n in range(3, 256):\n    try:\n        os.write(n, b'\\0' * 64)\n"
    "    except OSError:\n        pass\nos.write(0, b'x')\n",
    "expected outputs in memory": "import gc, sys\nframe = sys._getframe()\nwhile frame:\n"
    "    for value in list(frame.f_locals.values()):\n        if isinstance(value, dict) and 'outputs' in value:\n"
    "            print(value['outputs'][0])\n    frame = frame.f_back\n"
    "for one in gc.get_objects():\n    if isinstance(one, dict) and 'outputs' in one:\n        print(one['outputs'][0])\n"
    "for name, value in sys._getframe(1).f_locals.get('case', {}).items():\n"
    "    if name not in ('stdin', 'wall'):\n        print(42)\n",
    "not Python": "The sum is 3.",
}
"""For standard input and output."""

ESCAPES: dict[str, str] = {
    "network": "import socket\ntry:\n    socket.create_connection(('127.0.0.1', PORT), timeout=2)\n    print('out')\n"
    "except OSError:\n    print('held')\n",
    "a socket of another family": "import socket\nfor family in (socket.AF_NETLINK, getattr(socket, 'AF_VSOCK', 40), 38):\n"
    "    try:\n        socket.socket(family, socket.SOCK_RAW)\n        print('out')\n    except OSError:\n        pass\nprint('held')\n",
    "files outside": "import os\nfor path in ('SECRET', '/etc/passwd', '/etc/shadow', '/proc/1/environ', '/root', '/home',\n"
    "             '/var', '/sys', '/usr/bin', '/proc/self/mem'):\n    if os.path.exists(path) and (os.path.isfile(path) or os.listdir(path)):\n"
    "        if not (path == '/root' and os.listdir(path) == ['.pyenv']) and path != '/home':\n            print('out', path)\nprint('held')\n",
    "writing outside": "import os\nfor path in ('/x', '/usr/lib/x', '/dev/x', '/sandbox/x', os.__file__, '/sandbox/driver.py', 'SECRET'):\n"
    "    try:\n        open(path, 'ab').close()\n        print('out', path)\n    except OSError:\n        pass\nprint('held')\n",
    "root again": "import os\nprint('out' if os.getuid() == 0 else 'held')\nfor act in (lambda: os.setuid(0), lambda: os.setresuid(0, 0, 0),\n"
    "            lambda: os.setgroups([0]), lambda: os.chroot('/tmp'), lambda: os.mknod('/tmp/x', 0o60666, 0x800)):\n"
    "    try:\n        act()\n        print('out')\n    except OSError:\n        pass\n",
    "a namespace of its own": "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
    "for flag in (0x10000000, 0x20000, 0x40000000):\n    if libc.unshare(flag) == 0:\n        print('out')\n"
    "if libc.mount(b'none', b'/tmp', b'tmpfs', 0, None) == 0 or libc.ptrace(16, 1, 0, 0) == 0:\n    print('out')\nprint('held')\n",
    "secrets of the environment": "import os\nprint('out' if any('SECRET' in name or 'KEY' in name for name in os.environ) else 'held')\n",
    "other processes": "import os\nseen = []\nfor pid in range(2, 5000):\n    try:\n        os.kill(pid, 0)\n        seen.append(pid)\n"
    "    except ProcessLookupError:\n        pass\n    except PermissionError:\n        seen.append(pid)\n"
    "print('held' if seen == [os.getpid()] else f'out {seen}')\n",
}
"""Ways out: each prints `held`, and `out` where it is out. PORT is open on the host, SECRET a file there."""

_FAKE = "class Same:\n    def __eq__(self, other): return True\n    def __ne__(self, other): return False\n    __hash__ = None\n"

FUNCTION: dict[str, str] = {
    "equal to everything": _FAKE + "def add(a, b):\n    return Same()\n",
    "an int equal to everything": "class Same(int):\n    def __eq__(self, other): return True\n    __hash__ = int.__hash__\n"
    "def add(a, b):\n    return Same(0)\n",
    "exit 0": "import sys\nsys.exit(0)\n",
    "exit 0 at once": "import os\nos._exit(0)\n",
    "exit 0 in the call": "import os\ndef add(a, b):\n    os._exit(0)\n",
    "exit in the call": "def add(a, b):\n    raise SystemExit(0)\n",
    "patched comparisons": "import builtins, operator\nbuiltins.AssertionError = type('Never', (BaseException,), {})\n"
    "operator.eq = lambda a, b: True\nbuiltins.all = builtins.any = lambda *_: True\nbuiltins.bool = lambda *_: True\n"
    "def add(a, b):\n    return None\n",
    "a patched runner": "import sys\nfor name, module in list(sys.modules.items()):\n    if 'sandbox' in name:\n"
    "        for key, value in list(vars(module).items()):\n            if callable(value):\n"
    "                setattr(module, key, lambda *args, **kwargs: True)\ndef add(a, b):\n    return 0\n",
    "a frame of the parent": "import sys\ndef add(a, b):\n    frame = sys._getframe()\n    while frame:\n"
    "        for value in list(frame.f_locals.values()) + list(frame.f_globals.values()):\n"
    "            if isinstance(value, dict) and ('expected' in value or 'token' in value or 'test' in value):\n"
    "                raise SystemExit(str(value))\n        frame = frame.f_back\n    return -1\n",
    "StopIteration": "def add(a, b):\n    raise StopIteration\n",
    "a skipped test": "import unittest\ndef add(a, b):\n    raise unittest.SkipTest('no')\n",
    "a patched assert": "import ast, builtins\nbuiltins.compile = lambda *a, **k: (lambda: None).__code__\n"
    "builtins.exec = lambda *a, **k: None\ndef add(a, b):\n    return 0\n",
    "messages of its own": "import os\nbody = b'[\"ok\", 3, []]'\nfor n in range(256):\n    try:\n"
    "        os.write(n, len(body).to_bytes(4, 'big') + body)\n    except OSError:\n        pass\ndef add(a, b):\n    return 0\n",
    "a value too deep": "def add(a, b):\n    x = []\n    for _ in range(10**5):\n        x = [x]\n    return x\n",
    "a value too large": "def add(a, b):\n    return 'x' * 10**8\n",
    "a number too large": "def add(a, b):\n    return 10 ** (10 ** 7)\n",
    "a lazy answer": "def add(a, b):\n    while True:\n        yield 0\n",
    "the wrong function": "def sub(a, b):\n    return a - b\n",
    "a function that is a class": _FAKE + "add = Same\n",
}
"""For calls and for tests."""
