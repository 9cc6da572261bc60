"""Forms of the office that cannot stand as they were sent: said in words, with what was typed, and never a secret."""

from __future__ import annotations

from flask.testing import FlaskClient

CASES: dict[str, tuple[str, dict[str, object], str, list[str]]] = {
    "device": (
        "/office/devices",
        {"name": "x" * 61, "kind": "kiosk"},
        "Please correct: Name",
        ['value="kiosk" selected', "x" * 61],
    ),
    "two faults": ("/office/devices", {"name": "", "kind": "rocket"}, "Please correct: Name, Used as", []),
    "key": (
        "/office/keys",
        {"name": "two\nlines", "scopes": ["proofs:read"], "test": "on"},
        "Please correct: Name",
        ["two\nlines", 'value="proofs:read" checked', 'value="parcels:read">', 'name="test" checked'],
    ),
    "webhook": (
        "/office/webhooks",
        {"url": "ftp://shop.example.org", "name": "Shop <b>", "kinds": ["announced"]},
        "must start with https://",
        ["ftp://shop.example.org", "Shop &lt;b&gt;", 'value="announced" checked'],
    ),
    "shop": (
        "/office/shops",
        {"name": "", "kind": "shopware", "secret": "a sample secret", "language": "sq"},
        "Please correct: Name",
        ['value="shopware" selected', 'value="sq" selected'],
    ),
    "person": (
        "/office/people",
        {"name": " ", "role": "auditor"},
        "Please correct: Name",
        ['value="auditor" selected'],
    ),
    "person again": (
        "/office/people",
        {"name": "ad\u200bmin\x07", "role": "auditor"},
        "This name is taken.",
        ['value="admin"'],
    ),
    "pickup point": (
        "/office/pickup-points",
        {"name": "Kiosk <b>", "place": "Samplestr. 1", "opening": "x" * 301, "days_kept": "99"},
        "Please correct: Opening hours",
        ["Kiosk &lt;b&gt;", "Samplestr. 1", 'value="99"'],
    ),
}


def test_what_cannot_be_so_is_said_in_words_and_what_was_typed_stays(administrator: FlaskClient) -> None:
    for name, (path, sent, words, stays) in CASES.items():
        answer = administrator.post(f"{path}?lang=en", data=sent)
        assert answer.status_code in (409, 422), name
        assert words in answer.text.split('role="alert"')[1].split("</p>")[0], name
        assert [each for each in stays if each not in answer.text] == [], name
        assert 'aria-invalid="true"' in answer.text, name
        assert "a sample secret" not in answer.text


def test_whoever_reloads_what_a_form_was_sent_to_comes_to_the_page_above(administrator: FlaskClient) -> None:
    nobody = "00000000-0000-0000-0000-000000000000"
    above = {
        f"people/{nobody}/pin": "/people",
        "chosen/labels/a6": "",
        "read-out/JD/1": "",
        "shops/fields/trial": "/shops/fields",
    }
    for path, page in above.items():
        answer = administrator.get(f"/office/{path}")
        assert (answer.status_code, answer.headers.get("Location")) == (303, f"/office{page}"), path
    assert administrator.get("/office/nowhere").status_code == 404
