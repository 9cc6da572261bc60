"""A ticket page that was open once opens again without network, and never shows what is no longer valid."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Error, Page, Route, expect

from tests.parts.browser.people import Letter, OpenBrowser, sample_letter, symbols_on
from tests.parts.running_service import RunningService

ADDRESSES = """async () => {
  const found = [];
  for (const name of await caches.keys())
    for (const { url } of await (await caches.open(name)).keys()) found.push(new URL(url).pathname);
  return found;
}"""
WORKERS = "() => navigator.serviceWorker.getRegistrations().then((all) => all.length)"
KEPT_WITH = """async ([address, digits]) => {
  for (let tries = 0; tries < 900; tries++) {
    const kept = await caches.match(address);
    if (kept && (await kept.text()).includes(digits)) return Boolean(await navigator.serviceWorker.ready);
    await new Promise((go) => setTimeout(go, 100));
  }
  return false;
}"""
AGED = """async (address) => {
  const kept = await caches.match(address);
  const headers = new Headers(kept.headers);
  headers.set("Doorcode-Keep-Until", "2020-01-01T00:00:00.000000Z");
  await (await caches.open(`ticket:${address}`)).put(address, new Response(await kept.text(), { headers }));
}"""


def wait_until_kept(page: Page, address: str, digits: str) -> None:
    """Wait until the phone has kept the page with these digits."""
    assert page.evaluate(KEPT_WITH, [address, f"{digits[:3]}<span></span>{digits[3:]}"])


@contextmanager
def saying_only(status: int, port: int) -> Iterator[None]:
    """Answer everything with one status, as a proxy does whose service is too busy."""

    class Busy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(status)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("localhost", port), Busy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield
        server.shutdown()


def digits_on(page: Page) -> str:
    return "".join(page.locator(".digits-line").inner_text().split())


def test_it_opens_without_network_and_gives_way_to_what_the_service_says(
    house: RunningService, open_browser: OpenBrowser, fresh: Letter
) -> None:
    address = urlsplit(fresh.ticket).path
    with open_browser() as computer:
        page = computer.new_page()
        page.goto(fresh.ticket)
        page.wait_for_timeout(500)
        assert page.evaluate(ADDRESSES) == []
        assert page.evaluate(WORKERS) == 0
    with open_browser(touch=True) as phone:
        page = phone.new_page()
        page.goto(f"{fresh.ticket}?lang=en")
        wait_until_kept(page, address, fresh.digits)
        own = {each for each in page.evaluate(ADDRESSES) if not each.startswith("/static/")}
        assert own == {address, f"{address}/symbol.png", f"{address}/code128.png"}
        shown = symbols_on(page)
        phone.set_offline(True)
        page.close()

        # In a cellar, from the link in the mail.
        page = phone.new_page()
        page.goto(fresh.ticket)
        expect(page.locator("[data-kept-notice]")).to_contain_text("Shown from your phone, as it was at")
        assert digits_on(page) == fresh.digits
        assert symbols_on(page) == shown
        expect(page.locator("form")).to_have_count(0)

        # The code is renewed elsewhere. Once there is network again, the old one is gone from screen and phone.
        assert httpx.post(f"{fresh.ticket}/renew", timeout=60).status_code == 303
        phone.set_offline(False)
        expect(page.locator("h1")).to_have_text("A newer message was sent")
        expect(page.locator(".digits-line")).to_have_count(0)
        assert page.evaluate(ADDRESSES) == []
        assert page.evaluate(WORKERS) == 0

        # The newest mail leads to the page that shows the new one, and the phone keeps that.
        fresh = sample_letter(house, fresh.reference)
        address = urlsplit(fresh.ticket).path
        page.goto(f"{fresh.ticket}?lang=en")
        wait_until_kept(page, address, fresh.digits)
        assert symbols_on(page).isdisjoint(shown)
        phone.set_offline(True)
        page.reload()
        expect(page.locator("[data-kept-notice]")).to_be_visible()
        assert symbols_on(page).isdisjoint(shown)

        # What has expired on the phone is not shown, and not kept.
        page.evaluate(AGED, address)
        try:
            page.goto(fresh.ticket)
        except Error:
            phone.set_offline(False)
        else:
            raise AssertionError("an expired code was shown")
        # The browser's own page about the missing network loads the address anew as soon as there is some.
        page.close()
        page = phone.new_page()
        page.goto(f"{fresh.ticket}?lang=en")
        wait_until_kept(page, address, digits_on(page))

        # The page is gone: with it goes everything that the phone kept.
        house.run("erase", "--reference", fresh.reference)
        expect(page.locator(".digits-line")).to_have_count(0)
        page.goto(fresh.ticket)
        expect(page.locator(".digits-line")).to_have_count(0)
        assert page.evaluate(ADDRESSES) == []
        assert page.evaluate(WORKERS) == 0


def test_a_page_that_could_not_be_kept_at_first_is_kept_as_soon_as_it_can_be(
    house: RunningService, open_browser: OpenBrowser, fresh: Letter
) -> None:
    address = urlsplit(fresh.ticket).path
    failed: list[str] = []

    def fail_once(route: Route) -> None:
        if route.request.resource_type == "fetch" and route.request.url not in failed:
            failed.append(route.request.url)
            return route.abort()
        return route.continue_()

    with open_browser(touch=True) as phone:
        page = phone.new_page()
        page.route(f"**{address}", fail_once)
        page.route("**/symbol.png*", fail_once)
        page.goto(fresh.ticket)
        wait_until_kept(page, address, fresh.digits)
        assert len(failed) == 2


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_service_takes_no_kept_page_away(
    service: RunningService, open_browser: OpenBrowser, sample: Letter, status: int
) -> None:
    address = urlsplit(sample.ticket).path
    with open_browser(touch=True) as phone:
        page = phone.new_page()
        page.goto(f"{sample.ticket}?lang=en")
        wait_until_kept(page, address, sample.digits)

        # It comes in another language, but cannot be kept so.
        page.route(f"**{address}", lambda route: route.fulfill(status=status))
        with page.expect_response(lambda answer: answer.status == status):
            page.goto(f"{sample.ticket}?lang=de")
        expect(page.locator("[data-kept-notice]")).to_be_hidden()
        page.close()

        # Then it does not come at all.
        service.stop()
        with saying_only(status, service.port):
            page = phone.new_page()
            page.goto(sample.ticket)
            expect(page.locator("[data-kept-notice]")).to_contain_text("Shown from your phone, as it was at")
            assert digits_on(page) == sample.digits
