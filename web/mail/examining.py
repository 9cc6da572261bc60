"""The house's look tried at the start with sample messages, so that no mail stumbles over it later."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from jinja2 import TemplateError, TemplateSyntaxError

from codes.model import CodeState, HolderKind, MessageKind
from codes.recipients.delivery_progress import DeliveryProgress
from codes.recipients.tickets import Notice, ShownCode, Ticket, TicketParcel, TicketState
from codes.values.payload import format_payload
from web.i18n import language_named, offered
from web.mail.compose import compose
from web.mail.look import BadLook, logo_at
from web.mail.settings import MailSettings
from web.mail.wording import WITH_CODE, only_where

PARTS = ("code", "event", "frame", "parts")
FORMS = ("html", "txt")
DIGITS = "483920"
PAGES = "https://codes.example.org"
WHEN = datetime(2026, 11, 24, 10, 11, tzinfo=UTC)


def examine(settings: MailSettings) -> None:
    """Read the logo, and write every message that a template of the house's writes. Raises BadLook."""
    if settings.look.logo is not None:
        logo_at(settings.look.logo)
    folder = settings.look.templates
    if folder is None:
        return
    if not folder.is_dir():
        raise BadLook(f"mail.look.templates: {folder} is no folder")
    languages = {language_named(None).code, *_languages_named(folder)}
    for kind in MessageKind:
        for language in sorted(languages):
            _try(sample_notice(kind, language), settings, folder)


def sample_notice(kind: MessageKind, language: str) -> Notice:
    """Return a message of that kind about a parcel that is none."""
    code = ShownCode(DIGITS, format_payload(1 << 95), WHEN + timedelta(days=30), CodeState.LIVE, WHEN)
    nobody = UUID(int=7 << 76)
    ticket = Ticket(
        parcels=(TicketParcel(nobody, "SAMPLE1001", TicketState.ANNOUNCED, True),),
        parcel_id=nobody,
        holder_id=nobody,
        holder_kind=HolderKind.RECIPIENT,
        reference="SAMPLE1001",
        sender="Example Shop",
        name="Sample Recipient",
        email="sample@example.org",
        phone=None,
        language=language,
        state=TicketState.ANNOUNCED,
        code=code,
        announced_at=WHEN,
        out_for_delivery_at=None,
        handed_over_at=None,
        recorded_at=None,
        over_at=None,
        match_number=None,
        tries_left=5,
        valid_until=None,
        progress=DeliveryProgress(),
        version=1,
    )
    return Notice(nobody, kind, WHEN, ticket, "sample")


def _languages_named(folder: Path) -> Iterator[str]:
    """Return the languages that have templates of their own, and name files that would never be used."""
    known = {language.code for language in offered()}
    for path in sorted(folder.iterdir()):
        name, *language, form = path.name.split(".") if path.suffix else (path.name, "")
        if name.startswith("_") or path.name.startswith(".") or path.is_dir():
            continue
        if form not in FORMS or name not in {*PARTS, *(kind.value for kind in MessageKind)} or len(language) > 1:
            whole = ", ".join([*PARTS, *(kind.value for kind in MessageKind)])
            raise BadLook(
                f"{path}: would never be used; its name is KIND.html, KIND.txt or KIND.de.html, KIND of {whole}"
            )
        if language and language[0] not in known:
            raise BadLook(f"{path}: {language[0]} is no language here; there are {', '.join(sorted(known))}")
        yield from language


def _try(notice: Notice, settings: MailSettings, folder: Path) -> None:
    settings = settings.model_copy(update={"operations_address": settings.operations_address or "sample@example.org"})
    try:
        message = compose(notice, settings, PAGES)
    except TemplateSyntaxError as error:
        raise BadLook(f"{error.filename or error.name}, line {error.lineno}: {error.message}") from error
    except Exception as error:
        if not isinstance(error, TemplateError) and not _lines_in(error, folder):
            raise
        raise BadLook(f"{_lines_in(error, folder) or folder}: {error} (writing {notice.kind})") from error
    for form in ("plain", "html"):
        part = message.get_body((form,))
        written = " ".join(part.get_content().split()) if part else ""
        written = written.replace(f"{DIGITS[:3]} {DIGITS[3:]}", DIGITS)
        for needed in _needed(notice):
            if needed not in written:
                raise BadLook(f"{folder}: {notice.kind} in {notice.ticket.language} lacks {needed!r} ({form})")


def _needed(notice: Notice) -> tuple[str, ...]:
    """Return what no template may leave out."""
    if notice.kind not in WITH_CODE:
        return ()
    return (DIGITS, f"{PAGES}/t/sample", only_where(notice))


def _lines_in(error: BaseException, folder: Path) -> str:
    """Return the house's template, and its line, in which something went wrong."""
    frames = [each for each in traceback.extract_tb(error.__traceback__) if Path(each.filename).parent == folder]
    return f"{frames[-1].filename}, line {frames[-1].lineno}" if frames else ""
