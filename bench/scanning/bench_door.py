"""`python -m bench.scanning.bench_door`: how long a driver waits, in a real browser with a film for its camera.

Measured from the first frame that shows the symbol to the verdict on the screen, service and database included:
`median_ms`, `p95_ms`; `slow_median_ms` with the page's CPU four times slowed. `first_load_kb` is what the first visit
takes over the network, with all that is kept for later; `starts_offline` says whether a second one needs no network.
`slow_first_load_s` is the time until the camera can be started, at 400 kbit/s and 400 ms, with nothing kept.
The last line is one JSON object.
"""

import io
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from PIL import Image
from playwright.sync_api import BrowserContext, Page, sync_playwright

from codes import Announcement, Person
from codes.life.parcel_records import find_parcel
from codes.recipients.tickets import ticket_of_holder
from codes.service import DeliveryCodes
from codes.values.symbols import qr_png
from tests.parts.browser.camera_film import scene
from tests.parts.browser.chromium import opened
from tests.parts.browser.people import PHONE, enrol, scan, start_camera
from tests.parts.running_service import RunningService, running_service
from web.devices.shell import PAGE, shell_files

PARCELS = 24
SLOWED = 4
SLOW_3G = {"offline": False, "latency": 400, "downloadThroughput": 51_200, "uploadThroughput": 51_200}
"""In milliseconds and bytes a second, as the browser's own tools define it."""
FRAMES_PER_SECOND = 30
SHOWN_FRAMES, EMPTY_FRAMES = 36, 60

# Notes when the middle of the picture turns from table to paper, and when a verdict stands on the screen.
STOPWATCH = """
() => {
  const video = document.querySelector("[data-video]");
  const small = new OffscreenCanvas(16, 9).getContext("2d", { willReadFrequently: true });
  const watch = (globalThis.watch = { seen: 0, shown: 0 });
  let bright = false;
  const look = () => {
    small.drawImage(video, 0, 0, 16, 9);
    const { data } = small.getImageData(0, 0, 16, 9);
    let sum = 0;
    for (let place = 0; place < data.length; place += 4) sum += data[place];
    const now = sum / (16 * 9) > 105;
    if (now && !bright) watch.seen = performance.now();
    bright = now;
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
  new MutationObserver(() => {
    if (document.querySelector(".verdict") && !watch.shown) watch.shown = performance.now();
  }).observe(document.body, { childList: true });
}
"""


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder, running_service(Path(folder)) as service:
        payloads = announced(service)
        film = write_film(Path(folder) / "door.mjpeg", list(payloads.values()))
        with sync_playwright() as playwright:
            with opened(playwright, film=film, size=PHONE, locale="en-GB") as phone:
                page = phone.new_page()
                enrol(page, service, "driver", "en")
                start_camera(page)
                page.locator("html[data-camera=on][data-engine]").wait_for(state="attached")
                page.evaluate(STOPWATCH)
                references = list(payloads)
                plain = sorted(measured(page, references[: PARCELS // 2]))
                with slowed(phone, page):
                    slow = sorted(measured(page, references[PARCELS // 2 :]))
            with opened(playwright, size=PHONE, locale="en-GB") as phone:
                kilobytes, offline = first_and_second_load(phone, service)
            with opened(playwright, size=PHONE, locale="en-GB") as phone:
                slow_first_load = seconds_on_slow_3g(phone, service)
    print(f"verdicts: {[round(each) for each in plain]} ms, slowed {SLOWED} times: {[round(each) for each in slow]} ms")
    result = {
        "median_ms": round(statistics.median(plain)),
        "p95_ms": round(plain[min(len(plain) - 1, int(len(plain) * 0.95))]),
        "slow_median_ms": round(statistics.median(slow)),
        "first_load_kb": round(kilobytes),
        "starts_offline": offline,
        "slow_first_load_s": round(slow_first_load, 1),
    }
    print(json.dumps(result))


def announced(service: RunningService) -> dict[str, str]:
    """Announce parcels beside the running service; return their payloads by reference."""
    from web.commands.opening import open_codes
    from web.configuration import load_settings

    codes: DeliveryCodes = open_codes(load_settings(service.config))
    references = [f"DOOR{number:04d}" for number in range(PARCELS)]
    codes.announce([Announcement(each, Person("Ada", None, "tr"), sender_wish=True) for each in references])
    payloads: dict[str, str] = {}
    for reference in references:
        parcel = codes.read(find_parcel, reference)
        ticket = codes.read(ticket_of_holder, parcel.holder_id) if parcel else None
        assert ticket is not None
        assert ticket.code is not None
        payloads[reference] = ticket.code.payload
    codes.close()
    return payloads


def write_film(path: Path, payloads: list[str]) -> Path:
    """Write a motion-JPEG film: an empty table, then a symbol, and so on."""
    empty = jpeg(scene())
    with path.open("wb") as film:
        for payload in payloads:
            film.write(empty * EMPTY_FRAMES + jpeg(scene(qr_png(payload))) * SHOWN_FRAMES)
    return path


def jpeg(view: Image.Image) -> bytes:
    """Return a frame as its file."""
    file = io.BytesIO()
    view.convert("RGB").save(file, "JPEG", quality=90)
    return file.getvalue()


def measured(page: Page, references: list[str]) -> list[float]:
    """Hold each parcel's label in hand and wait for the verdict of the next symbol that comes into the picture."""
    times = []
    for reference in references:
        page.wait_for_timeout(500)
        page.evaluate("watch.seen = watch.shown = 0")
        if page.locator("[data-code=full]").count():
            page.locator("[data-code=full] button").click()
        scan(page, reference)
        page.locator(".verdict").wait_for(timeout=90_000)
        seen, shown = page.evaluate("[watch.seen, watch.shown]")
        # A symbol that was in the picture before the label was in hand measures the label's scan instead.
        if seen:
            times.append(shown - seen)
        page.wait_for_timeout(600)
        page.locator(".verdict-go").click()
        for put_down in page.locator("[data-parcels] .chip button").all():
            put_down.click()
    return times


@contextmanager
def slowed(phone: BrowserContext, page: Page) -> Iterator[None]:
    """Slow the page's processor, as a cheap old phone does."""
    tools = phone.new_cdp_session(page)
    tools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
    yield
    tools.send("Emulation.setCPUThrottlingRate", {"rate": 1})


def first_and_second_load(phone: BrowserContext, service: RunningService) -> tuple[float, bool]:
    """Return what the first visit takes, in kB, and whether the page then starts with the network cut."""
    page = phone.new_page()
    enrol(page, service, "driver", "en")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    with httpx.Client(base_url=service.url, headers={"Accept-Encoding": "gzip"}) as client:
        cookies = {each["name"]: each["value"] for each in phone.cookies()}
        answers = [client.get(address, cookies=cookies) for address in (PAGE, *shell_files())]
    kilobytes = sum(int(answer.headers["Content-Length"]) + len(str(answer.headers)) for answer in answers) / 1000
    phone.set_offline(True)
    page.goto(f"{service.url}{PAGE}")
    page.locator("html[data-engine=zxing]").wait_for(state="attached")
    return kilobytes, True


def seconds_on_slow_3g(phone: BrowserContext, service: RunningService) -> float:
    """Return the seconds from opening the page to a camera that can be started, on a slow network."""
    page = phone.new_page()
    enrol(page, service, "driver", "en")
    tools = phone.new_cdp_session(page)
    tools.send("Network.enable")
    tools.send("Network.setCacheDisabled", {"cacheDisabled": True})
    tools.send("Network.setBypassServiceWorker", {"bypass": True})
    tools.send("Network.emulateNetworkConditions", SLOW_3G)
    began = time.monotonic()
    page.goto(f"{service.url}{PAGE}", wait_until="commit")
    page.locator("[data-hand] .slot").first.wait_for()
    page.locator("[data-start]:not([disabled])").wait_for()
    return time.monotonic() - began


if __name__ == "__main__":
    main()
