"""Take a picture of every page, at the sizes people have, into docs/screenshots: `make screenshots`.

A real service, a real Chromium, a camera that plays a film of sample labels and codes.
"""

from __future__ import annotations

import io
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, count
from pathlib import Path

import zxingcpp
from PIL import Image
from playwright.sync_api import BrowserContext, FilePayload, Page, Playwright, sync_playwright

from bench.pictures.office_pictures import office_pages
from codes.values.symbols import label_png
from tests.parts.browser import people
from tests.parts.browser.camera_film import scene, write_film
from tests.parts.browser.chromium import opened
from tests.parts.browser.people import carry
from tests.parts.browser.screens import HELP, OUTCOMES, SHOW, screens
from tests.parts.browser.screens import verdicts as every_verdict
from tests.parts.intake import taken_in
from tests.parts.running_service import RunningService, running_service
from web.i18n import offered

TARGET = Path(__file__).parents[2] / "docs" / "screenshots"
PHONE, SMALL, LYING = {"width": 390, "height": 844}, {"width": 360, "height": 640}, {"width": 844, "height": 390}
TABLET, DESK = {"width": 820, "height": 1180}, {"width": 1280, "height": 900}
COUNTER = {"width": 1280, "height": 800}
SCREEN, STANDING = {"width": 1920, "height": 1080}, {"width": 1080, "height": 1920}
SETTLED_MS = 700
HANDED_OVER = "SAMPLE0003"
TOUR = tuple(f"SAMPLE{number:04d}" for number in (1, 2, 4, 6, 7, 8))
"""What nobody hands over while pictures are taken; the rest can be on no other tour after that."""
SHEET_COLUMNS = 5


class Photographer:
    """Opens browsers on one running service and keeps what they show."""

    def __init__(self, playwright: Playwright, service: RunningService, films: Path) -> None:
        self.playwright = playwright
        self.service = service
        self.films = films
        self.tours = count(1)

    @contextmanager
    def browser(self, size: dict[str, int], *views: Image.Image, locale: str = "en-GB") -> Iterator[BrowserContext]:
        """Open a browser whose camera, if any, sees these views in turn."""
        film = write_film(self.films / "film.y4m", views) if views else None
        with opened(self.playwright, film=film, size=size, locale=locale) as context:
            yield context

    @contextmanager
    def device(
        self,
        kind: str,
        size: dict[str, int],
        *views: Image.Image,
        language: str = "en",
        tour: tuple[str, ...] = TOUR,
    ) -> Iterator[Page]:
        """Open the page of a device that was just set up; a driver's has a tour."""
        with self.browser(size, *views) as context:
            page = context.new_page()
            name = f"Sample tour {next(self.tours)}" if kind == "driver" else f"Sample {kind}"
            people.enrol(page, self.service, kind, language, name)
            if kind == "driver":
                carry(self.service, *tour, device=name)
                page.reload()
                page.locator(f"html[data-carried='{len(tour)}']").wait_for(state="attached")
            yield page

    def keep(self, page: Page, name: str, *, whole: bool = False) -> None:
        """Keep a picture, small enough for a repository."""
        page.wait_for_timeout(SETTLED_MS)
        save(Image.open(io.BytesIO(page.screenshot(full_page=whole))), name)


def save(picture: Image.Image, name: str) -> None:
    """Write a picture with at most 256 colours; ours have few."""
    TARGET.mkdir(parents=True, exist_ok=True)
    picture.convert("RGB").quantize(256).save(TARGET / f"{name}.png", optimize=True)
    print(name)


def driver(take: Photographer) -> None:
    """The driver's page, from set-up to each kind of verdict."""
    letter = people.sample_letter(take.service, HANDED_OVER)
    door = [scene(label_png(HANDED_OVER)), scene(letter.symbol)]
    with take.browser(PHONE) as phone:
        page = phone.new_page()
        page.goto(f"{take.service.url}/enrol#sample")
        take.keep(page, "enrol")
    with take.device("driver", PHONE, *door, tour=(*TOUR, HANDED_OVER)) as page:
        take.keep(page, "driver-start")
        people.start_camera(page)
        page.locator("[data-parcels] .chip").wait_for()
        save(Image.open(io.BytesIO(page.screenshot())), "driver-label-read")
        people.verdict(page)
        take.keep(page, "driver-green")
    for name, size, language, before in (
        ("driver-small", SMALL, "pl", ("SAMPLE0001", "SAMPLE0002")),
        ("driver-lying", LYING, "de", ("SAMPLE0001",)),
        ("driver-tablet", TABLET, "uk", ()),
        ("driver-arabic", PHONE, "ar", ()),
    ):
        with take.device("driver", size, scene(label_png("SAMPLE0004")), language=language) as page:
            for reference in before:
                people.scan(page, reference)
                page.locator(f"[data-put-down={reference}]").wait_for()
            people.start_camera(page)
            page.locator("[data-put-down=SAMPLE0004]").wait_for()
            take.keep(page, name)
    with take.device("driver", PHONE) as page:
        people.type_label(page, "SAMPLE0003")
        people.type_digits(page, letter.digits)
        people.verdict(page)
        take.keep(page, "driver-red")
    with take.device("driver", PHONE) as page:
        page.route("**/api/v1/verifications", lambda route: route.abort())
        people.type_label(page, "SAMPLE0004")
        people.type_digits(page, "123456")
        people.verdict(page)
        take.keep(page, "driver-amber")
    with take.device("driver", PHONE) as page:
        page.evaluate(HELP)
        page.locator("[data-sheet=camera]").wait_for()
        take.keep(page, "driver-refused")
        page.locator("[data-sheet=camera] [data-close]").click()
        page.locator("[data-practice]").click()
        page.locator("[data-thing]").click()
        take.keep(page, "driver-practice")


def counter_and_kiosk(take: Photographer) -> None:
    """The counter's page and the kiosk's screen."""
    letter = people.sample_letter(take.service, "SAMPLE0005")
    taken_in(take.service, "SAMPLE0005")
    with take.device("counter", SCREEN) as page:
        take.keep(page, "counter")
    for name, size in (("kiosk", SCREEN), ("kiosk-standing", STANDING)):
        with take.device("kiosk", size, scene(), language="de") as page:
            page.locator("[data-live]:not([hidden])").wait_for()
            take.keep(page, name)
    with take.device("kiosk", SCREEN, scene(letter.symbol), language="de") as page:
        people.verdict(page)
        take.keep(page, "kiosk-green")


def pickup(take: Photographer) -> None:
    """The pickup point: list, recipient's screen, intake, shelves, no code."""
    code = Image.open(io.BytesIO(people.sample_letter(take.service, "SAMPLE0009").symbol)).convert("L")
    payload = zxingcpp.read_barcodes(code)[0].text
    with take.browser(COUNTER) as context:
        page = context.new_page()
        people.enrol(page, take.service, "counter", "en")
        page.goto(f"{take.service.url}/counter/intake")
        page.locator("html[data-listening]").wait_for()
        for reference, size in (("SAMPLE0009", "S"), ("SAMPLE0010", "L"), ("SAMPLE0011", "XL")):
            page.locator(".size-button", has_text=re.compile(f"^{size}$")).click()
            people.scan(page, reference)
            page.locator(f"[data-placed={reference}]").wait_for()
        take.keep(page, "counter-intake")
        page.goto(f"{take.service.url}/counter/shelves")
        page.locator(".collection-row").first.wait_for()
        take.keep(page, "counter-shelves")
        second = context.new_page()
        second.goto(f"{take.service.url}/counter/second")
        page.goto(f"{take.service.url}/counter")
        page.locator("[data-hand] .slot").first.wait_for()
        people.scan(page, payload)
        people.fetch(page, "SAMPLE0010")
        take.keep(page, "counter-list")
        take.keep(second, "counter-second")


def tickets(take: Photographer) -> None:
    """The recipient's page."""
    for name, reference, size in (
        ("ticket", "SAMPLE0002", PHONE),
        ("ticket-arabic", "SAMPLE0004", PHONE),
        ("ticket-desk", "SAMPLE0009", DESK),
        ("ticket-handed-over", "SAMPLE0003", PHONE),
    ):
        with take.browser(size) as browser:
            page = browser.new_page()
            page.goto(people.sample_letter(take.service, reference).ticket)
            take.keep(page, name, whole=size is PHONE)
            if name == "ticket":
                page.emulate_media(media="print")
                take.keep(page, "ticket-print", whole=True)


def office(take: Photographer) -> None:
    """What of the office cannot be opened by an address: signing in, and setting a device up."""
    with take.browser(DESK) as desk:
        page = desk.new_page()
        page.goto(f"{take.service.url}/office")
        take.keep(page, "office-sign-in")
        people.sign_in(page, take.service)
        page.goto(f"{take.service.url}/office/devices")
        page.locator("[name=name]").fill("Tour 7")
        page.locator("form.invite button").click()
        page.locator("code").evaluate("each => (each.textContent = 'https://parcels.example.org/enrol#…')")
        take.keep(page, "office-invited")


def proofs(take: Photographer) -> None:
    """The public check of a proof, on a desk and on a phone."""
    address = take.service.url
    for device, size in (("desk", DESK), ("phone", PHONE)):
        with take.browser(size) as browser:
            page = browser.new_page()
            people.sign_in(page, take.service)
            proof = page.request.get(f"{address}/office/audit/SAMPLE0003/proof.json").body()
            page.goto(f"{address}/proofs/check")
            chosen: FilePayload = {"name": "proof.json", "mimeType": "application/json", "buffer": proof}
            page.locator("input[type=file]").set_input_files(chosen)
            page.locator("[data-result]:not([hidden])").wait_for()
            take.keep(page, f"proof-check-{device}", whole=size is PHONE)


def verdicts(take: Photographer) -> None:
    """Every outcome, on one sheet for each of two languages, and in grey."""
    for language, other in (("de", "ar"), ("ar", "en")):
        with take.device("driver", PHONE, language=language) as page:
            pictures = []
            for outcome in OUTCOMES:
                page.evaluate(SHOW, [outcome, other])
                page.wait_for_timeout(150)
                pictures.append(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
            sheet = contact_sheet(pictures)
            save(sheet, f"verdicts-{language}")
            if language == "de":
                save(sheet.convert("L"), "verdicts-grey")


def languages(take: Photographer) -> None:
    """Every screen of the driver in every language, one sheet each, on the smallest phone."""
    with take.device("driver", SMALL) as page:
        for language in offered():
            pictures = []
            page.goto(f"{take.service.url}/driver?lang={language.code}")
            page.locator(f"html[data-carried='{len(TOUR)}']").wait_for(state="attached")
            page.locator("[data-hand] .slot").first.wait_for()
            for _ in chain(screens(page), every_verdict(page, "ar" if language.code != "ar" else "tr")):
                pictures.append(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
            sheet = contact_sheet(pictures, columns=9)
            sheet.save(TARGET / f"languages-{language.code}.webp", quality=25, method=6)
            print(f"languages-{language.code}")


def contact_sheet(pictures: list[Image.Image], columns: int = SHEET_COLUMNS) -> Image.Image:
    """Put pictures side by side, at half their size."""
    small = [picture.resize((picture.width // 2, picture.height // 2)) for picture in pictures]
    width, height = small[0].width + 8, small[0].height + 8
    rows = -(-len(small) // columns)
    sheet = Image.new("RGB", (width * columns, height * rows), "#777777")
    for number, picture in enumerate(small):
        sheet.paste(picture, (number % columns * width + 4, number // columns * height + 4))
    return sheet


PARTS = {
    "driver": driver,
    "counter": counter_and_kiosk,
    "pickup": pickup,
    "ticket": tickets,
    "office": office,
    "office-pages": lambda take: office_pages(take.playwright, take.films, TARGET),
    "proofs": proofs,
    "verdicts": verdicts,
    "languages": languages,
}


def main(wanted: list[str]) -> int:
    """Take all pictures, or those of the named parts."""
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
        running_service(Path(folder), "--demo") as service,
    ):
        take = Photographer(playwright, service, Path(folder))
        for name, part in PARTS.items():
            if not wanted or name in wanted:
                part(take)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
