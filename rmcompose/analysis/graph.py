"""Order and cycles of named things that use each other."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence


def components(names: Sequence[str], edges: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """The strongly connected components, each after those it leads to, members in the order of `names`.

    R. Tarjan, Depth-first search and linear graph algorithms, 1972, with its own stack: a chain of any length works.
    Edges to what is not in `names` are ignored. A component of one name is a cycle only where it has an edge to itself.
    """
    place = {name: i for i, name in enumerate(names)}
    found: dict[str, int] = {}
    lowest: dict[str, int] = {}
    open_: dict[str, None] = {}
    result: list[list[str]] = []
    for root in names:
        if root in found:
            continue
        found[root] = lowest[root] = len(found)
        open_[root] = None
        work = [(root, iter(edges.get(root, ())))]
        while work:
            name, rest = work[-1]
            for target in rest:
                if target not in place:
                    continue
                if target not in found:
                    found[target] = lowest[target] = len(found)
                    open_[target] = None
                    work.append((target, iter(edges.get(target, ()))))
                    break
                if target in open_:
                    lowest[name] = min(lowest[name], found[target])
            else:
                work.pop()
                if work:
                    above = work[-1][0]
                    lowest[above] = min(lowest[above], lowest[name])
                if lowest[name] == found[name]:
                    members = []
                    while True:
                        member, _ = open_.popitem()
                        members.append(member)
                        if member == name:
                            break
                    result.append(sorted(members, key=place.__getitem__))
    return result


def cycle(component: Sequence[str], edges: Mapping[str, Sequence[str]]) -> list[str]:
    """The shortest way from the first name of a component back to it, named once; empty where there is none."""
    start = component[0]
    within = set(component)
    came: dict[str, str] = {}
    queue = deque([start])
    while queue:
        name = queue.popleft()
        for target in edges.get(name, ()):
            if target == start:
                path = [name]
                while path[-1] != start:
                    path.append(came[path[-1]])
                return path[::-1]
            if target in within and target not in came:
                came[target] = name
                queue.append(target)
    return []
