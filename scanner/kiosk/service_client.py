"""Asking the service about a code: signed, and the same question again until there is an answer.

A question that went unanswered lies on the disk. When the same code is shown again, it is the same question again:
a green whose reply was lost, or came when nobody waited any more, stays green and is never "already handed over".
Where config.yaml lets parcels go while the service is away, the question is noted as one made offline, under the same
id, and sent by itself later. Otherwise it is not sent by itself: nothing was handed over.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import time
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from scanner.decoding.delivery_codes import is_delivery_code
from scanner.kiosk.identity import COOKIE, Identity
from scanner.kiosk.offline_queue import OfflineQueue, sync_folder
from scanner.kiosk.signed_presentation import (
    Shown,
    SignedPresentation,
    Typed,
    as_of_this_kiosk,
    as_offline,
    sign_presentation,
    sign_question,
    with_time_put_right,
)
from scanner.settings import Offline

log = logging.getLogger("doorcode.kiosk")

Verdict = dict[str, Any]
UNKNOWN: Verdict = {"outcome": "unknown"}
TROUBLE: Verdict = {"outcome": "service_trouble"}
OPEN = (UNKNOWN, TROUBLE)
"""The service has judged nothing: it was not reached, or it failed."""
NOTED: Verdict = {"outcome": "noted"}
_KEPT_SECONDS = 24 * 3600
_PASSING = frozenset({408, 425, 429})
_GONE = ("device-revoked", "not-enrolled")
# Refusals that say nothing of what was noted; `NOT_JUDGED` of lib/service/trouble.js says the same for the pages.
_NOT_JUDGED = frozenset({"wrong-clock", "out-of-order", "not-enrolled", "bad-signature", "foreign-origin"})


class KioskState(StrEnum):
    """How the service sees this kiosk."""

    WANTED = "wanted"
    STOPPED = "stopped"
    GONE = "gone"


class KioskPlace(NamedTuple):
    """What the service tells of where this kiosk stands: all parcels lie in boxes, digits may be typed."""

    boxes: bool = False
    keypad: bool = False


class ServiceClient:
    """Presents codes to the service as this kiosk."""

    def __init__(self, client: httpx.Client, identity: Identity, folder: Path, offline: Offline = Offline.WAIT) -> None:
        self._client = client
        self._client.cookies.set(COOKIE, identity.session)
        self._identity = identity
        self._offline = offline
        self.waiting = OfflineQueue(folder)
        self.place = KioskPlace()
        self._folder = folder / "unanswered"
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._forget_old()

    def present(self, shown: Shown, waited_for: Callable[[], bool] = lambda: True) -> Verdict:
        """Ask once; the answer is one of OPEN while the service gives none, or ``noted`` where that is enough.

        An answer that is not waited for any more, for nobody will hear it, leaves the question on the disk.
        """
        noted = self.waiting.of_text(shown) if isinstance(shown, str) else None
        if noted is not None:
            return {"outcome": "already_handed_over", "details": {"handed_over_at": noted["presented_at"]}}
        path = self._folder / hashlib.sha256(str(shown).encode()).hexdigest()
        body = _stored(path)
        if body is None:
            named = self._numbered(shown) if isinstance(shown, Typed) and not shown.reference else shown
            if isinstance(named, dict):
                return named
            body = self._leave_open(path, sign_presentation(self._identity, named))
        verdict = self._ask(body)
        if verdict.get("problem") == "bad-signature":
            # The kiosk that this one was before it was enrolled anew has left it.
            body = self._leave_open(path, as_of_this_kiosk(self._identity, body))
            verdict = self._ask(body)
        if not waited_for():
            return verdict
        if verdict in OPEN:
            may_go = self._offline is Offline.HAND_OVER and isinstance(shown, str) and is_delivery_code(shown)
            return self._note(path, body) if may_go else verdict
        path.unlink(missing_ok=True)
        return verdict

    def send_waiting(self) -> bool:
        """Send what was noted, oldest first, until one is not judged; tells whether nothing waits any more."""
        while (body := self.waiting.first()) is not None:
            verdict = self._ask(body)
            if verdict in OPEN:
                return False
            if verdict.get("problem") in _NOT_JUDGED:
                self._put_right(body, verdict)
                return False
            self.waiting.settle(body["presentation_id"], verdict["outcome"])
            level = logging.INFO if verdict["outcome"] == "accepted" else logging.WARNING
            log.log(level, "kiosk: noted at %s, answered late: %s", body["presented_at"], verdict["outcome"])
        return True

    def give_sign(self, camera: str) -> KioskState | None:
        """Tell the service how this kiosk is, and hear how it stands; None while there is no answer."""
        try:
            sign = {"camera": camera, "waiting": len(self.waiting)}
            answer = self._client.post("/api/v1/devices/me/signs", json=sign)
            document = answer.json()
        except (httpx.HTTPError, ValueError):
            return None
        if answer.status_code == 200 and isinstance(document, dict) and "out_of_order" in document:
            self.place = KioskPlace(document.get("boxes") is True, document.get("keypad") is True)
            return KioskState.STOPPED if document["out_of_order"] else KioskState.WANTED
        gone = isinstance(document, dict) and str(document.get("type", "")).rpartition("/")[2] in _GONE
        return KioskState.GONE if gone else None

    def _numbered(self, typed: Typed) -> Typed | Verdict:
        """Ask what waits here for a name; gives the same digits with a parcel's number, or what was said instead."""
        verdict = self._ask(sign_question(self._identity, typed), "/api/v1/collections")
        if verdict["outcome"] != "accepted":
            return {name: verdict[name] for name in ("outcome", "reason") if name in verdict}
        try:
            return Typed(typed.digits, reference=str(verdict["parcels"][0]["reference"]))
        except (LookupError, TypeError):
            return UNKNOWN

    def _ask(self, body: SignedPresentation, path: str = "/api/v1/verifications") -> Verdict:
        try:
            answer = self._client.post(path, json=body)
        except httpx.HTTPError:
            return UNKNOWN
        if answer.status_code >= 500 or answer.status_code in _PASSING:
            return TROUBLE
        return _verdict(answer)

    def _put_right(self, body: SignedPresentation, refusal: Verdict) -> None:
        """Mend what kept a noted presentation from being judged, where it can be mended here; it goes next time."""
        log.warning("kiosk: noted at %s, not judged yet: %s", body["presented_at"], refusal["problem"])
        if refusal["problem"] == "wrong-clock":
            service_time = datetime.fromisoformat(refusal["service_time"])
            right = with_time_put_right(self._identity, body, service_time)
        elif refusal["problem"] == "bad-signature":
            right = as_of_this_kiosk(self._identity, body)
        else:
            return
        try:
            self.waiting.replace(body["presentation_id"], right)
        except OSError as error:
            log.error("kiosk: nothing can be noted (%s)", error)

    def _note(self, path: Path, body: SignedPresentation) -> Verdict:
        try:
            self.waiting.add(as_offline(self._identity, body))
        except OSError as error:
            log.error("kiosk: nothing can be noted (%s)", error)
            return UNKNOWN
        path.unlink(missing_ok=True)
        return NOTED

    def _leave_open(self, path: Path, body: SignedPresentation) -> SignedPresentation:
        draft = path.with_suffix(".new")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(body, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        sync_folder(path.parent)
        return body

    def _forget_old(self) -> None:
        """Drop old questions, and those that were noted before the power went: they are sent from there."""
        for path in self._folder.iterdir():
            body = _stored(path)
            noted = body is not None and self.waiting.knows(body["presentation_id"])
            if body is None or noted or time.time() - path.stat().st_mtime > _KEPT_SECONDS:
                path.unlink(missing_ok=True)


def _stored(path: Path) -> SignedPresentation | None:
    try:
        body: SignedPresentation = json.loads(path.read_text())
        return body if isinstance(body["presentation_id"], str) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _verdict(answer: httpx.Response) -> Verdict:
    """Only the service's own words count; what another gives in its name is no answer."""
    try:
        document = answer.json()
    except ValueError:
        return UNKNOWN
    if not isinstance(document, dict):
        return UNKNOWN
    if answer.status_code == 200 and isinstance(document.get("outcome"), str):
        return document
    problem = str(document.get("type", ""))
    if "/problems/" not in problem:
        return UNKNOWN
    slug = problem.rpartition("/")[2]
    refusal = {"outcome": "device_revoked" if slug in _GONE else "refused", "reason": document.get("detail", "")}
    return refusal | {"problem": slug, "service_time": document.get("service_time")}
