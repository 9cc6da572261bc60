"""The pass for Apple's Wallet, taken from the ticket page, and checked by programs that are not ours."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import qrcode
from flask.testing import FlaskClient
from PIL import Image

from codes import DeliveryCodes
from codes.integrations.looks import SenderLook, set_look
from codes.model import Outcome
from codes.pickup.points import PointTerms, add_point
from codes.recipients.wishes import Wished, make_wish
from codes.settings import WishSettings
from tests.parts.clock import TurnableClock
from tests.parts.device import enrolled
from tests.parts.domain import block_parcel
from tests.parts.scanning.readers import told_of_any_symbol
from tests.parts.web.tickets import announced, delegate_key, digits, name, newest_key, ticket
from tests.parts.web.wallet_certificates import BEGINS, ENDS, PASS_TYPE, TEAM, Issued, issue_pass_certificate
from web.commands.checks.finding import State
from web.commands.checks.passes import check_wallets
from web.commands.service.working import tell_of_wallets
from web.configuration import Settings
from web.i18n import LEFT_TO_RIGHT
from web.wallet.pass_certificate import FILE, keep_pass_certificate, read_pass_certificate
from web.wallet.settings import WalletSettings
from web.wallet.wallets import Wallets

pytestmark = pytest.mark.usefixtures("wallets")

REQUIRED: dict[str, type] = {
    "formatVersion": int,
    "passTypeIdentifier": str,
    "serialNumber": str,
    "teamIdentifier": str,
    "organizationName": str,
    "description": str,
}
"""What Apple's reference of "Pass" asks for in every pass."""
OPTIONAL: dict[str, type] = {
    "logoText": str,
    "backgroundColor": str,
    "foregroundColor": str,
    "labelColor": str,
    "expirationDate": str,
    "sharingProhibited": bool,
    "barcodes": list,
    "generic": dict,
}
"""Of what else stands there, those that ours uses."""


def bundle(client: FlaskClient, key: str) -> dict[str, bytes]:
    answer = client.get(f"/t/{key}/delivery-code.pkpass")
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "application/vnd.apple.pkpass"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def document(client: FlaskClient, key: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(bundle(client, key)["pass.json"])
    return found


def words(found: dict[str, Any]) -> dict[str, str]:
    fields = [field for where in ("primary", "secondary", "back") for field in found["generic"][f"{where}Fields"]]
    return {field["key"]: field["value"] for field in fields}


def openssl(folder: Path, files: dict[str, bytes], issued: Issued, *how: str) -> subprocess.CompletedProcess[bytes]:
    for each in ("manifest.json", "signature"):
        (folder / each).write_bytes(files[each])
    line: list[str | Path] = ["openssl", *how, "-verify", "-binary", "-inform", "DER", "-in", folder / "signature"]
    line += ["-content", folder / "manifest.json", "-CAfile", issued.root, "-purpose", "any", "-no_check_time"]
    return subprocess.run([*line, "-out", folder / "said"], capture_output=True, check=False)


@pytest.mark.parametrize("program", ["smime", "cms"])
def test_openssl_takes_the_signature_and_none_over_another_manifest(
    client: FlaskClient, key: str, issued: Issued, tmp_path: Path, program: str
) -> None:
    files = bundle(client, key)
    taken = openssl(tmp_path, files, issued, program)
    assert taken.returncode == 0, taken.stderr
    assert (tmp_path / "said").read_bytes() == files["manifest.json"]
    forged = files | {"manifest.json": files["manifest.json"].replace(b"a", b"b", 1)}
    assert openssl(tmp_path, forged, issued, program).returncode != 0


def test_the_signature_is_apart_from_the_list_and_says_when_and_under_which_intermediate(
    client: FlaskClient, key: str, tmp_path: Path
) -> None:
    (tmp_path / "signature").write_bytes(bundle(client, key)["signature"])
    line: list[str | Path] = ["openssl", "cms", "-cmsout", "-print", "-inform", "DER", "-in", tmp_path / "signature"]
    said = subprocess.run(line, capture_output=True, text=True, check=True).stdout
    assert "signingTime (1.2.840.113549.1.9.5)" in said
    assert "eContent: <ABSENT>" in said
    assert said.count("Worldwide of the test") >= 3
    assert f"Pass Type ID: {PASS_TYPE}" in said


def test_the_list_names_every_file_with_its_digest(client: FlaskClient, key: str) -> None:
    files = bundle(client, key)
    listed = json.loads(files.pop("manifest.json"))
    files.pop("signature")
    assert listed == {name: hashlib.sha1(data).hexdigest() for name, data in files.items()}


def test_the_pass_has_the_documented_form(client: FlaskClient, key: str) -> None:
    found = document(client, key)
    assert {each: type(found[each]) for each in REQUIRED} == REQUIRED
    assert {each: type(value) for each, value in found.items() if each not in REQUIRED} == OPTIONAL
    assert (found["formatVersion"], found["passTypeIdentifier"], found["teamIdentifier"]) == (1, PASS_TYPE, TEAM)
    assert datetime.fromisoformat(found["expirationDate"]).utcoffset() is not None
    (barcode,) = found["barcodes"]
    assert sorted(barcode) == ["altText", "format", "message", "messageEncoding"]
    assert (barcode["format"], barcode["messageEncoding"]) == ("PKBarcodeFormatQR", "iso-8859-1")
    keys = [field["key"] for each in found["generic"].values() for field in each]
    assert len(keys) == len(set(keys)), "a key names one field of the whole pass"
    assert all(sorted(field) == ["key", "label", "value"] for each in found["generic"].values() for field in each)


def test_its_symbol_opens_the_parcel_and_its_digits_are_the_pages(
    client: FlaskClient, codes: DeliveryCodes, key: str, clock: TurnableClock
) -> None:
    found = document(client, key)
    (barcode,) = found["barcodes"]
    assert barcode["altText"].replace(" ", "") == words(found)["digits"].replace(" ", "") == digits(codes, key)
    drawn = qrcode.make(barcode["message"].encode(barcode["messageEncoding"]))
    [text] = told_of_any_symbol(drawn.get_image())
    assert codes.present(enrolled(codes).presentation(text, "P-1", now=clock())).outcome is Outcome.ACCEPTED
    assert client.get(f"/t/{key}/delivery-code.pkpass").status_code == 409
    assert "delivery-code.pkpass" not in client.get(f"/t/{key}").text


def test_its_pictures_have_the_sizes_that_phones_ask_for(client: FlaskClient, key: str) -> None:
    files = bundle(client, key)
    sizes = {name: Image.open(io.BytesIO(data)).size for name, data in files.items() if name.endswith(".png")}
    expected = {f"icon{suffix}.png": (29 * scale,) * 2 for suffix, scale in {"": 1, "@2x": 2, "@3x": 3}.items()}
    assert {name: size for name, size in sizes.items() if name.startswith("icon")} == expected
    assert max(height for _, height in sizes.values()) <= 150
    icon = Image.open(io.BytesIO(files["icon@3x.png"])).convert("RGBA")
    assert icon.getpixel((0, 0))[3] == 0, "its corners are round"  # type: ignore[index]
    assert icon.getpixel((43, 60)) == (255, 255, 255, 255), "the box's edge in the middle"


@pytest.mark.parametrize(("language", "title"), [("de", "Zustellcode"), ("ar", None), ("en", "Delivery code")])
def test_it_speaks_its_holders_language(
    client: FlaskClient, codes: DeliveryCodes, key: str, clock: TurnableClock, language: str, title: str | None
) -> None:
    name(client, key, clock, language=language)
    found = document(client, delegate_key(codes, key))
    said = found["generic"]["primaryFields"][0]["label"]
    assert title in (None, said)
    assert (said == "Delivery code") == (language == "en")
    shown = found["barcodes"][0]["altText"]
    # Among words from right to left the two halves would change places.
    assert shown.strip(LEFT_TO_RIGHT).replace(" ", "") == digits(codes, delegate_key(codes, key))
    assert shown.startswith(LEFT_TO_RIGHT) == (language == "ar")


def test_it_says_where_the_parcel_is_collected(client: FlaskClient, codes: DeliveryCodes, key: str) -> None:
    at_door = words(document(client, key))
    assert "at the door" in at_door["show"]
    assert "Never by phone" in at_door["show"]
    assert at_door["sender"] == "Sample Shop"
    assert key in at_door["page"]


def test_it_says_at_which_pickup_point_the_recipient_wished_to_collect(
    client: FlaskClient, codes: DeliveryCodes, key: str
) -> None:
    codes.settings = codes.settings.model_copy(update={"wishes": WishSettings(pickup_point=True)})
    point = codes.write(add_point, PointTerms("Corner Shop", "Main Street 1", "8-20"))
    codes.write(make_wish, ticket(codes, key).holder_id, Wished(point_id=point))
    said = words(document(client, key))
    assert said["point"] == "Corner Shop"
    assert said["place"] == "Corner Shop\nMain Street 1\n8-20"
    assert "at the pickup point" in said["show"]
    assert "sender" not in said


def test_a_renewed_codes_pass_takes_the_place_of_the_old_one_which_is_dead(
    client: FlaskClient, codes: DeliveryCodes, key: str, clock: TurnableClock
) -> None:
    old = document(client, key)
    assert client.post(f"/t/{key}/renew").status_code == 303
    assert client.get(f"/t/{key}/delivery-code.pkpass").status_code == 410
    new = document(client, newest_key(codes))
    assert new["serialNumber"] == old["serialNumber"], "or a phone would keep both"
    assert new["barcodes"][0]["message"] != old["barcodes"][0]["message"]
    clock.turn(timedelta(seconds=1))
    shown = enrolled(codes).presentation(old["barcodes"][0]["message"], "P-1", now=clock())
    assert codes.present(shown).outcome is Outcome.OLD_CODE


def test_no_pass_is_made_of_a_code_that_opens_nothing(
    client: FlaskClient, codes: DeliveryCodes, key: str, clock: TurnableClock
) -> None:
    clock.turn(timedelta(seconds=1))
    lasting = announced(codes, reference="P-2")
    block_parcel(codes, "P-1")
    assert client.get(f"/t/{key}/delivery-code.pkpass").status_code == 409
    assert "delivery-code.pkpass" not in client.get(f"/t/{key}").text
    assert client.get(f"/t/{lasting}/delivery-code.pkpass").status_code == 200
    clock.turn(timedelta(days=31))
    assert client.get(f"/t/{lasting}/delivery-code.pkpass").status_code == 409


def test_a_pass_is_kept_by_nobody_on_its_way_and_nobody_uses_it_up(client: FlaskClient, key: str) -> None:
    answers = [client.get(f"/t/{key}/delivery-code.pkpass") for _ in range(25)]
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.headers["Cache-Control"] for answer in answers} == {"no-store"}
    assert {answer.headers["Referrer-Policy"] for answer in answers} == {"no-referrer"}


def test_without_a_certificate_or_after_its_end_nothing_is_offered(
    client: FlaskClient,
    key: str,
    wallets: Wallets,
    tmp_path: Path,
    clock: TurnableClock,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert wallets.secrets is not None
    page = client.get(f"/t/{key}?lang=en").text
    assert "Apple Wallet" in page
    ending = issue_pass_certificate(tmp_path / "ending", ends=clock() + timedelta(hours=1))
    replacement = read_pass_certificate(ending.certificate, ending.key, ending.intermediate, None, clock())
    keep_pass_certificate(wallets.secrets, replacement)
    assert "Apple Wallet" in client.get(f"/t/{key}?lang=en").text, "a new certificate needs no restart"
    clock.turn(timedelta(hours=1))
    (fault,) = check_wallets(WalletSettings(), wallets.secrets, clock())
    assert (fault.state, "holds until" in fault.words) == (State.MISSING, True)
    tell_of_wallets(settings.model_copy(update={"data_folder": tmp_path}), clock())
    assert "no passes are offered: the certificate holds until" in caplog.text, "also at the start"
    for spoilt in (None, b"no certificate", b""):
        if spoilt is not None:
            (wallets.secrets / FILE).write_bytes(spoilt)
            (fault,) = check_wallets(WalletSettings(), wallets.secrets, clock())
            assert (fault.state, bool(fault.mend)) == (State.MISSING, True)
        assert "Apple Wallet" not in client.get(f"/t/{key}?lang=en").text
        assert "That is not possible any more" in client.get(f"/t/{key}/delivery-code.pkpass").text
        assert client.get(f"/t/{key}/delivery-code.pkpass").status_code == 409
    (wallets.secrets / FILE).unlink()
    assert list(check_wallets(WalletSettings(), wallets.secrets, clock())) == []
    assert client.get(f"/t/{key}/delivery-code.pkpass").status_code == 409


def test_a_certificate_that_ends_soon_is_told(wallets: Wallets) -> None:
    assert wallets.secrets is not None
    assert [each.state for each in check_wallets(WalletSettings(), wallets.secrets, BEGINS)] == [State.OK]
    soon = ENDS - timedelta(days=20)
    assert [each.state for each in check_wallets(WalletSettings(), wallets.secrets, soon)] == [State.WARN]


def test_a_senders_look_is_on_its_passes_and_can_be_read(client: FlaskClient, codes: DeliveryCodes, key: str) -> None:
    def colours() -> list[str]:
        found = document(client, key)
        return [found[each] for each in ("backgroundColor", "foregroundColor", "labelColor", "logoText")]

    assert colours() == ["rgb(255, 255, 255)", "rgb(0, 0, 0)", "rgb(89, 89, 89)", "Doorcode"]
    look = SenderLook("Uhren Müller", "#ffd400", "#000000")
    codes.write(set_look, "house", look, None)
    assert colours() == ["rgb(255, 212, 0)", "rgb(0, 0, 0)", "rgb(0, 0, 0)", "Uhren Müller"]
    out = io.BytesIO()
    Image.new("RGB", (400, 100), "#0b3d91").save(out, "PNG")
    codes.write(set_look, "house", look, out.getvalue())
    assert colours() == ["rgb(255, 255, 255)", "rgb(0, 0, 0)", "rgb(20, 33, 31)", "Uhren Müller"]
    drawn = Image.open(io.BytesIO(bundle(client, key)["logo@2x.png"]))
    assert drawn.size == (320, 80)
