"""What stands on a pass, in its holder's language, whichever wallet it is for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from codes.integrations.looks import SenderLook
from codes.recipients.tickets import ShownCode, Ticket
from codes.settings import HouseSettings
from web.i18n import N_, left_to_right, local_time, text
from web.i18n.place_words import PLACE_WORDS, only_there
from web.outside_text import one_line

SHOWN_OF_REFERENCE = 4
TITLE = N_("Delivery code")
SHOW = N_("Your delivery code")
PARCEL, UNTIL, POINT, SENDER = N_("Parcel"), N_("Until"), N_("Pickup point"), N_("Sender")
PAGE = N_("Your ticket page")


@dataclass(frozen=True, slots=True)
class Line:
    """Something that a pass says: under a name that programs know it by, a heading and words."""

    name: str
    heading: str
    words: str


@dataclass(frozen=True, slots=True)
class PassContents:
    """A holder's code as a pass shows it: ``front`` at a glance, ``back`` for who turns it round.

    ``holder_id`` is the same for each code of a holder, ``code_tag`` another one for each.
    """

    holder_id: UUID
    code_tag: str
    language: str
    house: str
    title: str
    digits: str
    payload: str
    expires_at: datetime
    front: tuple[Line, ...]
    back: tuple[Line, ...]
    look: SenderLook | None = None
    logo: bytes | None = None

    def __repr__(self) -> str:
        return f"PassContents({self.holder_id})"


def contents_of(
    ticket: Ticket,
    code: ShownCode,
    *,
    tag: str,
    house: str,
    place: HouseSettings,
    logo: bytes | None,
    page: str,
    language: str,
) -> PassContents:
    """Return what a pass says of a holder's live code; ``page`` is the address of the ticket page."""

    def line(name: str, heading: str, words: str) -> Line:
        return Line(name, text(language, heading), words)

    where = _where(ticket)
    sender = one_line(ticket.sender)
    shown = [each.reference[-SHOWN_OF_REFERENCE:] for each in ticket.parcels if each.code_required]
    ends = ", ".join(f"…{left_to_right(language, each)}" for each in shown)
    front = [line("parcel", PARCEL, ends), line("until", UNTIL, local_time(language, code.expires_at, place))]
    back = [
        line("show", SHOW, f"{text(language, PLACE_WORDS[ticket.place].show)} {only_there(language, ticket.place)}")
    ]
    if where:
        front.append(line("point", POINT, where[0]))
        back.append(line("place", POINT, "\n".join(where)))
    elif sender:
        front.append(line("sender", SENDER, sender))
    back.append(line("page", PAGE, page))
    return PassContents(
        holder_id=ticket.holder_id,
        code_tag=tag,
        language=language,
        house=one_line(house),
        title=text(language, TITLE),
        digits=left_to_right(language, code.grouped),
        payload=code.payload,
        expires_at=code.expires_at,
        front=tuple(front),
        back=tuple(back),
        look=ticket.look,
        logo=logo,
    )


def _where(ticket: Ticket) -> tuple[str, ...]:
    """Return the pickup point where the parcel waits or is wished to: its name, its place, its opening hours."""
    waiting, wish = ticket.waiting, ticket.wish
    if waiting is not None:
        named = (waiting.point, waiting.place, waiting.opening)
    elif wish is not None and wish.point is not None:
        named = (wish.point, wish.place or "", wish.opening or "")
    else:
        return ()
    return tuple(line for line in map(one_line, named) if line)
