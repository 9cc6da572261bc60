"""What a person sees when a page cannot be shown: what happened and what to do, in plain words."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit, urlunsplit

from flask import current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from web.devices.counter import refused
from web.http.access import NotYourRole
from web.http.problems import Problem
from web.http.security_headers import has_secret_address
from web.http.shift_guard import NotYourTask
from web.i18n import N_, current_language, text
from web.i18n.office_words import LIST_TOO_LONG, ROLE_WORDS
from web.i18n.outcome_words import CALL_DEPOT
from web.recipient.own_ticket import TicketMoved, know_ticket, moved_page, page_above, ticket_page
from web.recipient.refusals import ANSWERS, CHANGED
from web.services import services

Answer = tuple[str, str, tuple[str, ...]]
"""A pictogram, a heading, and what to do."""
# By the problem's slug.
KNOWN: dict[str, Answer] = {
    "not-enrolled": (
        "device",
        N_("This device is not set up"),
        (N_("Ask the depot for a set-up code."), N_("Scan it with this device's camera.")),
    ),
    "device-revoked": ("locked", N_("Device blocked"), (CALL_DEPOT,)),
    "not-your-role": ("locked", N_("Your role does not allow this"), (N_("Ask an administrator."),)),
    "not-found": ("do-not-hand-over", N_("This page does not exist"), (N_("Please check the address."),)),
    "ticket-over": (
        "parcel",
        N_("This page is no longer available"),
        (N_("The parcel was handed over or the code expired some time ago."), N_("Please ask the sender.")),
    ),
    "too-many-named": (
        "do-not-hand-over",
        N_("Too many people have been named for this parcel"),
        (N_("Nobody else can be added, even if you remove somebody."),),
    ),
    "tour-too-long": (
        "do-not-hand-over",
        N_("This tour is full"),
        (N_("Put the parcels on another tour."),),
    ),
    "list-too-long": ("parcel", LIST_TOO_LONG[0], LIST_TOO_LONG[1:]),
    "too-often": ("mark-amber", N_("Too many times"), (N_("Please try again tomorrow."),)),
    "body-too-large": ("do-not-hand-over", N_("That is too large"), (N_("Please send less."),)),
    "photo-too-large": (
        "photo",
        N_("The photo is too large"),
        (N_("Go back and choose a smaller one, or report without a photo."),),
    ),
    "picture-too-large": (
        "photo",
        N_("The photo is too large"),
        (N_("Go back and choose a smaller one, or report without a photo."),),
    ),
    "not-a-picture": (
        "photo",
        N_("This photo cannot be used"),
        (N_("Go back and choose a JPEG or PNG, or report without a photo."),),
    ),
    "picture-too-hard": (
        "photo",
        N_("The photo could not be read"),
        (N_("Go back and choose another one, or report without a photo."),),
    ),
    "body-too-slow": ("mark-amber", N_("The service is busy"), (N_("Please try again in a moment."),)),
    "busy": ("mark-amber", N_("The service is busy"), (N_("Please try again in a moment."),)),
    "unknown-outcome": ("mark-amber", N_("No answer yet"), (N_("Please try again."),)),
}
NO_TICKET = (
    "mail",
    N_("This page does not exist"),
    (
        N_("The link may be incomplete. Please open it straight from the message you received."),
        N_("If your parcel arrived long ago, its page is no longer available."),
    ),
)
UNREAD = frozenset({400, 403, 408, 413})
"""What is answered to a form before any view has seen it."""
OFFICE = "/office"
REFUSED = ("do-not-hand-over", N_("That was not possible"), (N_("Go back and try again."),))
FAILED = ("mark-amber", N_("The service has a problem"), (N_("Please try again."),))


def error_page(problem: Problem) -> ResponseReturnValue:
    """Return the page for a problem; who is not signed in is led to where one signs in."""
    if problem.slug == "not-signed-in":
        return redirect(url_for("signing_in.sign_in", next=_page_asked_for()))
    if problem.status == 405 and (page := page_above() or _office_page_above()):
        return redirect(page, 303)
    if isinstance(problem, TicketMoved):
        return moved_page(problem.former), problem.status
    if isinstance(problem, NotYourRole):
        return _not_your_role(problem), problem.status
    if isinstance(problem, NotYourTask):
        return refused()
    if problem.status in UNREAD:
        know_ticket()
    picture, heading, lines = _answer_to(problem)
    depot = services().codes.house.depot_phone if CALL_DEPOT in lines else None
    return _notice(picture, heading, lines, depot), problem.status, problem.headers()


def _page_asked_for() -> str | None:
    """Return the page that whoever has to sign in first wanted, or on which the form stands that they sent."""
    if request.method == "GET":
        return request.full_path.rstrip("?")
    stood = urlsplit(request.referrer or "")
    places = current_app.url_map.bind("")
    if stood.netloc != request.host or not places.test(stood.path, "GET"):
        return None
    return urlunsplit(("", "", stood.path, stood.query, ""))


def _office_page_above() -> str | None:
    """Return the page of the office above an address that a form alone is sent to, such as after a reload."""
    path, places = request.path if request.method == "GET" else "", current_app.url_map.bind("")
    while path.startswith(f"{OFFICE}/"):
        path = path.rpartition("/")[0]
        if places.test(path, "GET"):
            return path
    return None


def _answer_to(problem: Problem) -> Answer:
    if ticket_page() is not None:
        if problem.slug in ANSWERS:
            return ANSWERS[problem.slug]
        if problem.status == 409 and problem.slug not in KNOWN:
            return CHANGED
    if problem.slug == "not-found" and has_secret_address(request):
        return NO_TICKET
    return KNOWN.get(problem.slug, FAILED if problem.status >= 500 else REFUSED)


def _not_your_role(problem: NotYourRole) -> str:
    """Say who may, and lead back."""
    language, (picture, heading, lines) = current_language().code, KNOWN[problem.slug]
    named = ", ".join(text(language, word) for role, word in ROLE_WORDS.items() if role in problem.roles)
    may = f"{text(language, N_('This may:'))} {named}"
    return _notice(picture, heading, [may, *lines], way=(N_("Back to Today"), url_for("overview.today")))


def _notice(
    picture: str,
    heading: str,
    lines: Iterable[str],
    depot: str | None = None,
    way: tuple[str, str] | None = None,
) -> str:
    language, page = current_language().code, ticket_page()
    way = (N_("Your ticket page"), page) if page else way
    return render_template(
        "notice.html",
        picture=picture,
        heading=text(language, heading),
        lines=[text(language, line) for line in lines],
        depot=depot,
        way=(text(language, way[0]), way[1]) if way else None,
    )
