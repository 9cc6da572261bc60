"""WebKit and Firefox as they are installed, driven by the commands of W3C WebDriver that they understand themselves.

WebKit has a driver that takes them over HTTP; Firefox takes the same over its own socket (Marionette).
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import httpx

from tests.parts.running_service import RunningService, free_port

WEBKIT_DRIVER = "WebKitWebDriver"
# Without its own bars a window is as narrow as a phone; the camera is one that the engine itself plays.
WEBKIT_OPTIONS = ["--automation", "--full-screen", "--enable-mock-capture-devices=true"]
SIZE: dict[str, Any] = {"width": 390, "height": 844}
FIREFOX = os.environ.get("FIREFOX", "firefox-esr")
STARTED_WITHIN_SECONDS = 60
PATIENCE_SECONDS = 60
"""How long a busy machine may take before a page counts as stuck."""
LOOK_SECONDS = 0.05
ENTER = "\ue007"
"""The enter key (W3C WebDriver, section 17.4.2)."""
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
"""The key of an element's reference (W3C WebDriver, section 12.2)."""
FIREFOX_SETTINGS = {
    "datareporting.policy.dataSubmissionEnabled": False,
    "app.update.disabledForTesting": True,
    "browser.shell.checkDefaultBrowser": False,
    "marionette.port": 0,
    # A film of its own instead of a camera; nobody is asked, and the pointer is a finger.
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "ui.primaryPointerCapabilities": 1,
    "ui.allPointerCapabilities": 1,
}
SEEN = """
  const seen = [...document.querySelectorAll(arguments[0])].find(
    (each) => each.getClientRects().length && getComputedStyle(each).visibility === "visible"
      && !each.disabled && each.textContent.includes(arguments[1]));
"""
"""Finds the first element of a kind with a text in it that a person can see."""


class Refused(Exception):
    """The engine did not do what it was told; the first argument is the error's name in W3C WebDriver."""


class Commands(Protocol):
    """A road to an engine."""

    def __call__(self, method: str, name: str, element: str = "", **values: Any) -> Any:
        """Have one command done, on an element or on the page, and return its value."""


class Page:
    """The one page of an engine, as its person sees and touches it."""

    def __init__(self, engine: str, command: Commands) -> None:
        self.engine = engine
        self._command = command
        command("SetWindowRect", "window/rect", **SIZE)

    def goto(self, url: str) -> None:
        """Open an address."""
        self._command("Navigate", "url", url=url)

    def run(self, script: str, *values: Any) -> Any:
        """Run a function's body in the page, and return what it or its promise returns."""
        return self._command("ExecuteScript", "execute/sync", script=script, args=values)

    def evaluate(self, function: str, value: Any) -> Any:
        """Call a function in the page with one value, and return what it or its promise returns."""
        return self.run(f"return ({function})(arguments[0])", value)

    def wait_for(self, script: str, *values: Any) -> Any:
        """Wait until a function's body returns something true, and return that."""
        ends = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                if found := self.run(script, *values):
                    return found
                trouble = ""
            except Refused as refused:
                # While a page gives way to another one, there is none to ask.
                trouble = str(refused)
            assert time.monotonic() < ends, f"never so: {script} {values} {trouble}; the page says: {self.says()}"
            time.sleep(LOOK_SECONDS)

    def says(self) -> str:
        """Return all that can be read on the page."""
        return str(self.run("return document.body.innerText"))

    def text(self, css: str, text: str = "") -> str:
        """Wait until an element with this text in it is seen, and return its whole text."""
        return str(self.wait_for(f"{SEEN} return seen && [seen.innerText.trim()]", css, text)[0])

    def gone(self, css: str) -> None:
        """Wait until no such element is seen."""
        self.wait_for(f"{SEEN} return !seen", css, "")

    def click(self, css: str, text: str = "") -> None:
        """Click an element as soon as it can be clicked."""
        self._act("ElementClick", "click", (css, text))

    def fill(self, css: str, text: str) -> None:
        """Type into a field."""
        self._act("ElementSendKeys", "value", (css, ""), text=text)

    def choose(self, css: str, path: Path) -> None:
        """Choose a file; its field may be hidden behind a button."""
        field = self.wait_for("return document.querySelector(arguments[0])", css)
        self._command("ElementSendKeys", "value", element=field[ELEMENT], text=str(path))

    def press(self, keys: str) -> None:
        """Press keys one after the other, as a keyboard or a hand scanner does."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._command("PerformActions", "actions", actions=[{"type": "key", "id": "keyboard", "actions": actions}])

    def screenshot(self) -> bytes:
        """Return what is seen, as PNG."""
        return base64.b64decode(self._command("TakeScreenshot", "screenshot"))

    def _act(self, method: str, name: str, wanted: tuple[str, str], **values: Any) -> None:
        ends = time.monotonic() + PATIENCE_SECONDS
        while True:
            found = self.wait_for(f"{SEEN} return seen", *wanted)
            try:
                self._command(method, name, element=found[ELEMENT], **values)
                return
            except Refused:
                # It was drawn anew meanwhile, or something lies over it for a moment.
                if time.monotonic() > ends:
                    raise
            time.sleep(LOOK_SECONDS)


@contextmanager
def webkit() -> Iterator[Page]:
    """Start a WebKit on a screen of its own."""
    with _screen() as display:
        port = free_port()
        driver = subprocess.Popen(
            [WEBKIT_DRIVER, f"--port={port}"], env=os.environ | {"DISPLAY": display}, stderr=subprocess.DEVNULL
        )
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_SECONDS) as client:
                _until_answered(client)
                options = {"webkitgtk:browserOptions": {"args": WEBKIT_OPTIONS}}
                answer = client.post("/session", json={"capabilities": {"alwaysMatch": options}}).json()["value"]
                session = f"/session/{answer['sessionId']}"
                yield Page("webkit", _HttpCommands(client, session))
                client.delete(session)
        finally:
            driver.terminate()
            driver.wait()


class _HttpCommands:
    def __init__(self, client: httpx.Client, session: str) -> None:
        self._client = client
        self._session = session

    def __call__(self, method: str, name: str, element: str = "", **values: Any) -> Any:
        path = f"{self._session}/element/{element}/{name}" if element else f"{self._session}/{name}"
        asks = method == "TakeScreenshot"
        answer = self._client.get(path) if asks else self._client.post(path, json=values)
        value = answer.json()["value"]
        if answer.is_error:
            raise Refused(value["error"], value["message"])
        return value


def _until_answered(client: httpx.Client) -> None:
    ends = time.monotonic() + STARTED_WITHIN_SECONDS
    while True:
        with contextlib.suppress(httpx.TransportError):
            client.get("/status")
            return
        assert time.monotonic() < ends, "the driver never answered"
        time.sleep(LOOK_SECONDS)


@contextmanager
def _screen() -> Iterator[str]:
    """Start a screen that nobody sees, on the next free number."""
    reading, writing = os.pipe()
    options = ["-displayfd", str(writing), "-screen", "0", f"{SIZE['width']}x{SIZE['height']}x24", "-nolisten", "tcp"]
    server = subprocess.Popen(["Xvfb", *options], pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as said:
            yield f":{said.readline().strip()}"
    finally:
        server.terminate()
        server.wait()


@contextmanager
def firefox() -> Iterator[Page]:
    """Start a Firefox without a screen."""
    profile = Path(tempfile.mkdtemp(prefix="doorcode-firefox-"))
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in FIREFOX_SETTINGS.items()]
    (profile / "user.js").write_text("\n".join(lines), encoding="utf-8")
    process = subprocess.Popen(
        [FIREFOX, "--headless", "--marionette", "--no-remote", "--profile", str(profile)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with socket.create_connection(("127.0.0.1", _port_of(profile)), PATIENCE_SECONDS) as connection:
            command = _SocketCommands(connection)
            command("NewSession", "")
            yield Page("firefox", command)
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(profile, ignore_errors=True)


def _port_of(profile: Path) -> int:
    """Wait for the port that Firefox has chosen."""
    ends = time.monotonic() + STARTED_WITHIN_SECONDS
    told = profile / "MarionetteActivePort"
    while not (told.exists() and told.read_text()):
        assert time.monotonic() < ends, "Firefox never listened"
        time.sleep(LOOK_SECONDS)
    return int(told.read_text())


class _SocketCommands:
    """Messages of Marionette: their length, a colon, and JSON of kind (0 asks, 1 answers), number, name and values."""

    def __init__(self, connection: socket.socket) -> None:
        self._stream = connection.makefile("rwb")
        self._number = 0
        self._receive()

    def __call__(self, method: str, name: str, element: str = "", **values: Any) -> Any:
        self._number += 1
        asked = [0, self._number, f"WebDriver:{method}", values | ({"id": element} if element else {})]
        data = json.dumps(asked).encode()
        self._stream.write(b"%d:%b" % (len(data), data))
        self._stream.flush()
        _, _, error, answer = self._receive()
        if error:
            raise Refused(error["error"], error["message"])
        return answer["value"] if isinstance(answer, Mapping) and "value" in answer else answer

    def _receive(self) -> Any:
        length = b""
        while not length.endswith(b":"):
            byte = self._stream.read(1)
            assert byte, "the engine has ended"
            length += byte
        return json.loads(self._stream.read(int(length[:-1])))


ENGINES = {"webkit": webkit, "firefox": firefox}


@contextmanager
def without_service(service: RunningService) -> Iterator[None]:
    """Let nobody be reached until the block ends: these engines' networks cannot be cut."""
    service.kill()
    try:
        yield
    finally:
        service.start("--demo")
