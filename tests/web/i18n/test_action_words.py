"""Every kind of action that the log of what staff did can hold has words."""

from __future__ import annotations

import re
from pathlib import Path

from flask import Flask

from web.http.access import SAFE_METHODS, Guard, guard_of
from web.i18n.action_words import ACTION_WORDS, OTHER_ACTION, sentence_of
from web.office.house import people, webhooks
from web.office.parcels import imports

SEVERAL = {"imports.act": imports.ACTS, "people.change": people.CHANGES, "webhooks.act": webhooks.ACTS}
"""Endpoints that do several things, which the last word of their address names."""
SAID_ELSEWHERE = re.compile(r"(?:(?:logged|log_action)\([^\"\n]*|how=)\"([a-z_.]+)\"(?: if \w+ else \"([a-z_.]+)\")?")


def test_every_kind_of_action_has_words_and_no_words_are_for_nothing(app: Flask) -> None:
    by_pages = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if guard_of(app, rule.endpoint) is Guard.STAFF and (rule.methods or set()) - SAFE_METHODS
    }
    by_devices = {
        action
        for file in Path("web").rglob("*.py")
        for found in SAID_ELSEWHERE.findall(file.read_text(encoding="utf-8"))
        for action in found
        if action
    }
    assert {"shift.start", "shelf.count", "kiosks.put_back", "signing_in.sign_in"} <= by_devices
    of_several = {f"{action} {what}" for action, acts in SEVERAL.items() for what in acts}
    assert set(ACTION_WORDS) == (by_pages - set(SEVERAL)) | by_devices | of_several


def test_a_sentence_says_what_was_done_and_leaves_what_it_was_done_to() -> None:
    assert sentence_of("people.change", "0199 block") == ("Blocked a member of staff", "0199")
    assert sentence_of("office.block", "SAMPLE-1") == ("Blocked a parcel", "SAMPLE-1")
    assert sentence_of("some.newer", "thing") == (OTHER_ACTION, "thing")
