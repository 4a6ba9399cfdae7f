"""How the exceptions of one event hang together: causes and members of groups. Pure.

values[0] is the oldest cause, values[-1] what was reported. With `mechanism.exception_id` and
`parent_id` they form a tree, whose root is the exception without a parent.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from .platforms import Family
from .raised import Raised
from .stack import Marker

MAX_EXCEPTIONS = 50
# Entries that are no failure of their own: they carry the stack of the components.
_CARRIERS = "React ErrorBoundary"


def exception_tree(
    values: Sequence[Mapping[str, Any]], family: Family, marker: Marker | None = None
) -> tuple[list[Raised], int]:
    """The exceptions, linked, and the position of the root; ([], -1) if there are none."""
    offset = max(0, len(values) - MAX_EXCEPTIONS)
    nodes = [Raised(value, i + offset, family, marker) for i, value in enumerate(values[offset:])]
    nodes = [node for node in nodes if node]
    own = [node for node in nodes if not node.full_type.startswith(_CARRIERS)]
    nodes = own or nodes
    if not nodes:
        return [], -1
    root = _link_tree(nodes) if len(nodes) > 1 else 0
    if root is None:
        root = len(nodes) - 1
        for position in range(1, len(nodes)):
            nodes[position].cause = position - 1
    return nodes, root


def _link_tree(nodes: list[Raised]) -> int | None:
    """Link by ids; None if they are not those of one tree."""
    by_id: dict[int, int] = {}
    for position, node in enumerate(nodes):
        own = node.mechanism.get("exception_id")
        if not isinstance(own, int) or own in by_id:
            return None
        by_id[own] = position
    root: int | None = None
    children: dict[int, list[int]] = {}
    for _, position in sorted(by_id.items()):
        parent = nodes[position].mechanism.get("parent_id")
        if parent is None:
            if root is not None:
                return None
            root = position
        elif isinstance(parent, int) and parent in by_id:
            children.setdefault(by_id[parent], []).append(position)
        else:
            return None
    if root is None or not _all_reached(root, children, len(nodes)):
        return None
    for position, below in children.items():
        members = [child for child in below if "[" in _source(nodes[child])]
        causes = [child for child in below if child not in members]
        node = nodes[position]
        node.cause = causes[0] if causes else None
        if node.is_wrapper or node.mechanism.get("is_exception_group") is True:
            node.members = tuple(members or below)
            node.cause = node.members[0]
    return root


def _all_reached(root: int, children: Mapping[int, list[int]], count: int) -> bool:
    """Each node has one parent, so reaching all from the root excludes cycles."""
    reached, waiting = 0, [root]
    while waiting:
        reached += 1
        waiting.extend(children.get(waiting.pop(), ()))
    return reached == count


def _source(node: Raised) -> str:
    source = node.mechanism.get("source")
    return source if isinstance(source, str) else ""
