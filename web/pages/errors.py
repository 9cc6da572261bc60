"""What a person sees when a page cannot be shown: what happened and what to do, in plain words."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from web.i18n import N_, current_language, text
from web.pages.counter import refused
from web.problems import Problem
from web.shifts import NotYourTask

# By the problem's slug: pictogram, heading, what to do.
KNOWN = {
    "not-enrolled": (
        "device",
        N_("This device is not set up"),
        (N_("Ask the depot for a set-up code."), N_("Scan it with this device's camera.")),
    ),
    "device-revoked": ("locked", N_("Device blocked"), (N_("Call the depot"),)),
    "not-your-role": ("locked", N_("Not for your role"), (N_("Ask an administrator."),)),
    "not-found": ("do-not-hand-over", N_("This page does not exist"), (N_("Please check the address."),)),
    "ticket-over": (
        "parcel",
        N_("This page has ended"),
        (N_("Its parcel was handed over, or its code expired, some time ago."), N_("Please ask the sender.")),
    ),
    "too-often": ("mark-amber", N_("Too often"), (N_("Please try again in an hour."),)),
    "unknown-outcome": ("mark-amber", N_("No answer yet"), (N_("Please try again."),)),
}
REFUSED = ("do-not-hand-over", N_("That was not possible"), (N_("Go back and try again."),))
FAILED = ("mark-amber", N_("Something went wrong here"), (N_("Please try again."),))


def error_page(problem: Problem) -> ResponseReturnValue:
    """Return the page for a problem; who is not signed in is led to where one signs in."""
    if problem.slug == "not-signed-in":
        return redirect(
            url_for("signing_in.sign_in", next=request.full_path.rstrip("?") if request.method == "GET" else None)
        )
    if isinstance(problem, NotYourTask):
        return refused()
    picture, heading, lines = KNOWN.get(problem.slug, FAILED if problem.status >= 500 else REFUSED)
    language = current_language().code
    page = render_template(
        "notice.html",
        picture=picture,
        heading=text(language, heading),
        lines=[text(language, line) for line in lines],
    )
    return page, problem.status
