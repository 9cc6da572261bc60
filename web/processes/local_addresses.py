"""Under which address a phone on the same network finds this computer, and how it gets there without typing."""

from __future__ import annotations

import fcntl
import io
import ipaddress
import socket
import struct
import sys

import qrcode

# TEST-NET-1 (RFC 5737): an address that belongs to nobody. It is only looked up in the routing table.
NOWHERE = ("192.0.2.1", 9)
# ioctl_list(2): the IPv4 address of one network interface.
SIOCGIFADDR = 0x8915
WHITE_ON_BLACK = "\x1b[97;40m"
PLAIN = "\x1b[0m"


def lan_address() -> str | None:
    """Return this computer's IPv4 address on the local network, without sending a packet; None if it has none."""
    candidates = (_address_towards_others(), *_interface_addresses())
    return next((address for address in candidates if address and _others_can_reach(address)), None)


def terminal_qr(text: str, *, coloured: bool | None = None) -> str:
    """Draw a QR symbol of text for a terminal; in colours, so that it is dark on light whatever the terminal's are.

    Where the terminal's encoding has no blocks there is none.
    """
    try:
        "█▀▄".encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return ""
    symbol = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_L, border=4)
    symbol.add_data(text)
    symbol.make(fit=True)
    drawn = io.StringIO()
    symbol.print_ascii(out=drawn, invert=True)
    lines = drawn.getvalue().rstrip("\n").split("\n")
    if sys.stdout.isatty() if coloured is None else coloured:
        lines = [f"{WHITE_ON_BLACK}{line}{PLAIN}" for line in lines]
    return "\n".join(lines)


def _address_towards_others() -> str | None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Connecting a datagram socket chooses a route and an own address; nothing is sent.
            probe.connect(NOWHERE)
        except OSError:
            return None
        address: str = probe.getsockname()[0]
        return address


def _interface_addresses() -> list[str]:
    """A network without a way out has no route to others, but phones on it can still come in."""
    addresses = []
    try:
        interfaces = socket.if_nameindex()
    except OSError:
        # A sandbox without AF_NETLINK lets nobody see them.
        return []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _number, name in interfaces:
            request = struct.pack("256s", name.encode()[:15])
            try:
                answer = fcntl.ioctl(probe.fileno(), SIOCGIFADDR, request)
            except OSError:
                continue
            addresses.append(socket.inet_ntoa(answer[20:24]))
    return addresses


def _others_can_reach(address: str) -> bool:
    parsed = ipaddress.ip_address(address)
    return not (parsed.is_loopback or parsed.is_link_local or parsed.is_unspecified)
