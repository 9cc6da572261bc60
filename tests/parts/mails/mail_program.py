"""A mail program that is none of ours: postal-mime takes a mail apart, Chromium shows it, as programs are wont to.

It keeps pictures that came inside, and can block them, strip styles, or turn everything dark.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, Route

INSTALLED = Path(__file__).parents[3] / "node_modules"
# Nothing is asked for there: every request is answered from the installed packages.
PLACE = "http://localhost/"
KINDS = {".js": "text/javascript", ".wasm": "application/wasm"}
PARSE = """async (mails) => {
  const { default: PostalMime } = await import("/postal-mime/dist/esm/postal-mime.js");
  const read = async (mail) => {
    const bytes = Uint8Array.from(atob(mail), (sign) => sign.charCodeAt(0));
    return PostalMime.parse(bytes, { attachmentEncoding: "base64" });
  };
  return Promise.all(mails.map(read));
}"""
DECODE = """async ([png, format]) => {
  const { readBarcodes, prepareZXingModule } = await import("/zxing-wasm/dist/es/reader/index.js");
  const overrides = { locateFile: (name) => `/zxing-wasm/dist/reader/${name}` };
  await prepareZXingModule({ overrides, fireImmediately: true });
  const bytes = Uint8Array.from(atob(png), (sign) => sign.charCodeAt(0));
  return (await readBarcodes(new Blob([bytes]), { formats: [format] })).map((found) => found.text);
}"""
# What the strictest programs leave of a mail's looks.
STRIP = """() => {
  for (const each of document.querySelectorAll("style, link, meta[name]")) each.remove();
  for (const each of document.querySelectorAll("*"))
    for (const name of ["style", "class", "bgcolor"]) each.removeAttribute(name);
}"""
# Programs that turn every colour but those of pictures, whatever a mail says of itself.
DARKEN = "html { background: #fff; filter: invert(1) hue-rotate(180deg) } img { filter: invert(1) hue-rotate(180deg) }"


@dataclass(frozen=True, slots=True)
class Shown:
    """A mail as its reader sees it."""

    page: Page
    mail: dict[str, Any]

    def png(self) -> bytes:
        """Return a picture of the whole mail."""
        return self.page.screenshot(full_page=True)


class MailProgram:
    """Reads and shows mails."""

    def __init__(self, context: BrowserContext) -> None:
        self._context = context
        self._desk = context.new_page()
        self._desk.route("**/*", _serve)
        self._desk.goto(PLACE)

    def parse(self, mails: Sequence[bytes]) -> list[dict[str, Any]]:
        """Take mails apart."""
        parsed: list[dict[str, Any]] = self._desk.evaluate(PARSE, [base64.b64encode(mail).decode() for mail in mails])
        return parsed

    def decode(self, png: bytes, kind: str) -> list[str]:
        """Read symbols with the browser's decoder."""
        found: list[str] = self._desk.evaluate(DECODE, [base64.b64encode(png).decode(), kind])
        return found

    def show(self, mail: bytes, *, pictures: bool = True, styles: bool = True, dark: bool = False) -> Shown:
        """Show a mail on a page of its own; whatever it would load from elsewhere is refused."""
        (parsed,) = self.parse([mail])
        html = parsed["html"]
        for part in parsed["attachments"]:
            cid = part["contentId"].strip("<>")
            data = f"data:{part['mimeType']};base64,{part['content']}" if pictures else "about:blank"
            html = html.replace(f"cid:{cid}", data)
        page = self._context.new_page()
        page.route("**/*", lambda route: route.abort())
        page.set_content(html)
        if not styles:
            page.evaluate(STRIP)
        if dark:
            page.emulate_media(color_scheme="dark")
            page.add_style_tag(content=DARKEN)
        return Shown(page, parsed)


def _serve(route: Route) -> None:
    path = route.request.url.removeprefix(PLACE).partition("?")[0]
    if not path:
        route.fulfill(body="<!doctype html><title>mail</title>", content_type="text/html")
        return
    file = INSTALLED / path
    route.fulfill(body=file.read_bytes(), content_type=KINDS.get(file.suffix, "application/octet-stream"))
