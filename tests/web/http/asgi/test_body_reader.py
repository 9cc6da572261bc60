"""The memory that bodies share: who may hold how much of it, and that all of it comes back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.http.asgi.body_reader import BodyMemory
from web.http.origin import network_of


def test_strangers_share_half_a_network_a_sixteenth_and_large_bodies_three_quarters() -> None:
    memory = BodyMemory(1600)
    one = memory.share("192.0.2.1", known=False)
    assert one.take(100, large=False)
    assert not memory.share("192.0.2.1", known=False).take(1, large=False)
    others = [memory.share(f"198.51.100.{number}", known=False) for number in range(7)]
    assert all(each.take(100, large=False) for each in others)
    assert not memory.share("203.0.113.1", known=False).take(1, large=False)
    known = memory.share("192.0.2.1", known=True)
    assert known.take(400, large=True)
    assert not known.take(1, large=True)
    assert known.take(400, large=False)
    assert not known.take(1, large=False)


def test_who_is_admitted_makes_room_for_strangers_of_the_same_network() -> None:
    memory = BodyMemory(1600)
    share = memory.share("192.0.2.1", known=False)
    assert share.take(100, large=False)
    share.admit()
    assert share.take(1000, large=True)
    assert memory.share("192.0.2.1", known=False).take(100, large=False)


def test_one_body_of_a_network_that_holds_no_other_may_be_larger_than_its_share() -> None:
    memory = BodyMemory(1600, alone=300)
    one, other = memory.share("192.0.2.1", known=False), memory.share("192.0.2.1", known=False)
    assert one.take(200, large=True)
    assert one.take(100, large=True)
    assert not one.take(1, large=True)
    assert not other.take(1, large=False)
    one.release()
    assert other.take(1, large=False)
    assert one.take(99, large=True)
    assert not one.take(1, large=True)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1/32"),
        ("::ffff:192.0.2.1", "192.0.2.1/32"),
        ("2002:c000:0201::1", "192.0.2.1/32"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("unix:", "unknown"),
        ("", "unknown"),
    ],
)
def test_one_person_is_one_network(address: str, network: str) -> None:
    assert network_of(address) == network


@given(
    st.lists(
        st.tuples(
            st.integers(0, 3), st.booleans(), st.booleans(), st.lists(st.tuples(st.integers(0, 300), st.booleans()))
        )
    )
)
def test_never_more_is_held_than_there_is_and_all_comes_back(
    callers: list[tuple[int, bool, bool, list[tuple[int, bool]]]],
) -> None:
    memory = BodyMemory(1600)
    shares = []
    for number, known, admitted, pieces in callers:
        shares.append(share := memory.share(f"192.0.2.{number}", known=known))
        for size, large in pieces:
            share.take(size, large=large)
            assert 0 <= memory.strangers <= memory.most / 2
            assert memory.strangers <= memory.held <= memory.most
            assert all(0 < held <= memory.most / 16 for held in memory.networks.values())
        if admitted:
            share.admit()
    for share in shares:
        share.release()
    assert (memory.held, memory.strangers, dict(memory.networks)) == (0, 0, {})
