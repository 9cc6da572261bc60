"""A pass for Apple's Wallet and whatever else opens `.pkpass`: a ZIP archive of files, their digests, and a signature.

The form is Apple's: developer.apple.com, Wallet Passes, "Building a Pass" and "Pass".
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder

from web.looks.colours import writing
from web.wallet.contents import Line, PassContents
from web.wallet.pass_certificate import PassCertificate
from web.wallet.pictures import pass_pictures

MIME = "application/vnd.apple.pkpass"
WHITE, BLACK, GREY = "#ffffff", "#000000", "#595959"
MADE = (1980, 1, 1, 0, 0, 0)
"""When each file in the archive was made, as far as it says: the same pass is the same but for its signature's time."""


def apple_pass(contents: PassContents, certificate: PassCertificate) -> bytes:
    """Return the bundle. One of a renewed code takes the place of the holder's older one on a phone."""
    files = {"pass.json": _json(pass_document(contents, certificate)), **pass_pictures(contents.logo)}
    # SHA-1 is what the form asks for; what is signed below is the list of digests, by SHA-256.
    digests = {name: hashlib.sha1(data, usedforsecurity=False).hexdigest() for name, data in files.items()}
    manifest = _json(digests)
    return _zipped(files | {"manifest.json": manifest, "signature": _signature(manifest, certificate)})


def pass_document(contents: PassContents, certificate: PassCertificate) -> dict[str, Any]:
    """Return `pass.json`: a generic pass with the code's payload as QR symbol, always drawn dark on white."""
    return {
        "formatVersion": 1,
        "passTypeIdentifier": certificate.pass_type_id,
        "teamIdentifier": certificate.team_id,
        "serialNumber": contents.holder_id.hex,
        "organizationName": contents.house,
        "description": contents.title,
        "logoText": contents.house,
        **_colours(contents),
        "expirationDate": contents.expires_at.isoformat(timespec="seconds"),
        "sharingProhibited": True,
        "barcodes": [
            {
                "format": "PKBarcodeFormatQR",
                "message": contents.payload,
                "messageEncoding": "iso-8859-1",
                "altText": contents.digits,
            }
        ],
        "generic": {
            "primaryFields": _fields([Line("digits", contents.title, contents.digits)]),
            "secondaryFields": _fields(contents.front),
            "backFields": _fields(contents.back),
        },
    }


def _colours(contents: PassContents) -> dict[str, str]:
    """Return ground, words and headings. A logo stands on white, as it was drawn; else the ground is the sender's."""
    ground, ink, heading = WHITE, BLACK, GREY
    if contents.look and contents.logo:
        heading = writing(contents.look.accent)
    elif contents.look:
        ground, ink, heading = contents.look.accent, contents.look.ink, contents.look.ink
    return {"backgroundColor": _rgb(ground), "foregroundColor": _rgb(ink), "labelColor": _rgb(heading)}


def _rgb(colour: str) -> str:
    return f"rgb({', '.join(str(int(colour[place : place + 2], 16)) for place in (1, 3, 5))})"


def _fields(lines: Iterable[Line]) -> list[dict[str, str]]:
    return [{"key": line.name, "label": line.heading, "value": line.words} for line in lines]


def _signature(manifest: bytes, certificate: PassCertificate) -> bytes:
    """Sign the list of digests: detached PKCS #7 with the signing time, and Apple's intermediate beside ours."""
    signing = PKCS7SignatureBuilder().set_data(manifest)
    signing = signing.add_signer(certificate.certificate, certificate.key, SHA256())
    signing = signing.add_certificate(certificate.intermediate)
    return signing.sign(Encoding.DER, [PKCS7Options.DetachedSignature, PKCS7Options.Binary])


def _zipped(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, MADE), data)
    return out.getvalue()


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
