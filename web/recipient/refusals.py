"""What recipients are told where something on their page cannot be done: a picture, what it is, and what to do."""

from __future__ import annotations

from web.i18n import N_

ANSWERS = {
    "nobody-named": ("people", N_("Who receives the parcel?"), (N_("Please write a name."),)),
    "too-many-at-once": (
        "people",
        N_("Enough people can receive this parcel already"),
        (N_("Please withdraw somebody first."),),
    ),
    "cannot-name": (
        "people",
        N_("You cannot name anybody here"),
        (N_("Only the recipient names who else may receive, and only while the parcel is still to come."),),
    ),
    "wrong-day": ("tour", N_("This day cannot be chosen"), (N_("Please choose one of the days that are offered."),)),
    "cannot-wish": ("tour", N_("That cannot be chosen"), (N_("Your page shows what can be chosen now."),)),
    "wrong-phone": ("call", N_("This is not a phone number"), (N_("Please write it like +491701234567."),)),
    "no-reason": ("mark-notice", N_("What is wrong?"), (N_("Please choose what it is."),)),
    "not-confirmed": (
        "mark-notice",
        N_("Your confirmation is missing"),
        (N_("Please confirm: the sender will act on it."),),
    ),
    "too-many-words": ("mark-notice", N_("That is too long"), (N_("Please use at most 1000 characters."),)),
    "photo-without-damage": (
        "photo",
        N_("Photos are only for damaged parcels"),
        (N_("Choose “It is damaged”, or leave the photo out."),),
    ),
    "blocked": (
        "locked",
        N_("This parcel is blocked"),
        (N_("It will not be handed over until it is unblocked."), N_("Please ask the sender.")),
    ),
    "no-address": ("mail-failed", N_("No address is registered"), (N_("Please ask the sender."),)),
}
"""By the problem's slug."""
CHANGED = (
    "clock",
    N_("That is not possible any more"),
    (N_("Something has changed since you opened the page."),),
)
"""An old tab asked for what was possible when it was opened."""
