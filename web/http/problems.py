"""Refusals as RFC 9457 problem documents; no stack trace reaches anybody outside."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from typing import Any

import pydantic
from flask import Flask, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from codes.accounts.devices import BadEnrolment, BadPublicKey
from codes.delivering.assignments import OnOtherTour, TourTooLong, UnknownDevice, WishedLater
from codes.delivering.delivery_day import NotUnderWay
from codes.delivering.ending import GoesToPoint
from codes.delivering.sandbox import NotGreen
from codes.delivering.tours import NotOnTour
from codes.delivering.visits import AlreadyHandedOver, NotSupervised, OtherVisit
from codes.integrations.webhooks import TooManyWebhooks, UnknownWebhook
from codes.keys.keyring import KeyRingError
from codes.life.blocking import Ended, NothingToBlock, NotTheirs, ParcelBlocked
from codes.life.contests import CannotContest
from codes.life.issuing import NothingToRenew
from codes.pickup.intake import AlreadyGone, NotWaiting, WaitsElsewhere
from codes.pickup.points import BadPoint, UnknownPoint
from codes.proving.proof import TooLong
from codes.recipients.code_requests import CannotTell
from codes.recipients.correcting import CannotCorrect
from codes.recipients.wishes import CannotRedirect, CannotWish
from codes.store.budgets import TooOften, seconds_left_of_day
from codes.store.gates import Crowded
from codes.store.parcel_rows import UnknownParcel
from codes.values.tracking_numbers import BadReference
from codes.verification import presentation
from scanner.pictures.reader import NotAPicture, PictureTooHard, PictureTooLarge
from web.outside_text import one_line
from web.printing.slips import NoPrinter
from web.processes.troubles import UNCONFIRMED, log_trouble
from web.services import services

log = logging.getLogger("doorcode.web")

API = "/api/"
MOST_FIELDS, LONGEST_FIELD = 100, 200
"""So many bad fields are named of one request, or its answer could be many times as long."""


DOMAIN: dict[type[Exception], tuple[int, str]] = {
    UnknownParcel: (404, "unknown-parcel"),
    BadReference: (404, "unknown-parcel"),
    NotUnderWay: (409, "not-under-way"),
    NotGreen: (409, "not-green"),
    AlreadyHandedOver: (409, "already-handed-over"),
    OtherVisit: (409, "other-visit"),
    UnknownDevice: (404, "unknown-device"),
    NotOnTour: (404, "not-on-tour"),
    TourTooLong: (422, "tour-too-long"),
    UnknownPoint: (404, "unknown-place"),
    BadPoint: (404, "unknown-place"),
    AlreadyGone: (409, "already-handed-over"),
    WaitsElsewhere: (409, "waits-elsewhere"),
    NotWaiting: (409, "not-waiting"),
    BadEnrolment: (403, "bad-enrolment"),
    BadPublicKey: (422, "bad-public-key"),
    TooOften: (429, "too-often"),
    TooManyWebhooks: (409, "too-many-webhooks"),
    NothingToRenew: (409, "nothing-to-renew"),
    NothingToBlock: (409, "already-handed-over"),
    Ended: (409, "ended"),
    GoesToPoint: (409, "goes-to-point"),
    NotTheirs: (409, "blocked-by-office"),
    ParcelBlocked: (409, "blocked"),
    CannotContest: (409, "cannot-contest"),
    CannotCorrect: (409, "cannot-correct"),
    CannotWish: (409, "cannot-wish"),
    CannotRedirect: (409, "cannot-redirect"),
    CannotTell: (409, "cannot-tell"),
    TooLong: (409, "proof-too-long"),
    NotSupervised: (422, "not-supervised"),
    UnknownWebhook: (404, "unknown-webhook"),
    WishedLater: (409, "wished-later"),
    OnOtherTour: (409, "other-tour"),
    presentation.BadSignature: (403, "bad-signature"),
    presentation.DeviceRevoked: (403, "device-revoked"),
    presentation.OutOfOrder: (403, "out-of-order"),
    presentation.NotAtCounter: (403, "not-at-a-counter"),
    presentation.ParcelMissing: (422, "parcel-missing"),
    presentation.NoSuchName: (404, "no-such-name"),
    presentation.DigitsRefused: (403, "no-digits-here"),
    presentation.CodeRequired: (422, "code-required"),
    presentation.OtherContent: (422, "other-content"),
    presentation.WrongClock: (409, "wrong-clock"),
    NotAPicture: (415, "not-a-picture"),
    PictureTooLarge: (413, "picture-too-large"),
    PictureTooHard: (422, "picture-too-hard"),
    NoPrinter: (409, "printer-silent"),
}
"""What is refused, by status and slug; its own words are the detail, its ``facts`` stand beside them."""


class Problem(Exception):
    """A request that cannot be answered as asked: status, a slug for its kind, and what to do about it."""

    def __init__(self, status: int, slug: str, detail: str, *, retry_after: int | None = None, **extra: Any) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
        self.allowed: Iterable[str] | None = None
        self.status = status
        self.slug = slug
        self.detail = detail
        self.extra = extra

    def response(self) -> Response:
        """Return the problem document (RFC 9457 §3)."""
        title = self.slug.replace("-", " ").capitalize()
        document = {"type": f"/problems/{self.slug}", "title": title, "status": self.status, "detail": self.detail}
        text = json.dumps(document | self.extra, ensure_ascii=False, separators=(",", ":"))
        response = Response(text, status=self.status, content_type="application/problem+json")
        if self.status == 401:
            response.headers["WWW-Authenticate"] = "Bearer"
        response.headers.update(self.headers())
        return response

    def headers(self) -> dict[str, str]:
        """Return when to come again, and by which methods (RFC 9110 §15.5.6), where that is known."""
        retry_after = 1 if self.status == 503 and self.retry_after is None else self.retry_after
        allow = {} if self.allowed is None else {"Allow": ", ".join(sorted(self.allowed))}
        return allow | ({} if retry_after is None else {"Retry-After": str(retry_after)})


REFUSED: tuple[type[Exception], ...] = (Problem, *DOMAIN)


def problem_for(error: Exception) -> Problem:
    """Translate whatever was raised; what nobody foresaw is logged and becomes a plain 500."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, pydantic.ValidationError):
        return Problem(422, "invalid-request", "correct the fields named in errors", errors=fields_of(error))
    if isinstance(error, HTTPException):
        slug = (error.name or "error").lower().replace(" ", "-")
        problem = Problem(error.code or 500, slug, error.description or error.name)
        problem.allowed = error.valid_methods if isinstance(error, MethodNotAllowed) else None
        return problem
    if type(error) in DOMAIN:
        again = seconds_left_of_day(services().codes.clock()) if isinstance(error, TooOften) else None
        return Problem(*DOMAIN[type(error)], str(error), retry_after=again, **getattr(error, "facts", {}))
    if isinstance(error, Crowded):
        return Problem(503, "busy", str(error), retry_after=2)
    if isinstance(error, UNCONFIRMED):
        log_trouble(log, "the database did not confirm", error)
        return Problem(503, "unknown-outcome", "the database did not confirm; send the same request again")
    if isinstance(error, KeyRingError):
        log_trouble(log, "the key ring cannot be used", error)
        return Problem(503, "not-ready", "a key is missing here; send the same request again later", retry_after=5)
    what = f"unforeseen error in {request.method} {request.endpoint}"
    # Whoever finds a fault of ours can cause it again and again, and its trace is long.
    log.error("%s", what, exc_info=error, extra={"trouble": f"{what}: {type(error).__name__}"})
    return Problem(500, "internal-error", "the service failed; it was logged, please try again")


def fields_of(error: pydantic.ValidationError) -> list[dict[str, str]]:
    """Name the first bad fields and say why, without repeating what was sent."""
    bad = error.errors(include_url=False, include_input=False, include_context=False)[:MOST_FIELDS]
    return [
        {
            # A field that nobody knows has its name from the caller.
            "field": one_line(".".join(str(part) for part in each["loc"]), LONGEST_FIELD) or "body",
            "message": each["msg"].removeprefix("Value error, "),
        }
        for each in bad
    ]


def install(app: Flask, page: Callable[[Problem], ResponseReturnValue]) -> None:
    """Answer every error: under /api/ with a problem document, elsewhere with ``page``."""

    @app.errorhandler(Exception)
    def answer(error: Exception) -> ResponseReturnValue:
        problem = problem_for(error)
        if request.path.startswith(API):
            return problem.response()
        return page(problem)
