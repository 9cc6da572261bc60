"""The link that saves a pass at Google, checked by its documented form and by openssl."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import qrcode
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask.testing import FlaskClient

from codes import DeliveryCodes
from codes.model import Outcome, Person
from codes.pickup.points import PointTerms, add_point
from codes.recipients.wishes import Wished, make_wish
from codes.settings import WishSettings
from tests.parts.clock import TurnableClock
from tests.parts.device import enrolled
from tests.parts.scanning.readers import told_of_any_symbol
from tests.parts.web.tickets import announced, digits, newest_key, ticket
from tests.parts.web.wallet_certificates import ISSUER, rsa_key
from web.commands.checks.finding import State
from web.commands.checks.passes import check_wallets
from web.i18n import LEFT_TO_RIGHT
from web.wallet.google_link import LONGEST, SAVE
from web.wallet.settings import WalletSettings
from web.wallet.wallets import Wallets

pytestmark = pytest.mark.usefixtures("wallets")
DOCUMENTED = {
    "id",
    "classId",
    "state",
    "cardTitle",
    "header",
    "subheader",
    "barcode",
    "validTimeInterval",
    "hexBackgroundColor",
    "textModulesData",
}
"""Names of fields in Google's reference of "GenericObject"; the first two, cardTitle and header must be there."""


def token(client: FlaskClient, key: str) -> str:
    answer = client.post(f"/t/{key}/google-wallet")
    assert answer.status_code == 303, answer.text
    assert answer.headers["Location"].startswith(SAVE)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer", "Google is not told the ticket's address"
    return answer.headers["Location"].removeprefix(SAVE)


def test_only_a_press_of_the_button_leads_there_and_only_this_page_may_lead_on(client: FlaskClient, key: str) -> None:
    page = client.get(f"/t/{key}")
    assert f'<form method="post" action="/t/{key}/google-wallet"' in page.text
    assert "form-action 'self' https://pay.google.com;" in page.headers["Content-Security-Policy"]
    assert page.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert client.get(f"/t/{key}/google-wallet").headers["Location"] == f"/t/{key}", "no link leads to Google"
    assert "form-action 'self';" in client.get("/privacy").headers["Content-Security-Policy"]


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def claims(found: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(decoded(found.split(".")[1]))
    return read


def card(found: str) -> dict[str, Any]:
    (each,) = claims(found)["payload"]["genericObjects"]
    return dict(each)


def test_openssl_takes_its_signature_and_none_over_other_claims(client: FlaskClient, key: str, tmp_path: Path) -> None:
    header, payload, signature = token(client, key).split(".")
    assert json.loads(decoded(header)) == {"alg": "RS256", "typ": "JWT"}
    public = rsa_key("service account").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "public.pem").write_bytes(public)
    (tmp_path / "signature").write_bytes(decoded(signature))
    line: list[str | Path] = [
        "openssl",
        "dgst",
        "-sha256",
        "-verify",
        tmp_path / "public.pem",
        "-signature",
        tmp_path / "signature",
    ]
    for said, taken in ((f"{header}.{payload}", True), (f"{header}.{payload[:-1]}A", False)):
        done = subprocess.run(line, input=said.encode(), capture_output=True, check=False)
        assert (done.returncode == 0) is taken, done.stdout


def test_it_has_the_documented_form(client: FlaskClient, key: str, clock: TurnableClock) -> None:
    found = token(client, key)
    said = claims(found)
    assert {name: said[name] for name in ("aud", "typ", "iat")} == {
        "aud": "google",
        "typ": "savetowallet",
        "iat": int(clock().timestamp()),
    }
    assert said["iss"] == "passes@parcels.iam.gserviceaccount.com"
    (made,) = said["payload"]["genericClasses"]
    shown = card(found)
    assert set(shown) <= DOCUMENTED
    assert key not in json.dumps(said), "Google has no need of the ticket page's address"
    assert made == {"id": f"{ISSUER}.delivery_code"} == {"id": shown["classId"]}
    assert shown["id"].startswith(f"{ISSUER}.")
    for name in ("cardTitle", "header", "subheader"):
        assert sorted(shown[name]["defaultValue"]) == ["language", "value"]
    assert shown["barcode"]["type"] == "QR_CODE"
    assert [sorted(each) for each in shown["textModulesData"]] == [["body", "header", "id"]] * 3


def test_its_symbol_opens_the_parcel(client: FlaskClient, codes: DeliveryCodes, key: str, clock: TurnableClock) -> None:
    shown = card(token(client, key))
    assert shown["header"]["defaultValue"]["value"].replace(" ", "") == digits(codes, key)
    [text] = told_of_any_symbol(qrcode.make(shown["barcode"]["value"]).get_image())
    assert codes.present(enrolled(codes).presentation(text, "P-1", now=clock())).outcome is Outcome.ACCEPTED


def test_a_renewed_code_has_a_pass_of_its_own_since_google_keeps_the_first_of_a_name(
    client: FlaskClient, codes: DeliveryCodes, key: str
) -> None:
    old = card(token(client, key))
    client.post(f"/t/{key}/renew")
    assert card(token(client, newest_key(codes)))["id"] != old["id"]
    assert client.post(f"/t/{key}/google-wallet").status_code == 410


def test_however_much_there_is_to_say_the_link_is_short_enough_and_has_the_code(
    client: FlaskClient, codes: DeliveryCodes
) -> None:
    codes.settings = codes.settings.model_copy(update={"wishes": WishSettings(pickup_point=True)})
    key = announced(codes, recipient=Person("Ada", "ada@example.org", "ar"), sender="متجر " * 19)
    point = codes.write(add_point, PointTerms("نقطة " * 19, "شارع " * 39, "مفتوح " * 49))
    codes.write(make_wish, ticket(codes, key).holder_id, Wished(point_id=point))
    found = token(client, key)
    assert len(found) <= LONGEST
    assert card(found)["barcode"]["alternateText"].strip(LEFT_TO_RIGHT).replace(" ", "") == digits(codes, key)


def test_without_a_service_account_nothing_is_offered_and_a_broken_one_is_told(
    client: FlaskClient, key: str, wallets: Wallets, clock: TurnableClock, tmp_path: Path
) -> None:
    assert wallets.settings.google is not None
    assert "Google Wallet" in client.get(f"/t/{key}?lang=en").text
    assert [each.state for each in check_wallets(wallets.settings, tmp_path, clock())] == [State.OK]
    account = wallets.settings.google.service_account_file
    for broken in ("{}", "no JSON", json.dumps({"client_email": "a@b", "private_key": "none"}), "[]"):
        account.write_text(broken)
        (fault,) = check_wallets(wallets.settings, tmp_path, clock())
        assert (fault.state, str(account) in fault.words) == (State.MISSING, True)
        assert "Google Wallet" not in client.get(f"/t/{key}?lang=en").text
        assert client.post(f"/t/{key}/google-wallet").status_code == 409
    account.unlink()
    assert client.post(f"/t/{key}/google-wallet").status_code == 409
    none = WalletSettings()
    assert list(check_wallets(none, tmp_path, clock())) == []
