"""The Merkle tree of RFC 9162 §2.1: roots, inclusion and consistency proofs over stored subtrees. Pure.

A tree of n leaves is the row of perfect subtrees that n's binary digits name; the hashes of all perfect subtrees
are stored once and never change, so that a tree only grows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence

Node = tuple[int, int]
"""A perfect subtree: its level (0 is a leaf) and its place among those of its level, counted from 0."""
Lookup = Callable[[Node], bytes]

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """Hash a leaf (RFC 9162 §2.1.1)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees into one (RFC 9162 §2.1.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def grow(size: int, leaves: Sequence[bytes], lookup: Lookup) -> Iterator[tuple[Node, bytes]]:
    """Yield every perfect subtree that comes to be when leaf hashes are appended to a tree of ``size`` leaves."""
    fresh: dict[Node, bytes] = {}

    def known(node: Node) -> bytes:
        return fresh[node] if node in fresh else lookup(node)

    for place, leaf in enumerate(leaves, start=size):
        node, value = (0, place), leaf
        while True:
            fresh[node] = value
            yield node, value
            level, index = node
            if index % 2 == 0:
                break
            value = node_hash(known((level, index - 1)), value)
            node = (level + 1, index // 2)


def root_of(size: int, lookup: Lookup) -> bytes:
    """Return the root of the first ``size`` leaves (RFC 9162 §2.1.1)."""
    return EMPTY_ROOT if size == 0 else _subtree(0, size, lookup)


def inclusion_path(index: int, size: int, lookup: Lookup) -> list[bytes]:
    """Return the audit path of a leaf in a tree of ``size`` leaves (RFC 9162 §2.1.3.1)."""
    if not 0 <= index < size:
        raise ValueError("the leaf lies outside the tree")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_subtree(middle, end, lookup))
            end = middle
        else:
            path.append(_subtree(start, middle, lookup))
            start = middle
    return path[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Tell whether a leaf hash stands at ``index`` in the tree with this root (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, value = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if place % 2 or place == last:
            value = node_hash(sibling, value)
            while place % 2 == 0 and place != 0:
                place, last = place >> 1, last >> 1
        else:
            value = node_hash(value, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and value == root


def consistency_path(first: int, second: int, lookup: Lookup) -> list[bytes]:
    """Return what shows that a tree of ``first`` leaves is the beginning of one of ``second`` (RFC 9162 §2.1.4.1)."""
    if not 0 < first <= second:
        raise ValueError("a tree only grows")
    path: list[bytes] = []
    start, end, whole = 0, second, True
    while first != end:
        middle = start + _split(end - start)
        if first <= middle:
            path.append(_subtree(middle, end, lookup))
            end = middle
        else:
            path.append(_subtree(start, middle, lookup))
            start, whole = middle, False
    if not whole:
        path.append(_subtree(start, end, lookup))
    return path[::-1]


def verify_consistency(first: int, second: int, first_root: bytes, second_root: bytes, path: Sequence[bytes]) -> bool:
    """Tell whether the first tree is the beginning of the second (RFC 9162 §2.1.4.2)."""
    if not 0 < first <= second:
        return False
    if first == second:
        return not path and first_root == second_root
    nodes = list(path)
    if first & (first - 1) == 0:
        nodes.insert(0, first_root)
    if not nodes:
        return False
    place, last = first - 1, second - 1
    while place % 2:
        place, last = place >> 1, last >> 1
    old = new = nodes[0]
    for node in nodes[1:]:
        if last == 0:
            return False
        if place % 2 or place == last:
            old, new = node_hash(node, old), node_hash(node, new)
            while place % 2 == 0 and place != 0:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, node)
        place, last = place >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


def _split(width: int) -> int:
    """Return the largest power of two smaller than ``width``."""
    return int(1 << (width - 1).bit_length() - 1)


def _subtree(start: int, end: int, lookup: Lookup) -> bytes:
    """Return the hash of the leaves from ``start`` to before ``end``; ``start`` is a multiple of the width's power."""
    width = end - start
    if width & (width - 1) == 0:
        level = width.bit_length() - 1
        return lookup((level, start >> level))
    middle = start + _split(width)
    return node_hash(_subtree(start, middle, lookup), _subtree(middle, end, lookup))
