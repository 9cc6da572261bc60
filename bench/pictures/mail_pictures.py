"""Draw the mail's pictures from the pages' own pictograms: mail programs show no SVG.

Run as `python -m bench.pictures.mail_pictures` after a change of the story in web/static/icons.svg.
"""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from web.i18n.place_words import PLACE_WORDS

ROOT = Path(__file__).parents[2]
ICONS = ROOT / "web" / "static" / "icons.svg"
PICTURES = ROOT / "web" / "mail" / "pictures"
# Twice the size at which they are shown, for fine screens.
WIDTH, HEIGHT = 240, 180
PAGE = """<body style="margin:0;background:#fff;color:#000">{icons}
<svg style="position:fixed;inset:0" width="{width}" height="{height}"><use href="#{name}"/></svg></body>"""


def draw() -> list[Path]:
    """Write the pictures, opaque and in few greys, and return where they lie."""
    icons = ICONS.read_text(encoding="utf-8").replace("<svg ", '<svg style="display:none" ', 1)
    PICTURES.mkdir(exist_ok=True)
    drawn = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        for name in sorted({name for words in PLACE_WORDS.values() for name in words.pictures}):
            page.set_content(PAGE.format(icons=icons, width=WIDTH, height=HEIGHT, name=name))
            # Transparent pictures turn unreadable in dark mail programs; 8 greys keep them under 2 kB.
            picture = Image.open(io.BytesIO(page.screenshot())).convert("L").quantize(8)
            target = PICTURES / f"{name}.png"
            picture.save(target, optimize=True)
            drawn.append(target)
        browser.close()
    return drawn


if __name__ == "__main__":
    for path in draw():
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size} bytes")
