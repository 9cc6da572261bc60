"""Addresses that leave the page they stand on: into a phone's camera, into a mail."""

from __future__ import annotations

import base64
import io
from urllib.parse import urlsplit

import qrcode
from flask import request, url_for

from web.services import services


def phone_address() -> str:
    """Return where a phone reaches this service by https; a camera needs that."""
    here = urlsplit(request.url_root)
    reached_from_outside = here.scheme == "https" and here.hostname not in ("localhost", "127.0.0.1", "::1")
    return request.url_root.rstrip("/") if reached_from_outside else services().pages_url.rstrip("/")


def enrolment_link(secret: str) -> str:
    """Return the address that sets a device up; the secret in its fragment is sent to no server."""
    return f"{phone_address()}{url_for('handing.enrol')}#{secret}"


def symbol_of_link(link: str) -> bytes:
    """Draw a link as QR symbol."""
    symbol = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, box_size=8, border=4)
    symbol.add_data(link)
    symbol.make(fit=True)
    out = io.BytesIO()
    symbol.make_image().save(out)
    return out.getvalue()


def as_data(png: bytes) -> str:
    """Return a picture as a data address, so that it is never at an address of its own."""
    return "data:image/png;base64," + base64.b64encode(png).decode()
