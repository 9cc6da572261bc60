"""A shop's own page with a parcel's card in a frame and its picture, in a real browser on two origins."""

from __future__ import annotations

import http.server
import io
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from PIL import Image
from playwright.sync_api import expect

from codes.accounts.api_keys import Scope, add_key
from tests.parts.browser.house import House, app, codes, house, picture_reader, settings
from tests.parts.browser.people import OpenBrowser, watch
from tests.parts.calls import parcel
from tests.parts.domain import shown
from tests.parts.scanning.readers import told_by_three
from web.settings import EmbeddingSettings

__all__ = ["app", "codes", "house", "picture_reader", "settings"]

PAGE = """<!doctype html><html lang="en"><title>Sample shop</title><h1>Where is my parcel?</h1>
<a href="{ticket}"><img src="{status_picture}" height="48" alt="Where your parcel is"></a>
<iframe src="{card}" title="Where your parcel is" width="360" height="620" style="border:0"
 referrerpolicy="no-referrer"></iframe>"""


@pytest.fixture
def shop(app: Flask, house: House) -> Iterator[int]:
    """The port of a shop that shows where SAMPLE-1 is; the house names its origin by the name localhost alone."""
    client = app.test_client()
    key = house.codes.write(add_key, "Shop", list(Scope))
    headers = {"Authorization": f"Bearer {key}"}
    assert client.post("/api/v1/parcels", json=parcel(), headers=headers).status_code == 201

    class Shop(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told = client.get("/api/v1/parcels/SAMPLE-1/ticket", headers=headers).json
            assert told is not None
            page = PAGE.format(
                **{name: str(each).replace("http://localhost", house.url) for name, each in told.items()}
            )
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    port: int = server.server_address[1]
    embedding = EmbeddingSettings(origins=(f"http://localhost:{port}",), code=True)
    app.extensions["doorcode"] = replace(app.extensions["doorcode"], embedding=embedding)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield port
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_browser_shows_card_and_picture_on_the_named_origin_and_the_card_on_no_other(
    open_browser: OpenBrowser, house: House, shop: int
) -> None:
    with open_browser() as browser:
        page = browser.new_page()
        watched = watch(page)
        page.goto(f"http://localhost:{shop}/")
        card = page.frame_locator("iframe")
        expect(card.locator(".state")).to_have_text("Angekündigt")
        expect(card.locator(".card-digits")).to_have_text(shown(house.codes, "SAMPLE-1").digits)
        payload = shown(house.codes, "SAMPLE-1").payload
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            card.locator(".card-symbol").wait_for()
            drawn = Image.open(io.BytesIO(page.screenshot(full_page=True)))
            assert list(told_by_three(drawn).values()) == [[payload]] * 3
        picture = page.locator("img").evaluate("each => [each.complete, each.naturalHeight]")
        assert picture == [True, 48]
        assert watched.complaints == []
        with page.expect_popup() as opened:
            card.get_by_role("link").click()
        expect(opened.value.locator(".symbol")).to_be_visible()
        page.goto(f"http://127.0.0.1:{shop}/")
        expect(page.locator("h1")).to_be_visible()
        assert page.locator("img").evaluate("each => each.naturalHeight") == 48
        expect(card.locator(".state")).to_have_count(0)
