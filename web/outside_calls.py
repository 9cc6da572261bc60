"""Calls to outsiders: each is over after its time, however slowly its answer comes, and holds so many bytes at most."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import httpx

# httpx logs each address that it asks at INFO, with the secret that may stand in it.
logging.getLogger("httpx").setLevel(logging.WARNING)


class NotAnswered(Exception):
    """No whole answer came in time; the words say why, and hold nothing of the address, which may hold a secret."""


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: httpx.Headers
    content: bytes

    @property
    def is_success(self) -> bool:
        """Tell whether it was done."""
        return httpx.codes.is_success(self.status)


def ask(
    method: str, url: str | httpx.URL, *, seconds: float, most_bytes: int, trust_env: bool = True, **request: Any
) -> Answer:
    """Send one request, and follow no redirect; with ``most_bytes=0`` nothing is read but the head.

    Raises NotAnswered.
    """
    try:
        # In a thread of its own, since the caller's may have a loop already.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, _asked(method, url, seconds, most_bytes, trust_env, request)).result()
    except TimeoutError as error:
        raise NotAnswered("it answers too slowly") from error
    except httpx.HTTPError as error:
        raise NotAnswered(type(error).__name__) from error
    except (httpx.InvalidURL, UnicodeError) as error:
        # What no library can ask is as if it were away.
        raise NotAnswered("its address cannot be asked") from error


async def _asked(
    method: str, url: str | httpx.URL, seconds: float, most_bytes: int, trust_env: bool, request: dict[str, Any]
) -> Answer:
    # No time-out of one read bounds the whole: who sends a byte now and then, of the head too, would never be late.
    async with (
        asyncio.timeout(seconds),
        httpx.AsyncClient(timeout=None, follow_redirects=False, trust_env=trust_env) as client,
        client.stream(method, url, **request) as answer,
    ):
        content = bytearray()
        if most_bytes:
            async for piece in answer.aiter_bytes():
                content += piece
                if len(content) > most_bytes:
                    raise NotAnswered("it answers too much")
        return Answer(answer.status_code, answer.headers, bytes(content))
