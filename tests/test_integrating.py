"""`docs/integrate.md` leads from a key to green: its lines are run in their order, in each language, as they stand."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from codes.accounts.api_keys import add_key
from tests.parts.running_service import HOME, RunningService, running_service
from tests.parts.servers.webhook_receiver import Received, WebhookReceiver, running_receiver

pytestmark = pytest.mark.slow

GUIDE = (HOME / "docs/integrate.md").read_text(encoding="utf-8")
WITHIN_SECONDS = 60


def lines_in(language: str) -> str:
    """Return all that the guide shows in a language, one after the other."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)
    assert len(blocks) >= 6
    return "\n".join(blocks)


@pytest.fixture(scope="module")
def receiver() -> Iterator[WebhookReceiver]:
    """Where the sender's system takes webhooks."""
    with running_receiver() as running:
        yield running


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service that seals each second, and writes to receivers of this machine."""
    webhooks = {"allowed_networks": ["127.0.0.0/8"]}
    folder = tmp_path_factory.mktemp("house")
    with running_service(folder, sealing={"interval_seconds": 1}, webhooks=webhooks) as running:
        yield running


@pytest.fixture
def environment(house: RunningService, receiver: WebhookReceiver, request: pytest.FixtureRequest) -> dict[str, str]:
    """What the guide's scripts read, with a key for each of them."""
    with house.codes() as codes:
        key = codes.write(add_key, request.node.name, test=True)
    return {"DOORCODE_URL": house.url, "DOORCODE_KEY": key, "WEBHOOK_URL": f"{receiver.url}/{request.node.name}"}


def told_of_handover(receiver: WebhookReceiver, path: str, reference: str) -> Received:
    """Wait until a receiver was told that a parcel was handed over."""
    end = time.monotonic() + WITHIN_SECONDS
    while time.monotonic() < end:
        for each in receiver.at(path):
            told: Any = json.loads(each.body)
            if (told["type"], told["data"]["reference"]) == ("parcel.handed_over", reference):
                return each
        time.sleep(0.2)
    raise AssertionError(f"no webhook told of {reference}")


def test_in_curl(environment: dict[str, str], receiver: WebhookReceiver) -> None:
    script = "set -euo pipefail\n" + lines_in("bash")
    done = subprocess.run(
        ["bash", "-c", script], env=os.environ | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"evidence":"A"' in done.stdout.replace(" ", "")
    told_of_handover(receiver, "/test_in_curl", "SAMPLE-4711")


def test_in_python(environment: dict[str, str], receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    shop: dict[str, Any] = {}
    exec(compile(lines_in("python"), "integrate.md", "exec"), shop)
    told = told_of_handover(receiver, "/test_in_python", "SAMPLE-4712")
    headers = {name.lower(): value for name, value in told.headers.items()}
    assert shop["is_genuine"](headers, told.body)
    assert not shop["is_genuine"](headers, told.body + b" ")
    assert not shop["is_genuine"](headers | {"webhook-timestamp": "1"}, told.body)


def test_in_javascript(environment: dict[str, str], receiver: WebhookReceiver, tmp_path: Path) -> None:
    script, checks = tmp_path / "shop.mjs", tmp_path / "told.json"
    waits = f"""
const {{ readFileSync, existsSync }} = await import("node:fs");
console.log("ready");
while (!existsSync({json.dumps(str(checks))})) await new Promise((done) => setTimeout(done, 100));
const told = JSON.parse(readFileSync({json.dumps(str(checks))}, "utf-8"));
const body = Buffer.from(told.body);
if (!isGenuine(told.headers, body)) throw new Error("a genuine one was refused");
if (isGenuine(told.headers, Buffer.concat([body, Buffer.from(" ")]))) throw new Error("a forged one was taken");
"""
    script.write_text(lines_in("javascript") + waits, encoding="utf-8")
    shop = subprocess.Popen(
        ["node", str(script)], env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        told = told_of_handover(receiver, "/test_in_javascript", "SAMPLE-4713")
        headers = {name.lower(): value for name, value in told.headers.items()}
        half = tmp_path / "half.json"
        half.write_text(json.dumps({"headers": headers, "body": told.body.decode()}), encoding="utf-8")
        half.rename(checks)
        output, _ = shop.communicate(timeout=WITHIN_SECONDS)
    finally:
        shop.kill()
    assert shop.returncode == 0, output
