"""Trying other rules before they are live, and making keys for systems that call."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from codes import DeliveryCodes
from codes.life.parcel_records import find_parcel
from tests.parts.calls import parcel
from web.office.house.rules import BadRules, read_rules, written


def test_other_rules_are_tried_on_real_parcels_and_change_nothing(
    client: FlaskClient, administrator: FlaskClient, sender: dict[str, str], codes: DeliveryCodes
) -> None:
    for reference, value in (("SAMPLE-1", "129.90"), ("SAMPLE-2", "150"), ("SAMPLE-3", "20")):
        client.post("/api/v1/parcels", json=parcel(reference, value=value), headers=sender)
    live = written(codes.rules)
    assert live in administrator.get("/office/policy?lang=en").text.replace("&#39;", "'").replace("&#34;", '"')
    higher = live.replace("EUR: '100'", "EUR: '140'")
    assert higher != live
    page = administrator.post("/office/policy?lang=en", data={"rules": higher}).text
    rows = re.findall(r"<tr(?: class=.changed.)?><td><strong>(\d+)", page.split("data-changes")[1])
    assert rows == ["1", "1", "1"]
    assert page.count('class="changed"') == 1
    answer = administrator.post("/office/policy?lang=en", data={"rules": "- reason: x"})
    assert answer.status_code == 422
    assert "code_required" in answer.text.split('role="alert"')[1].split("</p>")[0]
    parcel_now = codes.read(find_parcel, "SAMPLE-1")
    assert parcel_now is not None
    assert parcel_now.code_required


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "rules"),
        ("rules: [", "expected"),
        ("- reason: x", "code_required"),
        ("- {code_required: true, reason: fine, unknown: 1}", "unknown"),
        ("a: &a [1]\nrules: [*a, *a]", "aliases"),
        ("2026-02-30", "day is out of range"),
        ("!!int x", "invalid literal"),
        ("!!timestamp x", "NoneType"),
        ("[" * 10_000 + "]" * 10_000, "nested"),
        ("- {code_required: true, reason: fine, when: {value_at_least: {EUR: .nan}}}", "value_at_least"),
    ],
)
def test_what_are_no_rules_is_said(administrator: FlaskClient, text: str, words: str) -> None:
    answer = administrator.post("/office/policy?lang=en", data={"rules": text})
    assert answer.status_code == 422
    assert words in answer.text.split('role="alert"')[1].split("</p>")[0]
    with pytest.raises(BadRules, match=words):
        read_rules(text)


def test_a_key_is_shown_once_does_what_it_may_and_ends(client: FlaskClient, administrator: FlaskClient) -> None:
    form = {"name": "Sample <b>", "scopes": ["parcels:read"]}
    page = administrator.post("/office/keys?lang=en", data=form).text
    key = re.search(r"doorcode_[\w-]+", page)
    assert key
    headers = {"Authorization": f"Bearer {key[0]}"}
    assert client.get("/api/v1/parcels/NONE-1", headers=headers).status_code == 404
    assert client.post("/api/v1/parcels", json=parcel(), headers=headers).status_code == 403
    listed = administrator.get("/office/keys?lang=en").text
    assert key[0] not in listed
    assert "Sample &lt;b&gt;" in listed
    (end,) = re.findall(r"/office/keys/[\w-]+/revoke", listed)
    assert administrator.post(end).status_code == 303
    assert client.get("/api/v1/parcels/NONE-1", headers=headers).status_code == 401
    for name in (" ", "x" * 101, "two\nlines"):
        refused = administrator.post("/office/keys", data={"name": name})
        assert refused.status_code == 422
        assert "Please correct: Name" in refused.text
