"""Checkpoints for outsiders: into a folder, by mail, by POST. What cannot be delivered now is tried again."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import httpx

from codes import DeliveryCodes
from codes.proving.checkpoint import BadCheckpoint, Checkpoint, read_checkpoint
from codes.proving.publications import Publications
from web.mail.delivery import Delivered, SmtpSender
from web.mail.settings import MailSettings
from web.settings import SealingSettings

log = logging.getLogger("doorcode.publishing")

ANSWER_SECONDS = 10.0


class NotDelivered(Exception):
    """The target did not take the checkpoint."""


@dataclass(frozen=True, slots=True)
class Target:
    """An outsider: its name in the table, how to deliver, whether only the newest counts, and how often at most."""

    name: str
    deliver: Callable[[Checkpoint], None]
    newest_only: bool = False
    pause: timedelta = timedelta(0)


def publish(codes: DeliveryCodes, targets: list[Target]) -> None:
    """Deliver to each target what it has not got yet, in order."""
    publications = Publications(codes.database, codes.clock)
    for target in targets:
        number, at = publications.last(target.name)
        if at is not None and codes.clock() < at + target.pause:
            continue
        newest = codes.log.newest() if target.newest_only else None
        due = [newest] if newest and newest.number > number else codes.log.since(number)
        for checkpoint in due if not target.newest_only or newest else []:
            if checkpoint.number <= number:
                continue
            try:
                target.deliver(checkpoint)
            except (NotDelivered, OSError, httpx.HTTPError) as error:
                log.warning("checkpoint %d is not at %s yet: %s", checkpoint.number, target.name, type(error).__name__)
                break
            publications.delivered(target.name, checkpoint.number)


def targets_of(settings: SealingSettings, mail: MailSettings, sender: SmtpSender | None) -> list[Target]:
    """Return the outsiders that the settings name."""
    return list(_targets(settings, mail, sender))


def published(checkpoint: Checkpoint) -> str:
    """Return a checkpoint as it is published: the document and its signature."""
    document = {"checkpoint": checkpoint.document(), "signature": checkpoint.signature.hex()}
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


def read_published(path: Path) -> Checkpoint:
    """Read a published checkpoint back. Raises BadCheckpoint."""
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"))
        return read_checkpoint(document["checkpoint"], document["signature"])
    except (ValueError, KeyError, TypeError) as error:
        raise BadCheckpoint(f"{path} is no published checkpoint") from error


def _targets(settings: SealingSettings, mail: MailSettings, sender: SmtpSender | None) -> Iterator[Target]:
    if folder := settings.folder:
        yield Target(f"folder {folder}"[:500], lambda checkpoint: _write(folder, checkpoint))
    if (address := settings.mail_to) and sender:
        name = f"mail {address}"

        def send(checkpoint: Checkpoint) -> None:
            if not isinstance(sender.send(_letter(checkpoint, mail, address)), Delivered):
                raise NotDelivered(name)

        yield Target(name, send, newest_only=True, pause=timedelta(hours=settings.mail_hours))
    for url in settings.post_to:
        yield Target(f"post {url}", lambda checkpoint, url=url: _post(url, checkpoint))  # type: ignore[misc]


def _write(folder: Path, checkpoint: Checkpoint) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"checkpoint-{checkpoint.number:08d}.json"
    draft = path.with_suffix(".new")
    with draft.open("w", encoding="utf-8") as file:
        file.write(published(checkpoint))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _post(url: str, checkpoint: Checkpoint) -> None:
    headers = {"Content-Type": "application/json"}
    answer = httpx.post(url, content=published(checkpoint), headers=headers, timeout=ANSWER_SECONDS)
    answer.raise_for_status()
    if not answer.is_success:
        raise NotDelivered(url)


def _letter(checkpoint: Checkpoint, mail: MailSettings, address: str) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(mail.sender_name, addr_spec=mail.sender_address)
    message["To"] = Address("", addr_spec=address)
    message["Subject"] = f"Checkpoint {checkpoint.number}"
    message["Date"] = datetime.fromisoformat(checkpoint.at)
    message["Message-ID"] = f"<checkpoint.{checkpoint.number}@{mail.domain}>"
    message.set_content(published(checkpoint))
    return message
