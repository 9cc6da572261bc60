"""Coroutines run on a loop of their own: the browser's driver keeps one running in the tests' thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

Result = TypeVar("Result")


def run(
    coroutine: Coroutine[Any, Any, Result], make_loop: Callable[[], asyncio.AbstractEventLoop] | None = None
) -> Result:
    """Run a coroutine to its end in another thread, on this kind of loop, and return what it returns."""

    def in_thread() -> Result:
        with asyncio.Runner(loop_factory=make_loop) as runner:
            return runner.run(coroutine)

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(in_thread).result()
