"""The kiosk's own page, served to the browser on the same computer: what the camera sees and what the service says."""

from __future__ import annotations

import json
import mimetypes
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar

from PIL import Image

from scanner.decoding.opencv import Pixels, opencv
from scanner.kiosk.service_client import KioskPlace, Verdict
from scanner.kiosk.settings_proxy import MOST_BYTES, SettingsProxy
from scanner.kiosk.signed_presentation import Typed

PAGE = "kiosk-agent.html"
_KEEP_ALIVE_SECONDS = 10.0
_LIVE_WIDTH = 640
_LIVE_SECONDS = 0.1
_DIGITS = re.compile(r"[0-9]{6}")
_LONGEST_WHO = 50
_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; media-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Screen:
    """What is shown now, and what is typed there. Changed by the agent, watched by any number of browsers."""

    def __init__(self) -> None:
        self.take_typed: Callable[[Typed], bool] = lambda _typed: False
        self._changed = threading.Condition()
        self._shown: dict[str, Any] = {"state": "idle", "verdict": None, "hint": None, **_place(0, KioskPlace())}
        self._picture = b""
        self._version = 0
        self._pictures = 0
        self._closed = False

    def show(self, state: str, verdict: Verdict | None = None, hint: str | None = None) -> None:
        """Show a state: idle, reading, asking, verdict or out_of_order."""
        self._change(state=state, verdict=verdict, hint=hint)

    def tell_place(self, waiting: int, place: KioskPlace) -> None:
        """Show how many presentations wait for the service, and how it is where the kiosk stands."""
        self._change(**_place(waiting, place))

    @property
    def shown(self) -> dict[str, Any]:
        """Return what is shown now."""
        return self._shown

    def show_frame(self, frame: Pixels) -> None:
        """Show what the camera sees."""
        picture = _jpeg(frame)
        with self._changed:
            self._picture = picture
            self._pictures += 1
            self._changed.notify_all()

    def _change(self, **altered: Any) -> None:
        with self._changed:
            shown = {**self._shown, **altered}
            if shown != self._shown:
                self._shown = shown
                self._version += 1
                self._changed.notify_all()

    def close(self) -> None:
        """Let every browser go."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def states(self) -> Iterator[str | None]:
        """Yield each state as JSON; None from time to time while nothing changes."""
        seen = -1
        while not self._closed:
            with self._changed:
                if self._version == seen:
                    self._changed.wait(_KEEP_ALIVE_SECONDS)
                changed, seen = self._version != seen, self._version
                told = json.dumps(self._shown)
            yield told if changed else None

    def pictures(self) -> Iterator[bytes]:
        """Yield the camera's pictures as JPEG."""
        seen = 0
        while not self._closed:
            with self._changed:
                if self._pictures == seen:
                    self._changed.wait(_KEEP_ALIVE_SECONDS)
                fresh, seen = self._pictures != seen, self._pictures
                picture = self._picture
            if fresh:
                yield picture


@contextmanager
def served(screen: Screen, assets: Path, port: int, proxy: SettingsProxy | None = None) -> Iterator[str]:
    """Serve the page on this computer alone; gives its address. Calls of its settings go through the proxy."""

    class Handler(_Handler):
        pass

    Handler.screen, Handler.assets, Handler.proxy = screen, assets.resolve(), proxy
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True, name="kiosk-screen")
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}/"
    finally:
        screen.close()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    screen: ClassVar[Screen]
    assets: ClassVar[Path]
    proxy: ClassVar[SettingsProxy | None]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer the page, its parts, the states and the live picture."""
        path = self.path.partition("?")[0]
        if self._from_elsewhere():
            self._answer(403, "text/plain", b"only for this computer\n")
        elif path == "/state":
            self._stream("text/event-stream", (_event(told) for told in self.screen.states()))
        elif path == "/live.mjpeg":
            self._stream("multipart/x-mixed-replace; boundary=frame", map(_part, self.screen.pictures()))
        else:
            self._file("/" + PAGE if path == "/" else path)

    def do_POST(self) -> None:
        """Take digits, or pass a call of the settings on."""
        length = self.headers.get("Content-Length") or "0"
        host = self.headers.get("Host") or ""
        foreign = self.headers.get("Origin") != f"http://{host}"
        if self._from_elsewhere() or foreign or not length.isdecimal() or int(length) > MOST_BYTES:
            self.close_connection = True
            self._answer(403, "text/plain", b"only for this page\n")
            return
        body = self.rfile.read(int(length))
        if (self.command, self.path) == ("POST", "/typed"):
            typed = _typed(body)
            status, told = (422 if typed is None else 204 if self.screen.take_typed(typed) else 409), b""
        else:
            status, told = self.proxy.pass_on(self.command, self.path, body) if self.proxy else (404, b"")
        self._answer(status, "application/json", told)

    do_PUT = do_DELETE = do_POST  # noqa: N815  # the names that http.server calls

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
        """Say nothing of each request."""

    def _from_elsewhere(self) -> bool:
        return (self.headers.get("Host") or "").rpartition(":")[0] not in _HOSTS

    def _file(self, path: str) -> None:
        file = (self.assets / path.lstrip("/")).resolve()
        if not file.is_relative_to(self.assets) or not file.is_file():
            self._answer(404, "text/plain", b"not found\n")
            return
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        self._answer(200, kind, file.read_bytes())

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self._headers(kind)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, kind: str, parts: Iterator[bytes]) -> None:
        self.send_response(200)
        self._headers(kind)
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        try:
            for part in parts:
                self.wfile.write(part)
                self.wfile.flush()
        except (BrokenPipeError, ConnectionResetError):
            return

    def _headers(self, kind: str) -> None:
        self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-store")


def _place(waiting: int, place: KioskPlace) -> dict[str, Any]:
    return {"waiting": waiting, "boxes": place.boxes, "keypad": place.keypad}


def _typed(body: bytes) -> Typed | None:
    """Read digits with a name or a parcel's number; None if it is anything else."""
    try:
        told = json.loads(body)
        by, who, digits = told["by"], told["who"].strip(), told["digits"]
        ours = by in ("name", "reference") and 0 < len(who) <= _LONGEST_WHO and _DIGITS.fullmatch(digits)
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
    return Typed(digits, **{by: who}) if ours else None


def _event(told: str | None) -> bytes:
    return b": still here\n\n" if told is None else f"data: {told}\n\n".encode()


def _part(picture: bytes) -> bytes:
    head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
    return head.encode() + picture + b"\r\n"


def _jpeg(frame: Pixels) -> bytes:
    """Draw a frame small, and as in a mirror: people move the right way."""
    cv2 = opencv()
    if cv2 is not None:
        height = round(frame.shape[0] * _LIVE_WIDTH / frame.shape[1])
        small = cv2.flip(cv2.resize(frame, (_LIVE_WIDTH, height)), 1)
        return bytes(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 70])[1].tobytes())
    out = BytesIO()
    step = max(1, frame.shape[1] // _LIVE_WIDTH)
    Image.fromarray(frame[::step, ::-step, ::-1]).save(out, "JPEG", quality=70)
    return out.getvalue()
