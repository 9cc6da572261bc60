"""The address that a phone on the same network opens."""

from __future__ import annotations

import ipaddress

import numpy as np
import zxingcpp

from web.processes.local_addresses import lan_address, terminal_qr

LINK = "https://192.168.178.23:8443/driver"
HALF_BLOCKS = {" ": (0, 0), "▀": (255, 0), "▄": (0, 255), "█": (255, 255), "\xa0": (0, 0)}


def drawn_as_a_dark_terminal_shows_it(drawing: str) -> np.ndarray:
    rows = []
    for line in drawing.split("\n"):
        halves = [HALF_BLOCKS[sign] for sign in line]
        rows.append([upper for upper, _ in halves])
        rows.append([lower for _, lower in halves])
    # The grey margin is the terminal's own window, which is no part of the symbol.
    return np.pad(np.kron(np.array(rows, dtype=np.uint8), np.ones((6, 6), dtype=np.uint8)), 40)


def test_a_phone_can_read_the_address_from_the_terminal() -> None:
    symbols = zxingcpp.read_barcodes(
        drawn_as_a_dark_terminal_shows_it(terminal_qr(LINK, coloured=False)), try_invert=False
    )
    assert [symbol.text for symbol in symbols] == [LINK]


def test_a_terminal_with_other_colours_is_told_which_to_use() -> None:
    lines = terminal_qr(LINK, coloured=True).split("\n")
    assert all(line.startswith("\x1b[97;40m") and line.endswith("\x1b[0m") for line in lines)
    assert all(
        line not in drawn for line, drawn in zip(lines, terminal_qr(LINK, coloured=False).split("\n"), strict=True)
    )


def test_the_own_address_is_one_that_others_can_reach() -> None:
    address = lan_address()
    assert address is None or not ipaddress.ip_address(address).is_loopback
