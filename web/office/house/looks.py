"""How the pages and messages of one sender look: set by an administrator, for an API key or a shop."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated
from uuid import UUID

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import AfterValidator, StringConstraints, ValidationError

from codes.accounts.api_keys import listed_keys
from codes.integrations.looks import (
    SenderLook,
    logo_of,
    look_of,
    owner_of_key,
    owner_of_shop,
    remove_look,
    set_look,
)
from codes.integrations.shops import shop_of
from scanner.pictures.errors import PictureError
from web.api.requests import ShortName
from web.http.access import for_roles
from web.http.bodies import BodyKind, takes
from web.http.forms import FormModel, Ticked, form_as
from web.http.problems import problem_for
from web.i18n import N_, current_language, text
from web.looks.colours import READABLE, contrast, ink_on, style_sheet
from web.mail.addresses import NotAnAddress, mailbox
from web.office.refusals import Refused, refused_by
from web.outside_text import one_line
from web.services import services

blueprint = Blueprint("looks", __name__, url_prefix="/office/looks/<kind>/<uuid:owner_id>")

LONGEST_IMPRINT = 1000
SAMPLE = ".look-sample"
"""The part of the page that has the sender's colours."""
FIELD_WORDS = {
    "name": N_("Name in emails, texts, pages and print"),
    "accent": N_("Colour of buttons and of the header"),
    "ink": N_("Text on it"),
    "reply_to": N_("Replies to emails go to"),
    "imprint": N_("Imprint, below emails and pages"),
    "logo": N_("Logo, PNG or JPEG"),
}
NOT_READABLE = N_(
    "Text in %(ink)s on %(ground)s is hard to read: the contrast is %(contrast)s, and at least 4.5 is needed."
)
NO_LOGO = N_("The logo must be a PNG or JPEG of usual size; save a drawing such as SVG as PNG.")
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$", to_lower=True)]


def _address(given: str) -> str:
    if given:
        try:
            written = mailbox(given)
        except NotAnAddress as error:
            raise ValueError("is no mail address") from error
        if not written.addr_spec.isascii():
            # It stands in mails to everybody, and most servers take no other signs in a header (RFC 6532 §3.6).
            raise ValueError("is an address that stands in no header of ASCII")
    return given


class LookForm(FormModel):
    """A look to set. Without ``own_ink`` the colour of words on the accent is chosen by itself."""

    name: ShortName
    accent: Colour
    own_ink: Ticked = False
    ink: Colour = "#ffffff"
    imprint: Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_IMPRINT)] = ""
    reply_to: Annotated[str, StringConstraints(strip_whitespace=True, max_length=254), AfterValidator(_address)] = ""
    without_logo: Ticked = False


@blueprint.get("")
@for_roles()
def look(kind: str, owner_id: UUID) -> ResponseReturnValue:
    """Show how a sender's pages look, and offer to change it."""
    return _page(kind, owner_id)


@blueprint.post("")
@for_roles()
@takes(BodyKind.PICTURE)
def save(kind: str, owner_id: UUID) -> ResponseReturnValue:
    """Set it; what could not be read or sent changes nothing, and is named beside what was typed."""
    (owner, _), language = _owner(kind, owner_id), current_language().code
    try:
        form = form_as(LookForm)
        ink = form.ink if form.own_ink else ink_on(form.accent)
        reached = contrast(form.accent, ink)
        if reached < READABLE:
            trouble = text(language, NOT_READABLE, ink=ink, ground=form.accent, contrast=f"{reached:.2f}")
            return _page(kind, owner_id, Refused(trouble, ("ink" if form.own_ink else "accent",))), 422
        imprint = "\n".join(filter(None, map(one_line, form.imprint.splitlines())))
        chosen = SenderLook(one_line(form.name), form.accent, ink, imprint, form.reply_to or None)
        logo = _sent_logo() or (None if form.without_logo else services().codes.read(logo_of, owner))
    except ValidationError as error:
        return _page(kind, owner_id, refused_by(error, FIELD_WORDS)), 422
    except PictureError as error:
        return _page(kind, owner_id, Refused(text(language, NO_LOGO), ("logo",))), problem_for(error).status
    services().codes.write(set_look, owner, chosen, logo)
    return redirect(url_for("looks.look", kind=kind, owner_id=owner_id, done="saved"), 303)


@blueprint.post("/remove")
@for_roles()
def remove(kind: str, owner_id: UUID) -> ResponseReturnValue:
    """Let it look as the house's again."""
    services().codes.write(remove_look, _owner(kind, owner_id)[0])
    return redirect(url_for("looks.look", kind=kind, owner_id=owner_id), 303)


@blueprint.get("/look.css")
@for_roles()
def colours(kind: str, owner_id: UUID) -> ResponseReturnValue:
    """Give the colours for the sample on the page."""
    standing = services().codes.read(look_of, _owner(kind, owner_id)[0]) or abort(404)
    return Response(style_sheet(standing.accent, standing.ink, SAMPLE), mimetype="text/css")


@blueprint.get("/logo.png")
@for_roles()
def logo(kind: str, owner_id: UUID) -> ResponseReturnValue:
    """Give the logo for the sample on the page."""
    found = services().codes.read(logo_of, _owner(kind, owner_id)[0]) or abort(404)
    return Response(found, mimetype="image/png")


def _owner(kind: str, owner_id: UUID) -> tuple[str, str]:
    """Return who announces, and their name; 404 if there is no such key or shop."""
    if kind == "shop":
        shop = services().codes.read(shop_of, owner_id) or abort(404)
        return owner_of_shop(shop.shop_id), shop.name
    if kind != "key":
        abort(404)
    key = next((each for each in services().codes.read(listed_keys) if each.key_id == owner_id), None) or abort(404)
    return owner_of_key(key.key_id), key.name


def _page(kind: str, owner_id: UUID, refused: Refused | None = None) -> str:
    """Show what stands, and in the form what was typed, what stands, or what the house has."""
    owner, name = _owner(kind, owner_id)
    standing, accent = services().codes.read(look_of, owner), services().mail.look.accent
    shown = standing or SenderLook(name, accent, ink_on(accent))
    return render_template(
        "office/looks/look.html",
        here="shops.listed" if kind == "shop" else "keys.listed",
        kind=kind,
        owner_id=owner_id,
        name=name,
        standing=standing,
        shown=shown,
        words={field: text(current_language().code, heading) for field, heading in FIELD_WORDS.items()},
        refused=refused,
        done=request.args.get("done"),
    )


def _sent_logo() -> bytes | None:
    """Return the logo that was sent, drawn anew. Raises PictureError."""
    sent = request.files.get("logo")
    if sent is None:
        return None
    with closing(sent):
        data = sent.read()
    return services().pictures().logo(data) if data else None
