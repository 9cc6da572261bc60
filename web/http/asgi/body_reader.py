"""Bodies are read whole on the event loop, within limits of bytes, time and memory, before a thread is taken.

The memory is shared by all bodies of one process while they are read and worked on.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Request

from codes.store.database import DatabaseError
from web.http.asgi.bridge import Receive, Scope
from web.http.bodies import SMALL, BodyBroken, BodyTooLarge, BodyTooSlow, Busy
from web.http.origin import network_of
from web.http.problems import Problem

SILENCE_SECONDS = 15
"""A body may stand still for so long on its way."""
STRANGERS = 1 / 2
"""Callers whom nobody admitted yet hold this share of it together, ..."""
NETWORK = 1 / 16
"""... those of one network this share, or one body; ..."""
LARGE = 3 / 4
"""... and large bodies leave room for the small ones, with which parcels are handed over."""

MostBytes = Callable[[Request], Awaitable[int]]
"""Asks who calls, and for what; returns how many bytes that may have. Raises Problem for whoever may not send."""


class Body(NamedTuple):
    """A body that is here, or why it is not. ``rest`` tells whether the caller still sends."""

    content: bytes
    refused: Problem | None = None
    rest: bool = False


class BodyRefused(Exception):
    """The body is not read on."""

    def __init__(self, problem: Problem, *, rest: bool) -> None:
        super().__init__(problem)
        self.problem = problem
        self.rest = rest


EMPTY = Body(b"")


def may_have_body(scope: Scope) -> bool:
    """Tell whether a body can follow: HTTP/1 says so in its head (RFC 9112 section 6.3), HTTP/2 need not."""
    if not str(scope["http_version"]).startswith("1"):
        return True
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
        for name, value in scope["headers"]
    )


async def read_body(request: Request, receive: Receive, share: BodyShare, most: MostBytes, seconds: float) -> Body:
    """Read a body; ``most`` is asked only if it is more than a small one."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    try:
        async with asyncio.timeout_at(end) as patience:
            declared = request.content_length
            allowed = SMALL
            if declared is not None and declared > allowed:
                allowed = await _allowed(request, most, declared, rest="HTTP_EXPECT" not in request.environ)
            content, more = bytearray(), True
            while more and len(content) != declared:
                patience.reschedule(min(end, loop.time() + SILENCE_SECONDS))
                message = await receive()
                if message["type"] != "http.request":
                    raise BodyRefused(BodyBroken(), rest=False)
                piece, more = message.get("body", b""), message.get("more_body", False)
                size = len(content) + len(piece)
                if size > allowed:
                    allowed = await _allowed(request, most, size, rest=more)
                if not share.take(len(piece), large=size > SMALL):
                    raise BodyRefused(Busy(), rest=more)
                content += piece
            return Body(bytes(content))
    except TimeoutError:
        return Body(b"", BodyTooSlow())
    except BodyRefused as refused:
        return Body(b"", refused.problem, refused.rest)


async def read_on(receive: Receive, seconds: float) -> None:
    """Let a caller who was refused send what he has begun, and forget it: few read an answer before they have sent."""
    try:
        async with asyncio.timeout(seconds):
            while (await receive()).get("more_body", False):
                pass
    except TimeoutError:
        pass


class BodyMemory:
    """Counts what the bodies of one process hold. It belongs to the event loop, so it needs no lock."""

    def __init__(self, most: int, alone: int = 0) -> None:
        """``alone`` is how much one stranger's body may take while its network holds no other."""
        self.most = most
        self.alone = alone
        self.held = 0
        self.strangers = 0
        self.networks: Counter[str] = Counter()

    def share(self, address: str, *, known: bool) -> BodyShare:
        """Return what one caller will hold, nothing at first."""
        return BodyShare(self, "" if known else network_of(address), known=known)


class BodyShare:
    """What is held for one body, until it is released."""

    def __init__(self, memory: BodyMemory, network: str, *, known: bool) -> None:
        self._memory = memory
        self._network = network
        self._known = known
        self._bytes = 0

    def take(self, count: int, *, large: bool) -> bool:
        """Hold so many bytes more, if there is room for them."""
        memory = self._memory
        if memory.held + count > memory.most * (LARGE if large else 1):
            return False
        if not self._known:
            if memory.strangers + count > memory.most * STRANGERS:
                return False
            held = memory.networks[self._network]
            is_alone = held == self._bytes and held + count <= memory.alone
            if held + count > memory.most * NETWORK and not is_alone:
                return False
        self._count(count)
        return True

    def admit(self) -> None:
        """Hear that the caller is no stranger."""
        count = self._bytes
        self._count(-count)
        self._known = True
        self._count(count)

    def release(self) -> None:
        """Give back everything."""
        self._count(-self._bytes)

    def _count(self, count: int) -> None:
        memory = self._memory
        self._bytes += count
        memory.held += count
        if self._known:
            return
        memory.strangers += count
        memory.networks[self._network] += count
        if not memory.networks[self._network]:
            del memory.networks[self._network]


async def _allowed(request: Request, most: MostBytes, size: int, *, rest: bool) -> int:
    try:
        allowed = await most(request)
    except Problem as problem:
        raise BodyRefused(problem, rest=rest) from problem
    except (SQLAlchemyError, DatabaseError) as error:
        raise BodyRefused(Busy(), rest=rest) from error
    if size > allowed:
        raise BodyRefused(BodyTooLarge(allowed), rest=rest)
    return allowed
