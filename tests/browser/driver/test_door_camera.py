"""The camera at the door: refused and allowed again, hints when nothing is read, lens and zoom that are remembered."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import ImageFilter
from playwright.sync_api import BrowserContext, Page, expect

from codes.values.symbols import label_png
from tests.parts.browser.camera_film import scene, write_film
from tests.parts.browser.people import OpenBrowser, enrol, start_camera
from tests.parts.running_service import RunningService

TWO_LENSES = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream=device-count=2")
"""Lenses that can zoom; no film is needed."""

LOOK = """async ([ground, ink, soft, side]) => {
  const { lookOf } = await import("/static/js/lib/decoding/look.js");
  const { brightnessOf } = await import("/static/js/lib/decoding/pixels.js");
  const canvas = new OffscreenCanvas(1280, 720);
  const context = canvas.getContext("2d");
  context.fillStyle = ground;
  context.fillRect(0, 0, 1280, 720);
  context.fillStyle = ink;
  context.filter = `blur(${soft}px)`;
  for (let x = 0; x < side; x += 24) context.fillRect(640 - side / 2 + x, 360 - side / 2, 12, side);
  return lookOf(await brightnessOf(context.getImageData(0, 0, 1280, 720)));
}"""


def allow_zoom(context: BrowserContext, page: Page) -> None:
    """Allow camera and zoom, as Chromium on Android does with one question."""
    session = context.new_cdp_session(page)
    owner = session.send("Target.getTargetInfo")["targetInfo"]["browserContextId"]
    camera = {"permission": {"name": "camera", "panTiltZoom": True}, "setting": "granted", "browserContextId": owner}
    session.send("Browser.setPermission", camera)


def test_a_refused_camera_is_explained_in_pictures_and_starts_once_it_is_allowed(
    house: RunningService, open_browser: OpenBrowser
) -> None:
    with open_browser(flags=["--use-fake-device-for-media-stream"]) as phone:
        page = phone.new_page()
        enrol(page, house, "driver", "en")
        start_camera(page)
        sheet = page.locator("[data-sheet=camera]")
        expect(sheet.locator(".allow-picture")).to_have_count(3)
        expect(sheet.locator("use").nth(1)).to_have_attribute("href", "/static/icons.svg#allow-1-chromium")
        sheet.locator("[data-again]").click()
        # Asked again and refused again: the pictures are there again, once.
        expect(sheet).to_have_count(1)
        phone.grant_permissions(["camera"])
        page.locator("html[data-camera=on]").wait_for(state="attached")
        expect(sheet).to_have_count(0)


def test_an_iphone_gets_the_pictures_of_its_own_browser(house: RunningService, open_browser: OpenBrowser) -> None:
    with open_browser(flags=["--use-fake-device-for-media-stream"]) as phone:
        page = phone.new_page()
        page.add_init_script("Object.defineProperty(Navigator.prototype, 'userAgent', { get: () => 'iPhone' })")
        enrol(page, house, "driver", "en")
        start_camera(page)
        pictures = page.locator("[data-sheet=camera] .allow-picture use")
        expect(pictures.first).to_have_attribute("href", "/static/icons.svg#allow-1-safari")


def test_where_nothing_is_read_the_hint_fits_what_the_camera_sees(
    house: RunningService, open_browser: OpenBrowser, tmp_path: Path
) -> None:
    smeared = scene(label_png("SAMPLE0002")).filter(ImageFilter.GaussianBlur(14))
    with open_browser(film=write_film(tmp_path / "smeared.y4m", [smeared])) as phone:
        page = phone.new_page()
        enrol(page, house, "driver", "en")
        start_camera(page)
        looks = {
            "ordinary": ["#888", "#111", 0, 500],
            "blurred": ["#ddd", "#111", 12, 700],
            "far": ["#888", "#fff", 0, 120],
            "dark": ["#101010", "#2a2a2a", 0, 500],
        }
        assert {name: page.evaluate(LOOK, drawn) for name, drawn in looks.items()} == {name: name for name in looks}
        shown = page.locator("[data-hint='wipe']")
        expect(shown).to_have_text("Wipe the lens")
        # What did not help is followed by the others in turn, and goes as soon as its driver types.
        page.locator("[data-hint='digits']").wait_for()
        page.locator(".key").first.click()
        expect(page.locator("[data-hint]")).to_be_hidden()


HELD = """() => {
  HTMLVideoElement.prototype.requestVideoFrameCallback = function (shown) { window.show = shown; };
}"""
"""No picture comes before it is let go."""
BUSY_ONCE = """() => {
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  let busy = true;
  navigator.mediaDevices.getUserMedia = (wishes) =>
    busy ? ((busy = false), Promise.reject(new DOMException("still in use", "NotReadableError"))) : open(wishes);
}"""
NO_FRAME_ONCE = """() => {
  delete window.VideoFrame;
  const take = createImageBitmap;
  window.failures = 0;
  window.createImageBitmap = (...given) =>
    window.failures++ ? take(...given) : Promise.reject(new DOMException("no data", "InvalidStateError"));
}"""


def test_a_first_picture_that_comes_late_counts_without_a_second_tap(
    house: RunningService, open_browser: OpenBrowser
) -> None:
    with open_browser(flags=TWO_LENSES) as phone:
        page = phone.new_page()
        enrol(page, house, "driver", "en")
        page.evaluate(HELD)
        start_camera(page)
        expect(page.locator("[data-trouble]")).to_contain_text("The camera shows no picture")
        page.evaluate("show()")
        page.locator("html[data-camera=on]").wait_for(state="attached")
        expect(page.locator("[data-start]")).to_be_hidden()


def test_a_camera_that_was_in_use_a_moment_ago_starts_without_a_second_tap(
    house: RunningService, open_browser: OpenBrowser
) -> None:
    with open_browser(flags=TWO_LENSES) as phone:
        page = phone.new_page()
        enrol(page, house, "driver", "en")
        page.evaluate(BUSY_ONCE)
        start_camera(page)
        page.locator("html[data-camera=on]").wait_for(state="attached")


def test_a_frame_that_cannot_be_taken_does_not_end_the_reading(
    house: RunningService, open_browser: OpenBrowser, tmp_path: Path
) -> None:
    film = write_film(tmp_path / "label.y4m", [scene(label_png("SAMPLE0002"))])
    with open_browser(film=film) as phone:
        page = phone.new_page()
        enrol(page, house, "driver", "en")
        page.evaluate(NO_FRAME_ONCE)
        start_camera(page)
        page.wait_for_function("() => failures > 0")
        expect(page.locator("[data-parcels] .chip")).to_contain_text("SAMPLE0002")


PAINTED = """() => {
  const take = createImageBitmap;
  window.painted = 0;
  window.createImageBitmap = (...given) => (painted++, take(...given));
}"""


def test_frames_and_photographs_are_given_to_the_reader_as_they_are(
    house: RunningService, open_browser: OpenBrowser, tmp_path: Path
) -> None:
    # Painting one holds the page for longer than there is between two of its own pictures.
    film = write_film(tmp_path / "label.y4m", [scene(label_png("SAMPLE0002"))])
    scene(label_png("SAMPLE0001")).save(tmp_path / "photo.png")
    with open_browser(film=film) as phone:
        page = phone.new_page()
        enrol(page, house, "driver", "en")
        page.evaluate(PAINTED)
        start_camera(page)
        expect(page.locator("[data-parcels] .chip")).to_contain_text("SAMPLE0002")
        page.locator("[data-photo=choose]").set_input_files(tmp_path / "photo.png")
        expect(page.locator("[data-parcels]")).to_contain_text("SAMPLE0001")
        assert page.evaluate("painted") == 0


LATE = """() => {
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  let late = true;
  navigator.mediaDevices.getUserMedia = (wishes) =>
    late ? ((late = false), Promise.reject(new DOMException("not yet", "NotFoundError"))) : open(wishes);
}"""
UNLISTED = """() => {
  const list = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices);
  let looks = 0;
  navigator.mediaDevices.enumerateDevices = async () => (++looks === 2 ? [] : list());
}"""
"""The first look finds what to switch to, the second nothing."""
UNLISTED_FIRST = UNLISTED.replace("++looks === 2", "++looks === 1")
"""The first look finds nothing to switch to."""
UNLISTED_LATER = """() => {
  const list = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices);
  window.looks = 0;
  navigator.mediaDevices.enumerateDevices = async () => (++looks === 1 ? list() : []);
}"""
"""Only the first look finds the lenses."""


@pytest.mark.parametrize("also", ["() => {}", UNLISTED, UNLISTED_FIRST])
def test_a_lens_that_is_late_once_keeps_its_place(house: RunningService, open_browser: OpenBrowser, also: str) -> None:
    lens = "document.querySelector('video').srcObject.getVideoTracks()[0].getSettings().deviceId"
    with open_browser(flags=TWO_LENSES) as phone:
        page = phone.new_page()
        enrol(page, house, "driver", "en")
        start_camera(page)
        page.locator("html[data-camera=on]").wait_for(state="attached")
        first = page.evaluate(lens)
        page.evaluate(LATE)
        page.evaluate(also)
        page.locator("[data-lens]").click()
        page.wait_for_function(f"() => document.querySelector('video').srcObject && {lens} !== '{first}'")
        assert page.evaluate("localStorage.getItem('doorcode-lens')") == page.evaluate(lens)


def test_a_lens_that_is_left_out_of_the_list_can_still_be_switched_to(
    house: RunningService, open_browser: OpenBrowser
) -> None:
    with open_browser(flags=TWO_LENSES) as phone:
        page = phone.new_page()
        enrol(page, house, "driver", "en")
        page.evaluate(UNLISTED_LATER)
        start_camera(page)
        page.wait_for_function("() => looks > 1")
        page.wait_for_timeout(500)
        expect(page.locator("[data-lens]")).to_be_visible()


def test_lens_and_zoom_are_as_they_were_left(house: RunningService, open_browser: OpenBrowser) -> None:
    lens = "document.querySelector('video').srcObject.getVideoTracks()[0].getSettings()"
    with open_browser(flags=TWO_LENSES) as phone:
        page = phone.new_page()
        enrol(page, house, "driver", "en")
        allow_zoom(phone, page)
        start_camera(page)
        zoom = page.locator("[data-zoom]")
        expect(zoom).to_have_text("2×")
        zoom.click()
        expect(zoom).to_have_text("3×")
        first = page.evaluate(lens)
        # Chromium's second lens can zoom or not, as it happens; a lens that starts has its lamp off.
        page.evaluate("MediaStreamTrack.prototype.getCapabilities = () => ({ torch: true })")
        page.locator("[data-lens]").click()
        expect(zoom).to_be_hidden()
        lamp = page.locator("[data-lamp]")
        lamp.click()
        expect(lamp).to_have_attribute("aria-pressed", "true")
        page.locator("[data-start]").evaluate("(start) => start.click()")
        expect(lamp).to_have_attribute("aria-pressed", "false")
        page.locator("html[data-camera=on]").wait_for(state="attached")
        page.reload()
        start_camera(page)
        page.locator("html[data-camera=on]").wait_for(state="attached")
        assert page.evaluate(lens)["deviceId"] != first["deviceId"]
        page.locator("[data-lens]").click()
        page.wait_for_function(
            f"(first) => document.querySelector('video').srcObject && {lens}.deviceId === first", arg=first["deviceId"]
        )
        expect(zoom).to_have_text("3×")
        # A lens tells what it can do only a moment after its start.
        page.wait_for_timeout(1000)
        assert page.evaluate(lens)["zoom"] == 300
        # A lens that is gone is replaced by one that is there.
        page.evaluate("localStorage.setItem('doorcode-lens', 'gone')")
        page.reload()
        start_camera(page)
        page.locator("html[data-camera=on]").wait_for(state="attached")
