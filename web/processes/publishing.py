"""Checkpoints for outsiders: into a folder, by mail, by POST. What cannot be delivered now is tried again.

A published checkpoint is never replaced. If the log has another one under a number that an outsider has, the store
was put back or written anew, and everything stops (`OtherCheckpoint`).
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from http import HTTPStatus
from pathlib import Path
from typing import Any

from codes import DeliveryCodes
from codes.keys.private_files import flush, private_folder, replace_private_file
from codes.proving.checkpoint import BadCheckpoint, Checkpoint, read_checkpoint
from codes.sealing.publications import last_delivered, note_delivered, note_stopped, publishing_stopped
from codes.sealing.sealed_log import checkpoints_after, newest_checkpoint
from web.mail.addresses import mailbox
from web.mail.delivery import Delivered, SmtpSender
from web.mail.headers import mailbox_header
from web.mail.settings import MailSettings
from web.processes.masking import masked
from web.settings import SealingSettings

log = logging.getLogger("doorcode.publishing")

LONGEST_NAME = 80
MEND_CHECKPOINTS = (
    "The store was put back to an older state, or written anew: compare with `app.py audit --against FILE` and "
    "restore the newest backup. If there is none, tell whoever holds the checkpoints, and publish to a new place."
)


class NotDelivered(Exception):
    """The target did not take the checkpoint."""


class OtherCheckpoint(Exception):
    """An outsider has another checkpoint under a number of the log."""


@dataclass(frozen=True, slots=True)
class Target:
    """An outsider: its name in the table, how to deliver, whether only the newest counts, and how often at most."""

    name: str
    deliver: Callable[[Checkpoint], None]
    newest_only: bool = False
    pause: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Published:
    """A file beside the database that remembers what outsiders got, in case the database is put back."""

    path: Path

    def last(self, target: str) -> tuple[int, str] | None:
        """Return the number and the digest of the last checkpoint that a target got from here."""
        found = self._all().get(target)
        return (int(found["number"]), str(found["digest"])) if found else None

    def note(self, target: str, checkpoint: Checkpoint) -> None:
        """Remember what a target got. The file is whole at any moment."""
        known = self._all() | {target: {"number": checkpoint.number, "digest": checkpoint.digest().hex()}}
        replace_private_file(self.path, json.dumps(known, indent=1, sort_keys=True).encode())

    def _all(self) -> dict[str, Any]:
        try:
            known: dict[str, Any] = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise OtherCheckpoint(f"{self.path} is damaged; put it back from a backup") from error
        return known


def check_published(codes: DeliveryCodes, targets: list[Target], published: Published) -> None:
    """See that the log still has what outsiders got, before anything more is sealed. Raises OtherCheckpoint."""
    with _stopping(codes):
        for target in targets:
            known = published.last(target.name)
            if known is None:
                continue
            number, digest = known
            standing = codes.read(checkpoints_after, number - 1, most=1)
            if not standing or (standing[0].number, standing[0].digest().hex()) != (number, digest):
                raise other_checkpoint(number, target.name)


def publish(codes: DeliveryCodes, targets: list[Target], published: Published) -> None:
    """Deliver to each target what it has not got yet, in order. Raises OtherCheckpoint."""
    with _stopping(codes):
        for target in targets:
            _publish_to(codes, target, published)
    if codes.read(publishing_stopped) is not None:
        codes.write(note_stopped, None)


def other_checkpoint(number: int, target: str) -> OtherCheckpoint:
    """Say which checkpoint differs, and where."""
    return OtherCheckpoint(f"checkpoint {number} at {masked(target)[:LONGEST_NAME]} is not the one of the log")


def targets_of(settings: SealingSettings, mail: MailSettings, sender: SmtpSender | None) -> list[Target]:
    """Return the outsiders that the settings name."""
    return list(_targets(settings, mail, sender))


def written(checkpoint: Checkpoint) -> str:
    """Return a checkpoint as it is published: the document, its signature, and both as a signed note."""
    signature = checkpoint.signature.hex()
    document = {"checkpoint": checkpoint.document(), "signature": signature, "note": checkpoint.note()}
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


def read_published(path: Path) -> Checkpoint:
    """Read a published checkpoint back. Raises BadCheckpoint."""
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"))
        line = document["note"].rstrip("\n").rpartition("\n")[2]
        return replace(read_checkpoint(document["checkpoint"], document["signature"]), note_line=line)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadCheckpoint(f"{path} is no published checkpoint") from error


@contextmanager
def _stopping(codes: DeliveryCodes) -> Iterator[None]:
    """Whatever stops publishing inside the block is noted where the office sees it."""
    try:
        yield
    except OtherCheckpoint as error:
        codes.write(note_stopped, str(error))
        raise


def _publish_to(codes: DeliveryCodes, target: Target, published: Published) -> None:
    number, at = codes.read(last_delivered, target.name)
    if at is not None and codes.clock() < at + target.pause:
        return
    newest = codes.read(newest_checkpoint) if target.newest_only else None
    due = [newest] if newest and newest.number > number else codes.read(checkpoints_after, number)
    for checkpoint in due if not target.newest_only or newest else []:
        if checkpoint.number <= number:
            continue
        try:
            target.deliver(checkpoint)
        except (NotDelivered, OSError) as error:
            kind = type(error.__cause__ or error).__name__
            log.warning("checkpoint %d is not at %s yet: %s", checkpoint.number, target.name, kind)
            return
        published.note(target.name, checkpoint)
        codes.write(note_delivered, target.name, checkpoint.number)


def _targets(settings: SealingSettings, mail: MailSettings, sender: SmtpSender | None) -> Iterator[Target]:
    if folder := settings.folder:
        yield Target(f"folder {folder}"[:500], lambda checkpoint: put_into(folder, checkpoint))
    if (address := settings.mail_to) and sender:
        name = f"mail {address}"

        def send(checkpoint: Checkpoint) -> None:
            if not isinstance(sender.send(_letter(checkpoint, mail, address)), Delivered):
                raise NotDelivered(name)

        yield Target(name, send, newest_only=True, pause=timedelta(hours=settings.mail_hours))
    for url in settings.post_to:
        yield Target(_name_of(url), lambda checkpoint, url=url: _post(url, checkpoint))  # type: ignore[misc]


def _name_of(url: str) -> str:
    """Name an outsider by its address; where that holds a secret, by what is left of it and a digest of it all."""
    name = masked(url)
    return f"post {name}" if name == url else f"post {name} {hashlib.sha256(url.encode()).hexdigest()[:12]}"


def put_into(folder: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint's file, whole or not at all, and never over another one. Raises OtherCheckpoint."""
    private_folder(folder)
    path = folder / f"checkpoint-{checkpoint.number:08d}.json"
    content = written(checkpoint).encode()
    draft = folder / f".{path.name}.{secrets.token_hex(8)}"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        # A second name for the draft, unlike a new name, is refused where a file stands already.
        os.link(draft, path)
    except FileExistsError:
        if path.read_bytes() != content:
            raise other_checkpoint(checkpoint.number, f"folder {folder}") from None
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()
    flush(folder)


def _post(url: str, checkpoint: Checkpoint) -> None:
    from web.outside_calls import NotAnswered
    from web.processes.witnessing import send

    try:
        answer = send(url, written(checkpoint).encode(), "application/json")
    except NotAnswered as error:
        raise NotDelivered(url) from error
    if answer.status == HTTPStatus.CONFLICT:
        raise other_checkpoint(checkpoint.number, f"post {url}")
    if not answer.is_success:
        raise NotDelivered(url)


def _letter(checkpoint: Checkpoint, mail: MailSettings, address: str) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = mailbox_header("From", mail.sender_name, mailbox(mail.sender_address))
    message["To"] = mailbox(address)
    message["Subject"] = f"Checkpoint {checkpoint.number}"
    message["Date"] = datetime.fromisoformat(checkpoint.at)
    message["Message-ID"] = f"<checkpoint.{checkpoint.number}@{mail.domain}>"
    message.set_content(written(checkpoint))
    return message
