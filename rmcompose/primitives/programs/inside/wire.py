"""Values between processes that do not trust each other: written as JSON, read as plain values and nothing else.

`Values` writes and reads; `Peer` lets tests in one sandbox call a program in another. What is not a plain value
(a class, a generator, an instance) stays where it is and is known to the other side by a number, as a `Remote`. No
comparison is ever left to the other side: two remote objects are equal only if they are the same one.
"""

from __future__ import annotations

import builtins
import json
import sys
from collections import deque

TYPE_CHECKING = False
if TYPE_CHECKING:  # not where a sandbox starts: what is imported there, every program waits for
    from collections.abc import Callable, Iterator
    from typing import Any

MOST_BYTES = 1 << 24
_DEEPEST = 150
_NEVER_RAISED = (StopIteration, StopAsyncIteration)
"""A program that raises these inside `map` or a loop of the tests would end the loop early, and with it the test."""

read_json = json.loads


class CannotBeWrittenError(ValueError):
    """A value is nested too deeply, or too large."""


class Opaque:
    """What a value is that was no plain one; equal to nothing else."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"<{self.name}>"


class Values:
    """Writes and reads values. `peer` keeps what is no plain value; without one it becomes an `Opaque`."""

    def __init__(self, peer: Peer | None = None) -> None:
        self._peer = peer

    def write(self, value: Any) -> str:
        """The value as text. Raises `CannotBeWrittenError`."""
        try:
            return json.dumps(self.pack(value))
        except RecursionError:
            raise CannotBeWrittenError("the value is nested too deeply") from None

    def read(self, text: str) -> Any:
        """The value of a text of `write`. Raises `ValueError` where the text is no such thing."""
        try:
            return self.unpack(json.loads(text))
        except (RecursionError, TypeError, KeyError, IndexError, AttributeError, ArithmeticError) as fault:
            raise ValueError(f"no value: {type(fault).__name__}") from None

    def pack(self, value: Any, depth: int = 0) -> Any:
        """The value as what JSON has; kinds that it lacks are objects with one key."""
        if depth > _DEEPEST:
            raise CannotBeWrittenError("the value is nested too deeply")
        kind = type(value)
        if value is None or kind in (bool, int, float, str):
            return value
        depth += 1
        base: Any
        for base, key in ((tuple, "t"), (list, "l"), (set, "s"), (frozenset, "z"), (deque, "q")):
            if isinstance(value, base):
                return {key: [self.pack(one, depth) for one in base.__iter__(value)]}
        if isinstance(value, dict):
            return {"d": [[self.pack(key, depth), self.pack(one, depth)] for key, one in dict.items(value)]}
        for plain in (int, float, str):
            if isinstance(value, plain):
                return plain(value)
        if isinstance(value, (bytes, bytearray)):
            return {"b": bytes(value).decode("latin-1")}
        if kind is complex:
            return {"c": [value.real, value.imag]}
        if _is_one(value, "decimal", "Decimal"):
            return {"D": str(value)}
        if _is_one(value, "fractions", "Fraction"):
            return {"F": [value.numerator, value.denominator]}
        if hasattr(value, "tolist") and kind.__module__ == "numpy":
            return self.pack(value.tolist(), depth)
        return {"x": kind.__name__} if self._peer is None else self._peer.export(value)

    def unpack(self, packed: Any) -> Any:
        """The value of what `pack` made."""
        if isinstance(packed, list):
            raise ValueError("no value: a bare list")  # noqa: TRY004  # one error for all that is no value
        if not isinstance(packed, dict):
            return packed
        ((key, content),) = packed.items()
        match key:
            case "l":
                return [self.unpack(one) for one in content]
            case "t":
                return tuple(self.unpack(one) for one in content)
            case "d":
                return {self.unpack(name): self.unpack(one) for name, one in content}
            case "s":
                return {self.unpack(one) for one in content}
            case "z":
                return frozenset(self.unpack(one) for one in content)
            case "q":
                return deque(self.unpack(one) for one in content)
            case "b":
                return content.encode("latin-1")
            case "c":
                return complex(*content)
            case "D":
                from decimal import Decimal

                return Decimal(content)
            case "F":
                from fractions import Fraction

                return Fraction(*content)
            case "x":
                return Opaque(str(content))
        if self._peer is None:
            raise ValueError("no value: an unknown kind")
        return self._peer.imported(key, content)


class Remote:
    """An object of the other side. Its items, attributes and calls are fetched; it is equal to itself alone."""

    def __init__(self, peer: Peer, number: int, name: str) -> None:
        self.__dict__.update(_peer=peer, _number=number, _name=name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # noqa: D102
        return self._peer.ask("call", self._number, *args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._peer.ask("attr", self._number, name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._peer.ask("set", self._number, name, value)

    def __getitem__(self, key: Any) -> Any:
        return self._peer.ask("item", self._number, key)

    def __len__(self) -> int:
        return int(self._peer.ask("len", self._number))

    def __bool__(self) -> bool:
        return True

    def __str__(self) -> str:
        return str(self._peer.ask("str", self._number))

    def __repr__(self) -> str:
        return f"<{self._name} of the program>"

    def __iter__(self) -> Iterator[Any]:
        number = self._peer.ask("iter", self._number)
        while True:
            found = self._peer.ask("next", number)
            if not found:
                return
            yield found[0]

    def __next__(self) -> Any:
        found = self._peer.ask("next", self._number)
        if not found:
            raise StopIteration
        return found[0]


class Peer:
    """One end of a socket between tests and a program, by its descriptor."""

    def __init__(self, descriptor: int) -> None:
        import _socket  # what `socket` is made of, without what that imports

        self._socket = _socket.socket(fileno=descriptor)
        self._values = Values(self)
        self._mine: list[Any] = []
        self._numbers: dict[int, int] = {}
        self._theirs: dict[int, Remote] = {}
        self._errors: dict[str, type[Exception]] = {}
        self._lookup: Callable[[str], Any] | None = None

    def serve(self, lookup: Callable[[str], Any]) -> None:
        """Answers until the other side goes away; `lookup` gives what is named."""
        self._lookup = lookup
        while (message := self._receive()) is not None:
            self._answer(message)

    def ask(self, operation: str, *args: Any, **kwargs: Any) -> Any:
        """What the other side answers; its exception is raised here, as one of this side."""
        packed = [self._values.pack(one) for one in args]
        self._send([operation, packed, {name: self._values.pack(one) for name, one in kwargs.items()}])
        while True:
            message = self._receive()
            if message is None:
                raise RuntimeError("the program ended")
            match message:
                case ["ok", value, changes]:
                    self._apply(changes, args)
                    return self._values.unpack(value)
                case ["error", kinds, text]:
                    raise self._error(list(map(str, kinds)), str(text))
            self._answer(message)

    def export(self, value: Any) -> dict[str, Any]:
        """The number by which the other side knows an object of this one."""
        if isinstance(value, Remote):
            return {"mine": value._number}  # its own attributes are those of the other side
        if isinstance(value, type(sys)) and value.__name__ in sys.stdlib_module_names:
            return {"module": value.__name__}
        if isinstance(value, type) and issubclass(value, BaseException):
            return {"exception": [one.__name__ for one in value.__mro__]}
        if id(value) not in self._numbers:
            self._numbers[id(value)] = len(self._mine)
            self._mine.append(value)
        return {"remote": [self._numbers[id(value)], type(value).__name__]}

    def imported(self, kind: str, content: Any) -> Any:
        """What the other side means by a number or a name."""
        match kind:
            case "remote":
                number, name = int(content[0]), str(content[1])
                return self._theirs.setdefault(number, Remote(self, number, name))
            case "mine":
                return self._mine[int(content)]
            case "module":
                name = str(content)
                if name in sys.stdlib_module_names:
                    return __import__(name)
            case "exception":
                return self._exception(list(map(str, content)))
        raise ValueError("no value: an unknown kind")

    def _answer(self, message: list[Any]) -> None:
        try:
            operation, packed, named = message
            args = [self._values.unpack(one) for one in packed]
            before = [json.dumps(one) for one in packed]
            kwargs = {str(name): self._values.unpack(one) for name, one in named.items()}
            value = self._values.pack(self._do(str(operation), args, kwargs))
            reply = ["ok", value, self._changes(before, args) if operation == "call" else []]
        except BaseException as fault:  # noqa: BLE001  # whatever a program raises is told to its tests
            reply = ["error", [one.__name__ for one in type(fault).__mro__], str(fault)[:1000]]
        self._send(reply)

    def _do(self, operation: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if operation == "global":
            if self._lookup is None:
                raise PermissionError("tests have no names for a program")
            return self._lookup(args[0])
        target, *rest = self._mine[args[0]], *args[1:]
        if operation in ("attr", "set") and self._lookup is None and type(target).__module__ != "tests":
            # from an attribute of a function or a generator the way leads to all names of the tests
            raise PermissionError("attributes of tests are theirs")
        match operation:
            case "call":
                return target(*rest, **kwargs)
            case "attr" if not rest[0].startswith("_") or self._lookup is not None:
                return getattr(target, rest[0])
            case "set" if self._lookup is not None:
                return setattr(target, rest[0], rest[1])
            case "item":
                return target[rest[0]]
            case "len":
                return len(target)
            case "str":
                return str(target)
            case "iter":
                iterator = iter(target)
                self._mine.append(iterator)
                return len(self._mine) - 1
            case "next":
                end = object()
                found = next(target, end)
                return () if found is end else (found,)
        raise PermissionError(f"no such operation: {operation}")

    def _changes(self, before: list[str], args: list[Any]) -> list[Any]:
        """Arguments that a call changed in place, each with its position."""
        changed = []
        for place, (text, value) in enumerate(zip(before, args, strict=True)):
            if isinstance(value, (list, dict, set, deque)):
                packed = self._values.pack(value)
                if json.dumps(packed) != text:
                    changed.append([place, packed])
        return changed

    def _apply(self, changes: list[Any], args: tuple[Any, ...]) -> None:
        for place, packed in changes:
            new, old = self._values.unpack(packed), args[place]
            if type(new) is not type(old):
                continue
            if isinstance(old, list):
                old[:] = new
            else:
                old.clear()
                old.extend(new) if isinstance(old, deque) else old.update(new)

    def _exception(self, kinds: list[str]) -> type[Exception]:
        base = next(_builtin_errors(kinds))
        if base.__name__ == kinds[0]:
            return base
        return self._errors.setdefault(kinds[0], type(kinds[0], (base,), {}))

    def _error(self, kinds: list[str], text: str) -> Exception:
        for kind in (self._exception(kinds), *_builtin_errors(kinds)):
            try:
                return kind(text)
            except TypeError:  # some want more than a message
                continue
        return RuntimeError(f"{kinds[0]}: {text}")

    def _send(self, message: list[Any]) -> None:
        body = json.dumps(message).encode("utf-8", "surrogatepass")
        if len(body) > MOST_BYTES:
            raise CannotBeWrittenError("the value is too large")
        try:
            self._socket.sendall(len(body).to_bytes(4, "big") + body)
        except OSError:
            raise RuntimeError("the program ended") from None

    def _receive(self) -> list[Any] | None:
        head = self._exactly(4)
        if head is None:
            return None
        size = int.from_bytes(head, "big")
        if size > MOST_BYTES:
            raise ValueError("the value is too large")
        body = self._exactly(size)
        if body is None:
            return None
        message = json.loads(body)
        if not isinstance(message, list) or len(message) != 3:
            raise ValueError("no message")
        return message

    def _exactly(self, size: int) -> bytes | None:
        parts = bytearray()
        while len(parts) < size:
            try:
                block = self._socket.recv(min(size - len(parts), 1 << 20))
            except OSError:
                return None
            if not block:
                return None
            parts += block
        return bytes(parts)


def _is_one(value: Any, module: str, kind: str) -> bool:
    """Whether a value is of a class; where its module was never imported there is none."""
    home = sys.modules.get(module)
    return home is not None and isinstance(value, getattr(home, kind, ()))


def _builtin_errors(kinds: list[str]) -> Iterator[type[Exception]]:
    for name in (*kinds, "Exception"):
        found = getattr(builtins, name, None)
        if isinstance(found, type) and issubclass(found, Exception) and found not in _NEVER_RAISED:
            yield found


class Names(dict):  # type: ignore[type-arg]  # `Any` is not there when this is run
    """The global names of tests: their own, Python's, and for what neither has those of the program."""

    def __init__(self, peer: Peer) -> None:
        super().__init__()
        self._peer = peer

    def __missing__(self, name: str) -> Any:
        if name.startswith("__") or hasattr(builtins, name):
            raise KeyError(name)
        try:
            self[name] = self._peer.ask("global", name)
        except (KeyError, AttributeError):
            raise KeyError(name) from None
        return self[name]
