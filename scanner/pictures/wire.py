"""Messages over a socket between this process and a reading child: four bytes of length, then as many bytes."""

import socket
import struct
from collections.abc import Callable

_LENGTH = struct.Struct("!I")
_LONGEST = 256_000_000


class Broken(Exception):
    """The other side closed the wire or spoke nonsense."""


def send(wire: socket.socket, message: bytes, seconds_left: Callable[[], float]) -> None:
    """Send one message; raise TimeoutError when the time is over."""
    wire.settimeout(max(0.001, seconds_left()))
    wire.sendall(_LENGTH.pack(len(message)))
    wire.settimeout(max(0.001, seconds_left()))
    wire.sendall(message)


def receive(wire: socket.socket, seconds_left: Callable[[], float]) -> bytes:
    """Return one message; raise TimeoutError when the time is over, `Broken` when the other side is gone."""
    (length,) = _LENGTH.unpack(_exactly(wire, _LENGTH.size, seconds_left))
    if length > _LONGEST:
        raise Broken(f"a message of {length} bytes")
    return _exactly(wire, length, seconds_left)


def _exactly(wire: socket.socket, length: int, seconds_left: Callable[[], float]) -> bytes:
    parts = bytearray()
    while len(parts) < length:
        wire.settimeout(max(0.001, seconds_left()))
        part = wire.recv(min(1 << 20, length - len(parts)))
        if not part:
            raise Broken("the other side closed the wire")
        parts += part
    return bytes(parts)
