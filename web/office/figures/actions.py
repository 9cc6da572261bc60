"""What staff did: every action in words, by whom, about what, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from codes.accounts.staff import Role, list_staff
from codes.accounts.staff_log import ActionFilters, ActionOrder, StaffAction, count_actions, list_actions
from codes.office.names import ids_named, names_of
from codes.values.tracking_numbers import part_of_number
from web.http.access import for_roles
from web.i18n import N_, current_language, text
from web.i18n.action_words import sentence_of
from web.office.lists import asked_day, asked_page, asked_text, id_in
from web.services import services

blueprint = Blueprint("actions", __name__, url_prefix="/office/actions")

LONGEST_SEARCH = 100
MOST_NAMED = 50
"""A search that fits more names than this is sought among the newest of them."""
ENDINGS = {
    "refused": N_("Refused"),
    "failed": N_("Not done"),
    "unknown": N_("It is not known whether it was done"),
}


@dataclass(frozen=True, slots=True)
class ToldAction:
    """An action in words; ``ending`` says how it ended if it was not simply done."""

    at: datetime
    name: str
    words: str
    about: Sequence[str]
    ending: str


@blueprint.get("")
@for_roles(Role.AUDITOR)
def listed() -> ResponseReturnValue:
    """List what members of staff did, narrowed by person, subject and day."""
    codes, search = services().codes, asked_text("search", LONGEST_SEARCH)
    filters = ActionFilters(asked_text("name", LONGEST_SEARCH), _subjects(search), asked_day())
    listing, found = asked_page(list_actions, count_actions, filters, ActionOrder.AT)
    return render_template(
        "office/figures/actions.html",
        here="actions.listed",
        actions=_told(found),
        listing=listing,
        filters=filters,
        search=search,
        people=[(each.name, each.name) for each in codes.read(list_staff)],
    )


def _subjects(asked: str) -> tuple[str, ...]:
    """Return the parts of the log's subjects that somebody means: a number as typed, or the ids of what is so named."""
    if not asked:
        return ()
    ids = services().codes.read(ids_named, asked)[-MOST_NAMED:]
    return tuple(dict.fromkeys([asked, asked.upper(), part_of_number(asked) or asked, *map(str, ids)]))


def _told(found: Sequence[StaffAction]) -> list[ToldAction]:
    language, sentences = current_language().code, [sentence_of(each.action, each.subject) for each in found]
    ids = {each for _, about in sentences for word in about.split() if (each := id_in(word))}
    names = services().codes.read(names_of, ids)
    return [
        ToldAction(action.at, action.name, text(language, words), _about(about, names), _ending(action.status))
        for action, (words, about) in zip(found, sentences, strict=True)
    ]


def _about(subject: str, names: Mapping[UUID, str]) -> Sequence[str]:
    """Return what a subject is about: names in place of ids, and nothing of what is gone."""
    if not any(id_in(word) for word in subject.split()):
        return [subject] if subject else []
    named = [names.get(known) if (known := id_in(word)) else word for word in subject.split()]
    return [each for each in named if each]


def _ending(status: int | None) -> str:
    if status is None:
        return text(current_language().code, ENDINGS["unknown"])
    if status < 400:
        return ""
    ending = "refused" if status in (401, 403) else "failed"
    return text(current_language().code, ENDINGS[ending])
