"""A stranger floods the office's door of a running service of two processes, through real sockets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil
import pytest

from tests.parts.running_service import RunningService, running_service

AT_ONCE = 40
TRIES = 160


@pytest.fixture
def service(tmp_path: Path) -> Iterator[RunningService]:
    """Two processes behind a proxy that tells from where a caller comes."""
    server = {"workers": 2, "trusted_proxies": 1}
    with running_service(tmp_path, server=server) as running:
        yield running


def memory_of(service: RunningService) -> int:
    """Return the bytes that all processes of a service use."""
    first = psutil.Process(service.pid)
    return sum(each.memory_info().rss for each in (first, *first.children(recursive=True)))


def sign_in(browser: httpx.Client, password: str, address: str, name: str = "admin") -> httpx.Response:
    """Try to sign in from somewhere."""
    data = {"name": name, "password": password}
    headers = {"X-Forwarded-For": address, "Accept-Language": "en"}
    return browser.post("/office/sign-in", data=data, headers=headers)


def test_who_floods_the_door_neither_locks_out_the_owner_nor_takes_the_machine(service: RunningService) -> None:
    password = service.password()
    with httpx.Client(base_url=service.url, timeout=120) as owner:
        assert sign_in(owner, password, "203.0.113.7").status_code == 303
        before, most = memory_of(service), 0
        answers: Counter[int] = Counter()
        with httpx.Client(base_url=service.url, timeout=120, limits=httpx.Limits(max_connections=AT_ONCE)) as stranger:

            def attack(number: int) -> httpx.Response:
                nonlocal most
                most = max(most, memory_of(service))
                # Half at names that nobody has: they cost a hash each.
                name = "admin" if number % 2 else f"nobody {number}"
                return sign_in(stranger, f"wrong {number}", f"2001:db8:{number % 16:x}::{number:x}", name)

            with ThreadPoolExecutor(AT_ONCE) as pool:
                for answer in pool.map(attack, range(TRIES)):
                    answers[answer.status_code] += 1
                    if answer.status_code == 503:
                        assert int(answer.headers["Retry-After"]) >= 1
                        assert "busy" in answer.text
            assert set(answers) <= {403, 429, 503}
            assert answers[403] <= 10 + TRIES // 2
            assert answers[429] > 0
            assert sign_in(stranger, password, "2001:db8:ffff::1").status_code == 429
        assert most - before < 2 * 2 * (64 << 20) + (200 << 20)
        owner.post("/office/sign-out", headers={"Origin": service.url})
        assert sign_in(owner, "wrong", "203.0.113.7").status_code == 403
        assert sign_in(owner, password, "203.0.113.7").status_code == 303
        assert owner.get("/office").status_code == 200
