"""The tree of RFC 9162, against a second, plain reading of its definitions."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pytest

from codes.proving.merkle import (
    EMPTY_ROOT,
    Node,
    consistency_path,
    grow,
    inclusion_path,
    leaf_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)

LEAVES = [leaf_hash(bytes([number])) for number in range(40)]


def plain_root(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 9162 §2.1.1, as it is defined."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + plain_root(leaves[:split]) + plain_root(leaves[split:])).digest()


@pytest.fixture(scope="module")
def nodes() -> dict[Node, bytes]:
    """All perfect subtrees of the 40 leaves, grown in uneven steps."""
    stored: dict[Node, bytes] = {}
    size = 0
    for step in (1, 2, 3, 5, 7, 22):
        for node, value in grow(size, LEAVES[size : size + step], stored.__getitem__):
            assert node not in stored
            stored[node] = value
        size += step
    return stored


def test_the_known_root_of_the_rfcs_predecessors_test_vectors() -> None:
    """The first four inputs of the widely used reference vectors of Certificate Transparency (RFC 6962)."""
    inputs = [b"", b"\x00", b"\x10", b"\x20\x21"]
    nothing: dict[Node, bytes] = {}
    stored = dict(grow(0, [leaf_hash(each) for each in inputs], nothing.__getitem__))
    known = {
        1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        4: "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    }
    assert {size: root_of(size, stored.__getitem__).hex() for size in known} == known


def test_the_root_of_every_size_is_the_one_defined(nodes: dict[Node, bytes]) -> None:
    assert root_of(0, nodes.__getitem__) == EMPTY_ROOT
    for size in range(1, 41):
        assert root_of(size, nodes.__getitem__) == plain_root(LEAVES[:size])


def test_every_leaf_of_every_tree_is_shown_to_be_in_it_and_no_other(nodes: dict[Node, bytes]) -> None:
    for size in range(1, 41):
        root = plain_root(LEAVES[:size])
        for index in range(size):
            path = inclusion_path(index, size, nodes.__getitem__)
            assert verify_inclusion(LEAVES[index], index, size, path, root)
            assert not verify_inclusion(LEAVES[(index + 1) % 40], index, size, path, root)
            assert not verify_inclusion(LEAVES[index], index, size, [*path, root], root)
            if path:
                assert not verify_inclusion(LEAVES[index], index, size, path[:-1], root)
                assert not verify_inclusion(LEAVES[index], index, size, [EMPTY_ROOT, *path[1:]], root)


def test_every_tree_is_shown_to_be_the_beginning_of_every_later_one(nodes: dict[Node, bytes]) -> None:
    roots = [plain_root(LEAVES[:size]) for size in range(41)]
    for second in range(1, 41):
        for first in range(1, second + 1):
            path = consistency_path(first, second, nodes.__getitem__)
            assert verify_consistency(first, second, roots[first], roots[second], path)
            assert not verify_consistency(first, second, EMPTY_ROOT, roots[second], path)
            assert not verify_consistency(first, second, roots[first], EMPTY_ROOT, path)
            assert not verify_consistency(first, second, roots[first], roots[second], [*path, EMPTY_ROOT])
            if path:
                assert not verify_consistency(first, second, roots[first], roots[second], path[1:])


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 3), (3, 3)])
def test_a_leaf_outside_the_tree_has_no_path(nodes: dict[Node, bytes], index: int, size: int) -> None:
    with pytest.raises(ValueError, match="outside"):
        inclusion_path(index, size, nodes.__getitem__)
    assert not verify_inclusion(LEAVES[0], index, size, [], LEAVES[0])


def test_a_tree_does_not_shrink(nodes: dict[Node, bytes]) -> None:
    with pytest.raises(ValueError, match="grows"):
        consistency_path(3, 2, nodes.__getitem__)
    assert not verify_consistency(3, 2, LEAVES[0], LEAVES[0], [])
