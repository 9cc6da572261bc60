"""What each kind of message says: its subject and its sentences, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable

from codes.delivering.awaiting import CODE_MAILS
from codes.model import HolderKind, Means, MessageKind
from codes.recipients.tickets import Notice
from web.i18n import N_, local_day, local_time, text
from web.mail.addresses import one_line
from web.wording import ATTEMPT_WORDS

ONLY_AT_THE_DOOR = N_("Only at the door, with the parcel in sight. Never by phone, never by message.")
STORY = (
    N_("The driver stands before you with the parcel."),
    N_("You show this code, on the phone or on paper."),
    N_("Green: the parcel is yours."),
)
WITH_CODE = CODE_MAILS
# Enough of a tracking number to tell two parcels apart, too little to follow one.
SHOWN_OF_REFERENCE = 4


def subject_of(notice: Notice) -> str:
    """Return the subject; it never holds a code, because it is shown on locked screens."""
    return _SUBJECTS[notice.kind](notice)


def about(notice: Notice) -> str:
    """Say which parcel a message with a code is about."""
    language, end = notice.ticket.language, _end(notice)
    if notice.kind is MessageKind.CODE_RENEWED:
        return text(language, "You have a new delivery code. The old one opens nothing more. Parcel …%(end)s.", end=end)
    if notice.kind in _COMES:
        return text(language, _COMES[notice.kind], end=end)
    if notice.ticket.holder_kind is HolderKind.DELEGATE:
        return text(language, "You were named to receive a parcel for somebody else, number …%(end)s.", end=end)
    if sender := one_line(notice.ticket.sender):
        return text(language, "A parcel from %(sender)s is coming to you, number …%(end)s.", sender=sender, end=end)
    return text(language, "A parcel is coming to you, number …%(end)s.", end=end)


def where_of(notice: Notice) -> tuple[str, ...]:
    """Say where a parcel waits and until when, in a message that is about that."""
    language, waiting = notice.ticket.language, notice.ticket.waiting
    if waiting is None or notice.kind not in (MessageKind.READY_TO_COLLECT, MessageKind.COLLECT_SOON):
        return ()
    told = ", ".join(one_line(each) for each in (waiting.point, waiting.place) if each)
    until = text(
        language, "It waits until %(moment)s, then it goes back.", moment=local_time(language, waiting.deadline)
    )
    return tuple(line for line in (told, one_line(waiting.opening), until) if line)


def lines_of(notice: Notice) -> tuple[str, ...]:
    """Return the sentences of a message that carries no code."""
    return tuple(line for line in _LINES[notice.kind](notice) if line)


def is_warned(notice: Notice) -> bool:
    """Tell whether the reader may still have to show a code, and is told again where only."""
    return notice.ticket.code is not None and notice.kind is not MessageKind.HANDED_OVER


def _issued_subject(notice: Notice) -> str:
    if sender := one_line(notice.ticket.sender):
        return text(notice.ticket.language, "Delivery code for your parcel from %(sender)s", sender=sender)
    return text(notice.ticket.language, "Delivery code for your parcel")


def _handed_over(notice: Notice) -> tuple[str, ...]:
    language, ticket = notice.ticket.language, notice.ticket
    number, reception = ticket.match_number, ticket.course.reception
    by_delegate = reception is not None and reception.by_holder is HolderKind.DELEGATE
    return (
        text(
            language,
            "The parcel …%(end)s was handed over: %(moment)s.",
            end=_end(notice),
            moment=local_time(language, ticket.handed_over_at or notice.queued_at),
        ),
        text(language, _HOW[reception.means]) if reception else "",
        text(language, "With the code of %(name)s", name=one_line(reception.by_name or "")) + "."
        if reception and by_delegate
        else "",
        text(language, "The number on both screens was %(number)s.", number=number) if number else "",
        text(language, "This confirms the handover, not the contents of the parcel."),
        text(language, "Have you not received it? Say so on the page below. The proof is there too."),
    )


def _wrong_tries(notice: Notice) -> tuple[str, ...]:
    language = notice.ticket.language
    return (
        text(
            language,
            "Wrong digits were entered for the parcel …%(end)s: %(moment)s.",
            end=_end(notice),
            moment=local_time(language, notice.queued_at),
        ),
        text(language, "Tries left: %(count)s", count=notice.ticket.tries_left) + ".",
        text(language, "After several wrong tries only the code as a picture still works."),
        text(language, "If that was at your door, nothing is wrong. If not, tell nobody your code."),
    )


def _not_handed_over(notice: Notice) -> tuple[str, ...]:
    language = notice.ticket.language
    return (
        text(
            language,
            "The parcel …%(end)s could not be handed over: %(moment)s.",
            end=_end(notice),
            moment=local_time(language, notice.queued_at),
        ),
        text(language, ATTEMPT_WORDS[notice.ticket.course.visit.reason]) if notice.ticket.course.visit else "",
        text(language, "Your newest delivery code is valid for the next time.") if notice.ticket.code else "",
    )


def _reported(notice: Notice) -> tuple[str, ...]:
    language, ticket = notice.ticket.language, notice.ticket
    moment = local_time(language, notice.queued_at)
    return (
        text(language, "A recipient has reported the parcel %(reference)s.", reference=ticket.reference),
        text(language, "Open it in the office and answer: %(moment)s.", moment=moment),
    )


def _wish_noted(notice: Notice) -> tuple[str, ...]:
    cancel = text(notice.ticket.language, "Was that not you? Cancel it on your ticket page, and take a new code there.")
    return (*_redirected(notice), cancel)


def _redirected(notice: Notice) -> tuple[str, ...]:
    language, wish = notice.ticket.language, notice.ticket.wish
    if wish is None:
        noted = text(language, "Your parcel …%(end)s comes as planned.", end=_end(notice))
    elif wish.day is not None:
        noted = text(
            language, "Your parcel …%(end)s comes on %(day)s.", end=_end(notice), day=local_day(language, wish.day)
        )
    else:
        noted = text(language, "You collect your parcel …%(end)s at the pickup point.", end=_end(notice))
    where = (one_line(each or "") for each in (wish.point, wish.place, wish.opening)) if wish else ()
    return (noted, *(each for each in where if each))


def _code_told(notice: Notice) -> tuple[str, ...]:
    language, moment = notice.ticket.language, local_time(notice.ticket.language, notice.queued_at)
    return (
        text(
            language,
            "%(moment)s: our staff opened the code for your parcel …%(end)s, to read it out by phone or to print it.",
            moment=moment,
            end=_end(notice),
        ),
        text(language, "You did not ask for that? Take a new code on your ticket page."),
    )


def _report_answered(notice: Notice) -> tuple[str, ...]:
    language = notice.ticket.language
    return (
        text(language, "Your report on the parcel …%(end)s was answered.", end=_end(notice)),
        text(language, "The answer stands on your ticket page."),
    )


def _end(notice: Notice) -> str:
    return notice.ticket.reference[-SHOWN_OF_REFERENCE:]


_COMES: dict[MessageKind, str] = {
    MessageKind.DELIVERY_DAY: N_("Your parcel …%(end)s comes today. Have this code ready, it is the same as before."),
    MessageKind.DRIVER_NEAR: N_("The driver with your parcel …%(end)s is near. Have this code ready."),
    MessageKind.READY_TO_COLLECT: N_("Your parcel …%(end)s waits at the pickup point. Show this code there."),
    MessageKind.COLLECT_SOON: N_("Your parcel …%(end)s still waits at the pickup point. Show this code there."),
}
_HOW: dict[Means | None, str] = {
    Means.PAYLOAD: N_("The code was scanned."),
    Means.DIGITS: N_("The six digits were typed."),
    None: N_("Without a code: two named persons answer for it."),
}
_SUBJECTS: dict[MessageKind, Callable[[Notice], str]] = {
    MessageKind.CODE_ISSUED: _issued_subject,
    MessageKind.CODE_RENEWED: lambda notice: text(notice.ticket.language, "Your new delivery code"),
    MessageKind.DELIVERY_DAY: lambda notice: text(notice.ticket.language, "Your parcel comes today"),
    MessageKind.DRIVER_NEAR: lambda notice: text(notice.ticket.language, "The driver is near"),
    MessageKind.READY_TO_COLLECT: lambda notice: text(notice.ticket.language, "Your parcel is ready to collect"),
    MessageKind.COLLECT_SOON: lambda notice: text(notice.ticket.language, "Your parcel waits not much longer"),
    MessageKind.WRONG_TRIES: lambda notice: text(notice.ticket.language, "Wrong digits were tried for your parcel"),
    MessageKind.HANDED_OVER: lambda notice: text(notice.ticket.language, "Your parcel was handed over"),
    MessageKind.REPORTED: lambda notice: text(notice.ticket.language, "A recipient has reported a parcel"),
    MessageKind.CODE_TOLD: lambda notice: text(notice.ticket.language, "Your delivery code was told by our staff"),
    MessageKind.WISH_NOTED: lambda notice: text(notice.ticket.language, "Your wish for your parcel is noted"),
    MessageKind.REDIRECTED: lambda notice: text(notice.ticket.language, "Your delivery has changed"),
    MessageKind.REPORT_ANSWERED: lambda notice: text(notice.ticket.language, "Your report was answered"),
    MessageKind.NOT_HANDED_OVER: lambda notice: text(notice.ticket.language, "Your parcel could not be handed over"),
}
_LINES: dict[MessageKind, Callable[[Notice], tuple[str, ...]]] = {
    MessageKind.WRONG_TRIES: _wrong_tries,
    MessageKind.HANDED_OVER: _handed_over,
    MessageKind.NOT_HANDED_OVER: _not_handed_over,
    MessageKind.REPORTED: _reported,
    MessageKind.REPORT_ANSWERED: _report_answered,
    MessageKind.WISH_NOTED: _wish_noted,
    MessageKind.REDIRECTED: _redirected,
    MessageKind.CODE_TOLD: _code_told,
}
