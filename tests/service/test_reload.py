"""SIGHUP: the settings are read again, by a new process beside the old one; whoever asks meanwhile is answered."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
import yaml

from tests.parts.running_service import HOME, free_port, running_service, service_environment, settings_for
from web.processes.serving import PARENT


def test_settings_are_read_again_while_the_service_answers(tmp_path: Path) -> None:
    statuses: list[int] = []
    over = threading.Event()
    with running_service(tmp_path) as service:

        def ask() -> None:
            while not over.is_set():
                # As devices do; a connection that the old process had not taken yet ends with it.
                with suppress(httpx.TransportError):
                    statuses.append(httpx.get(f"{service.url}/healthz", timeout=30).status_code)

        def metrics() -> int:
            with suppress(httpx.TransportError):
                return httpx.get(f"{service.url}/metrics", timeout=30).status_code
            return 0

        asking = threading.Thread(target=ask)
        asking.start()
        assert metrics() == 200
        settings = yaml.safe_load(service.config.read_text(encoding="utf-8"))
        settings["server"]["metrics_networks"] = []
        service.config.write_text(yaml.safe_dump(settings), encoding="utf-8")
        os.kill(service.pid, signal.SIGHUP)
        service.wait_for_line("the worker reads its settings again")
        while metrics() != 404:
            assert service.is_running()
        over.set()
        asking.join()
        assert service.stop() == 0
    assert set(statuses) == {200}


def test_a_reload_while_the_parts_still_start_is_no_failure_of_theirs(tmp_path: Path) -> None:
    with running_service(tmp_path) as service:
        for _ in range(4):
            os.kill(service.pid, signal.SIGHUP)
            service.wait_for_line("the worker reads its settings again")
        assert service.is_running()
        assert service.stop() == 0


@pytest.mark.parametrize("part", [["worker"], ["web", "--port"]])
def test_a_part_whose_keeper_was_killed_before_it_had_begun_ends_by_itself(tmp_path: Path, part: list[str]) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(yaml.safe_dump(settings_for(tmp_path)), encoding="utf-8")
    keeper = subprocess.Popen(["true"])
    keeper.wait()
    command = [sys.executable, str(HOME / "app.py"), "--config", str(config), *part]
    command += [str(free_port())] if "--port" in part else []
    ended = subprocess.run(
        command, env=service_environment() | {PARENT: str(keeper.pid)}, capture_output=True, text=True, timeout=300
    )
    assert (ended.returncode, "has ended meanwhile" in ended.stderr) == (1, True)
