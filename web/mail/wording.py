"""What each kind of message says: its subject and its sentences, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from codes.delivering.delivery_day import CODE_MAILS
from codes.life.contests import LONGEST_ANSWER, LONGEST_WORDS, Report
from codes.model import CodeState, HolderKind, Means, MessageKind
from codes.recipients.tickets import Notice
from web.i18n import N_, language_named, left_to_right, local_day, local_time, may_live_elsewhere, text
from web.i18n.event_words import CONTEST_WORDS
from web.i18n.outcome_words import ATTEMPT_WORDS
from web.i18n.place_words import PLACE_WORDS, map_link, only_there, why_code
from web.outside_text import one_line

WITH_CODE = CODE_MAILS
# Enough of a tracking number to tell two parcels apart, too little to follow one.
SHOWN_OF_REFERENCE = 4


def moment_for(notice: Notice, moment: datetime | None) -> str:
    """Return a moment by the house's clock, whose zone is named to whoever may live by another one."""
    language, phone, house = language_named(notice.ticket.language).code, notice.ticket.phone, notice.house
    return local_time(language, moment, house, with_zone=may_live_elsewhere(language, phone, house))


def subject_of(notice: Notice) -> str:
    """Return the subject; it never holds a code, because it is shown on locked screens."""
    return _SUBJECTS[notice.kind](notice)


def about(notice: Notice) -> str:
    """Say which parcel a message with a code is about."""
    language, end = notice.ticket.language, _end(notice)
    if notice.kind is MessageKind.CODE_RENEWED:
        return text(language, "You have a new delivery code. The old one no longer works. Parcel …%(end)s.", end=end)
    if notice.kind in _COMES:
        return text(language, _COMES[notice.kind], end=end)
    if notice.ticket.holder_kind is HolderKind.DELEGATE:
        return text(language, "You have been named to receive a parcel for somebody else, number …%(end)s.", end=end)
    if sender := one_line(notice.ticket.sender):
        return text(language, "A parcel from %(sender)s is coming to you, number …%(end)s.", sender=sender, end=end)
    return text(language, "A parcel is coming to you, number …%(end)s.", end=end)


def parcels_of(notice: Notice) -> tuple[str, ...]:
    """Say for which parcels a code is good, where it is for several."""
    ends = [f"…{_end_of(notice, each.reference)}" for each in notice.ticket.parcels if each.code_required]
    several = text(notice.ticket.language, "The code works for these parcels: %(ends)s.", ends=", ".join(ends))
    return (several,) if len(ends) > 1 else ()


def why_of(notice: Notice) -> tuple[str, ...]:
    """Say why this parcel needs a code, in the message that brings the code first."""
    if notice.kind is not MessageKind.CODE_ISSUED:
        return ()
    sentence, values = why_code(notice.ticket.reason)
    return (text(notice.ticket.language, sentence, **values),)


def map_of(notice: Notice) -> str | None:
    """Return where a map shows the pickup point, in a message that tells of it."""
    waiting = notice.ticket.waiting
    return map_link(waiting.place) if waiting is not None and where_of(notice) else None


def only_where(notice: Notice) -> str:
    """Say where alone the code is shown."""
    return only_there(notice.ticket.language, notice.ticket.place)


def withdrawn_of(notice: Notice) -> tuple[str, ...]:
    """Say that those who had been named receive no longer, where a new code ended that."""
    if notice.kind is not MessageKind.CODE_RENEWED or not notice.withdrew_delegates:
        return ()
    language = notice.ticket.language
    return (
        text(
            language, "The person you had named can no longer receive it. You can name them again on your ticket page."
        ),
    )


def where_of(notice: Notice) -> tuple[str, ...]:
    """Say where a parcel waits and until when, in a message that is about that."""
    language, waiting = notice.ticket.language, notice.ticket.waiting
    if waiting is None or notice.kind not in (MessageKind.READY_TO_COLLECT, MessageKind.COLLECT_SOON):
        return ()
    told = ", ".join(one_line(each) for each in (waiting.point, waiting.place) if each)
    until = text(
        language,
        "It will be kept until %(moment)s, then it goes back.",
        moment=moment_for(notice, waiting.deadline),
    )
    return tuple(line for line in (told, one_line(waiting.opening), until) if line)


def lines_of(notice: Notice) -> tuple[str, ...]:
    """Return the sentences of a message that carries no code."""
    return tuple(line for line in _LINES[notice.kind](notice) if line)


def choices_of(notice: Notice) -> tuple[tuple[str, str], ...]:
    """Return what the recipient may choose after a visit that failed: where on their page, and in which words."""
    language, ticket = notice.ticket.language, notice.ticket
    own = ticket.holder_kind is HolderKind.RECIPIENT and ticket.code is not None and ticket.code.state is CodeState.LIVE
    if notice.kind is not MessageKind.NOT_HANDED_OVER or ticket.handed_over_at is not None or ticket.is_blocked:
        return ()
    offered = {
        "?open=day#wish": (notice.offered.first_day is not None, N_("Choose another day")),
        "?open=point#wish": (bool(notice.offered.points), N_("Collect it at a pickup point")),
        "?open=delegate#delegates": (own, N_("Have somebody else receive it")),
    }
    return tuple((where, text(language, words)) for where, (is_offered, words) in offered.items() if is_offered)


def is_warned(notice: Notice) -> bool:
    """Tell whether the reader may still have to show a code, and is told again where only."""
    return (
        notice.ticket.code is not None
        and notice.ticket.handed_over_at is None
        and not notice.ticket.is_blocked
        and notice.kind not in (MessageKind.HANDED_OVER, MessageKind.HANDOVER_CONFLICT)
    )


def _issued_subject(notice: Notice) -> str:
    if notice.ticket.holder_kind is HolderKind.DELEGATE:
        return text(notice.ticket.language, "Delivery code for a parcel you are receiving for somebody else")
    if sender := one_line(notice.ticket.sender):
        return text(notice.ticket.language, "Delivery code for your parcel from %(sender)s", sender=sender)
    return text(notice.ticket.language, "Delivery code for your parcel")


def _joined(notice: Notice) -> tuple[str, ...]:
    language = notice.ticket.language
    return (
        text(language, "The parcel …%(end)s is coming to you too.", end=_end(notice)),
        text(language, "The delivery code you already have works for it too."),
        *parcels_of(notice),
    )


def _handed_over(notice: Notice) -> tuple[str, ...]:
    language, ticket = notice.ticket.language, notice.ticket
    number, reception = ticket.match_number, ticket.progress.reception
    by_delegate = reception is not None and reception.by_holder is HolderKind.DELEGATE
    return (
        text(
            language,
            "The parcel …%(end)s was handed over: %(moment)s.",
            end=_together(notice),
            moment=moment_for(notice, ticket.handed_over_at or notice.queued_at),
        ),
        _done_of(notice),
        text(language, _HOW[reception.means]) if reception else "",
        text(language, "With the code of %(name)s", name=one_line(reception.by_name or "")) + "."
        if reception and by_delegate
        else "",
        text(language, "The number on both screens was %(number)s.", number=number) if number else "",
        text(language, "This confirms the handover, not the contents of the parcel."),
        text(language, "Have you not received it? Tell us on the page below. The proof is there too."),
    )


def _handover_conflict(notice: Notice) -> tuple[str, ...]:
    language = notice.ticket.language
    return (
        text(
            language,
            "A device without a network says that it handed over the parcel …%(end)s. "
            "By then its code was no longer valid, or the parcel had already been handed over.",
            end=_end(notice),
        ),
        text(language, "Have you not received it? Tell us on the page below. The proof is there too."),
    )


def _wrong_tries(notice: Notice) -> tuple[str, ...]:
    language = notice.ticket.language
    return (
        text(
            language,
            "Wrong digits were entered for the parcel …%(end)s: %(moment)s.",
            end=_end(notice),
            moment=moment_for(notice, notice.queued_at),
        ),
        text(language, "Tries left: %(count)s", count=notice.ticket.tries_left) + ".",
        text(language, "After several wrong tries, only the symbol still works."),
        text(language, PLACE_WORDS[notice.ticket.place].wrong_tries),
    )


def _not_handed_over(notice: Notice) -> tuple[str, ...]:
    language = notice.ticket.language
    return (
        text(
            language,
            "The parcel …%(end)s could not be handed over: %(moment)s.",
            end=_end(notice),
            moment=moment_for(notice, notice.queued_at),
        ),
        text(language, ATTEMPT_WORDS[notice.ticket.progress.visit.reason]) if notice.ticket.progress.visit else "",
        text(language, "Your latest delivery code is valid for the next visit.")
        if notice.ticket.code and not notice.ticket.is_blocked
        else "",
    )


def _reported(notice: Notice) -> tuple[str, ...]:
    language, ticket, report = notice.ticket.language, notice.ticket, notice.report
    moment, stands = moment_for(notice, notice.queued_at), report is None or report.withdrawn_at is None
    return (
        text(language, "A recipient has reported a problem with the parcel %(reference)s.", reference=ticket.reference),
        *(_said(language, report) if report else ()),
        _taken_back(notice, report) if report else "",
        text(language, "Open it in the back office and answer: %(moment)s.", moment=moment) if stands else "",
    )


def _said(language: str, report: Report) -> tuple[str, ...]:
    told = (f"{text(language, CONTEST_WORDS[report.kind])}.", one_line(report.words or "", LONGEST_WORDS))
    return (*told, text(language, "With a photo") + ".") if report.has_photo else told


def _taken_back(notice: Notice, report: Report) -> str:
    language = notice.ticket.language
    if report.withdrawn_at is None:
        return ""
    return f"{text(language, 'Withdrawn')}: {moment_for(notice, report.withdrawn_at)}."


def _answered(report: Report) -> tuple[str, ...]:
    return (f"{one_line(report.answered_by or '')}:", one_line(report.answer or "", LONGEST_ANSWER))


def _wish_noted(notice: Notice) -> tuple[str, ...]:
    return (*_redirected(notice), _was_not_you(notice))


def _delegate_named(notice: Notice) -> tuple[str, ...]:
    language, moment = notice.ticket.language, moment_for(notice, notice.queued_at)
    named = text(
        language,
        "%(moment)s: somebody was named to receive the parcel …%(end)s for you.",
        moment=moment,
        end=_end(notice),
    )
    return (named, _was_not_you(notice))


def _was_not_you(notice: Notice) -> str:
    return text(notice.ticket.language, "Was that not you? Cancel it on your ticket page, and get a new code there.")


def _redirected(notice: Notice) -> tuple[str, ...]:
    language, wish = notice.ticket.language, notice.ticket.wish
    if wish is None:
        noted = text(language, "Your parcel …%(end)s is coming as planned.", end=_end(notice))
    elif wish.day is not None:
        noted = text(
            language,
            "Your parcel …%(end)s is coming on %(day)s.",
            end=_end(notice),
            day=local_day(language, wish.day, notice.house),
        )
    else:
        noted = text(language, "You will collect your parcel …%(end)s at the pickup point.", end=_end(notice))
    where = (one_line(each or "") for each in (wish.point, wish.place, wish.opening)) if wish else ()
    return (noted, *(each for each in where if each))


def _code_told(notice: Notice) -> tuple[str, ...]:
    language, moment = notice.ticket.language, moment_for(notice, notice.queued_at)
    return (
        text(
            language,
            "%(moment)s: our staff viewed the code for your parcel …%(end)s, to read it out by phone or to print it.",
            moment=moment,
            end=_end(notice),
        ),
        text(language, "Did you not ask for that? Get a new code on your ticket page."),
    )


def _code_moved(notice: Notice) -> tuple[str, ...]:
    language = notice.ticket.language
    return (
        text(language, "The code for the parcel …%(end)s now goes to somebody else.", end=_end(notice)),
        text(language, "The recipient's details were corrected. The code and link that you received no longer work."),
        text(language, "Is the parcel for you? Then ask the sender. Otherwise, you do not need to do anything."),
    )


def _cancelled(notice: Notice) -> tuple[str, ...]:
    return _ended(notice, text(notice.ticket.language, "Your parcel …%(end)s was cancelled.", end=_end(notice)))


def _went_back(notice: Notice) -> tuple[str, ...]:
    went = text(notice.ticket.language, "Your parcel …%(end)s went back to its sender.", end=_end(notice))
    return _ended(notice, went)


def _elsewhere(notice: Notice) -> tuple[str, ...]:
    language = notice.ticket.language
    said = text(language, "The carrier says that your parcel …%(end)s was delivered elsewhere.", end=_end(notice))
    asked = text(language, "If you do not have it, please tell us on your ticket page.")
    return (said, asked, _code_of_ended(notice))


def _ended(notice: Notice, what: str) -> tuple[str, ...]:
    asked = text(notice.ticket.language, "Do you have questions? Please ask the sender.")
    return (what, _code_of_ended(notice), asked)


def _code_of_ended(notice: Notice) -> str:
    """Say what became of the code: the one for other parcels stays good for these."""
    language = notice.ticket.language
    if any(each.is_to_come and each.code_required for each in notice.ticket.parcels):
        return text(
            language, "The delivery code that you have no longer works for it. It stays valid for your other parcels."
        )
    return text(language, "The delivery code that you have no longer works.")


def _report_answered(notice: Notice) -> tuple[str, ...]:
    language, report = notice.ticket.language, notice.report
    return (
        text(language, "Your report on the parcel …%(end)s was answered.", end=_end(notice)),
        *((*_said(language, report), *_answered(report)) if report else ()),
        text(language, "The answer is on your ticket page, too."),
    )


def _together(notice: Notice) -> str:
    """Return the ends of the numbers of the parcels that changed hands at that moment."""
    given = notice.ticket.handed_over_at
    together = [each.reference for each in notice.ticket.parcels if given and each.handed_over_at == given]
    return ", …".join(_end_of(notice, reference) for reference in together) or _end(notice)


def _done_of(notice: Notice) -> str:
    """Say how many parcels of several were handed over."""
    parcels = notice.ticket.parcels
    done = sum(each.handed_over_at is not None for each in parcels)
    told = text(notice.ticket.language, "%(done)s of %(all)s handed over", done=done, all=len(parcels))
    return f"{told}." if len(parcels) > 1 else ""


def _end(notice: Notice) -> str:
    return _end_of(notice, notice.ticket.reference)


def _end_of(notice: Notice, reference: str) -> str:
    return left_to_right(notice.ticket.language, reference[-SHOWN_OF_REFERENCE:])


_COMES: dict[MessageKind, str] = {
    MessageKind.DELIVERY_DAY: N_(
        "Your parcel …%(end)s is coming today. Have this code ready; it is the same as before."
    ),
    MessageKind.DRIVER_NEAR: N_("The driver with your parcel …%(end)s is near. Have this code ready."),
    MessageKind.READY_TO_COLLECT: N_("Your parcel …%(end)s is waiting at the pickup point. Show this code there."),
    MessageKind.COLLECT_SOON: N_("Your parcel …%(end)s is still waiting at the pickup point. Show this code there."),
}
_HOW: dict[Means | None, str] = {
    Means.PAYLOAD: N_("The code was scanned."),
    Means.DIGITS: N_("The six digits were typed."),
    Means.TAP: N_("This parcel needed no code."),
    None: N_("Without a code: two named people take responsibility for it."),
}
_SUBJECTS: dict[MessageKind, Callable[[Notice], str]] = {
    MessageKind.CODE_ISSUED: _issued_subject,
    MessageKind.CODE_RENEWED: lambda notice: text(notice.ticket.language, "Your new delivery code"),
    MessageKind.PARCEL_JOINED: lambda notice: text(notice.ticket.language, "Another parcel is coming to you"),
    MessageKind.DELIVERY_DAY: lambda notice: text(notice.ticket.language, "Your parcel is coming today"),
    MessageKind.DRIVER_NEAR: lambda notice: text(notice.ticket.language, "The driver is near"),
    MessageKind.READY_TO_COLLECT: lambda notice: text(notice.ticket.language, "Your parcel is ready to collect"),
    MessageKind.COLLECT_SOON: lambda notice: text(notice.ticket.language, "Your parcel will not be kept much longer"),
    MessageKind.WRONG_TRIES: lambda notice: text(notice.ticket.language, "Wrong digits were entered for your parcel"),
    MessageKind.HANDED_OVER: lambda notice: text(notice.ticket.language, "Your parcel was handed over"),
    MessageKind.HANDOVER_CONFLICT: lambda notice: text(
        notice.ticket.language, "Please check the handover of your parcel"
    ),
    MessageKind.REPORTED: lambda notice: text(notice.ticket.language, "A recipient has reported a problem"),
    MessageKind.CODE_TOLD: lambda notice: text(notice.ticket.language, "Your delivery code was viewed by our staff"),
    MessageKind.DELEGATE_NAMED: lambda notice: text(notice.ticket.language, "Somebody else may receive your parcel"),
    MessageKind.WISH_NOTED: lambda notice: text(notice.ticket.language, "Your request for your parcel is noted"),
    MessageKind.REDIRECTED: lambda notice: text(notice.ticket.language, "Your delivery has changed"),
    MessageKind.CODE_MOVED: lambda notice: text(notice.ticket.language, "A delivery code now goes to somebody else"),
    MessageKind.CANCELLED: lambda notice: text(notice.ticket.language, "Your parcel was cancelled"),
    MessageKind.RETURNED: lambda notice: text(notice.ticket.language, "Your parcel went back to its sender"),
    MessageKind.DELIVERED_ELSEWHERE: lambda notice: text(
        notice.ticket.language, "The carrier says that your parcel was delivered elsewhere"
    ),
    MessageKind.REPORT_ANSWERED: lambda notice: text(notice.ticket.language, "Your report was answered"),
    MessageKind.NOT_HANDED_OVER: lambda notice: text(notice.ticket.language, "Your parcel could not be handed over"),
}
_LINES: dict[MessageKind, Callable[[Notice], tuple[str, ...]]] = {
    MessageKind.PARCEL_JOINED: _joined,
    MessageKind.WRONG_TRIES: _wrong_tries,
    MessageKind.HANDED_OVER: _handed_over,
    MessageKind.HANDOVER_CONFLICT: _handover_conflict,
    MessageKind.NOT_HANDED_OVER: _not_handed_over,
    MessageKind.REPORTED: _reported,
    MessageKind.REPORT_ANSWERED: _report_answered,
    MessageKind.DELEGATE_NAMED: _delegate_named,
    MessageKind.WISH_NOTED: _wish_noted,
    MessageKind.REDIRECTED: _redirected,
    MessageKind.CODE_TOLD: _code_told,
    MessageKind.CODE_MOVED: _code_moved,
    MessageKind.CANCELLED: _cancelled,
    MessageKind.RETURNED: _went_back,
    MessageKind.DELIVERED_ELSEWHERE: _elsewhere,
}
