"""Outsiders sign the log's newest state: witnesses, and an authority of time (RFC 3161).

Witnesses co-sign it if it continues the one they saw before (c2sp.org/tlog-witness).
Threads of their own ask them, one for each, with deadlines and at most once an interval, so whoever is down, slow or
against us delays nothing and no other witness. What they sign stands in proofs.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from threading import Event
from typing import Protocol
from urllib.parse import urlsplit

from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

from codes import DeliveryCodes
from codes.proving.checkpoint import Checkpoint
from codes.proving.signed_note import BadNote, VerifierKey, is_by, read_verifier_key, witnessed
from codes.proving.time_stamps import PREFIX, read_stamp, stamp_line
from codes.sealing.cosignatures import cosigned_size, note_cosigned
from codes.sealing.sealed_log import consistency_since, newest_checkpoint
from web.outside_calls import Answer, NotAnswered, ask
from web.processes.repeating import repeat
from web.processes.troubles import log_trouble
from web.settings import WitnessSettings

log = logging.getLogger("doorcode.witnessing")

ANSWER_SECONDS = 10.0
LONGEST_ANSWER = 65_536


class NotWitnessed(Exception):
    """The witness did not sign; the words say why."""


@dataclass(frozen=True, slots=True)
class Witness:
    """Who co-signs: where it is asked, and the key that its lines are known by."""

    url: str
    key: VerifierKey

    @classmethod
    def of(cls, settings: WitnessSettings) -> Witness:
        """Return the witness that the settings name."""
        return cls(settings.url.rstrip("/"), read_verifier_key(settings.key))

    @property
    def name(self) -> str:
        """Return the name of its lines."""
        return self.key.name

    def sign(self, codes: DeliveryCodes, checkpoint: Checkpoint) -> None:
        """Let it sign a checkpoint, and keep its line. Raises NotWitnessed, BadNote or NotAnswered."""
        old = codes.read(cosigned_size, self.name)
        if old == checkpoint.size:
            return
        status, answer = self._add_checkpoint(codes, checkpoint, old)
        if status == HTTPStatus.CONFLICT:
            # It signed another state than we remember: an answer was lost, or another worker asked.
            old = _size_in(answer)
            if old > checkpoint.size:
                raise NotWitnessed(f"it has seen {old} leaves, this checkpoint has {checkpoint.size}")
            status, answer = self._add_checkpoint(codes, checkpoint, old)
        if status != HTTPStatus.OK:
            raise NotWitnessed(f"{MEANINGS.get(status, 'it answered')} ({status})")
        lines = answer.splitlines()
        witnessed(checkpoint.note_text(), lines, self.key)
        codes.write(note_cosigned, self.name, checkpoint.number, next(each for each in lines if is_by(each, self.key)))

    def _add_checkpoint(self, codes: DeliveryCodes, checkpoint: Checkpoint, old: int) -> tuple[int, str]:
        """Send a checkpoint with the proof that it continues the tree of ``old`` leaves; returns status and answer."""
        proof = codes.read(consistency_since, old, checkpoint.size) if old else []
        lines = [f"old {old}", *(base64.b64encode(each).decode() for each in proof)]
        body = "\n".join([*lines, "", checkpoint.note()]).encode()
        answer = send(f"{self.url}/add-checkpoint", body, "text/plain; charset=utf-8")
        return answer.status, answer.content.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class TimeAuthority:
    """Who stamps, and where it is asked."""

    url: str

    @property
    def name(self) -> str:
        """Return the name of its lines."""
        return PREFIX + (urlsplit(self.url).hostname or "")

    def sign(self, codes: DeliveryCodes, checkpoint: Checkpoint) -> None:
        """Have a checkpoint stamped, and keep the stamp. Raises NotWitnessed, BadNote or NotAnswered."""
        if codes.read(cosigned_size, self.name) == checkpoint.size:
            return
        text = checkpoint.note_text()
        asked = TimestampRequestBuilder(text.encode(), HashAlgorithm.SHA256).build()
        answer = send(self.url, asked.as_bytes(), "application/timestamp-query")
        if answer.status != HTTPStatus.OK:
            raise NotWitnessed(f"it answered {answer.status}")
        if read_stamp(text, answer.content).tst_info.nonce != asked.nonce:
            raise NotWitnessed("it gave an older stamp")
        line = stamp_line(self.name.removeprefix(PREFIX), answer.content)
        codes.write(note_cosigned, self.name, checkpoint.number, line)


class Signer(Protocol):
    """Somebody outside who signs the log's newest state."""

    @property
    def name(self) -> str:
        """Return the name of its lines."""
        ...

    def sign(self, codes: DeliveryCodes, checkpoint: Checkpoint) -> None:
        """Have a checkpoint signed, and keep the line. Raises NotWitnessed, BadNote or NotAnswered."""
        ...


class Witnessing:
    """Asks the witnesses from time to time; holds what it asks with."""

    def __init__(self, codes: DeliveryCodes, witnesses: Sequence[Signer], every: timedelta) -> None:
        self._codes = codes
        self._witnesses = witnesses
        self._every = every.total_seconds()

    def run(self, stop: Event) -> None:
        """Ask again and again until told to stop."""
        repeat(
            self.ask_all,
            stop,
            poll_seconds=self._every,
            on_trouble=lambda error: log_trouble(log, "witnesses were not asked, trying again", error),
        )

    def ask_all(self) -> int:
        """Ask each witness that did not sign the newest checkpoint yet; 0, so that the next round waits."""
        newest = self._codes.read(newest_checkpoint)
        if newest is not None and self._witnesses:
            with ThreadPoolExecutor(len(self._witnesses), "witness") as threads:
                list(threads.map(partial(self._ask, newest), self._witnesses))
        return 0

    def _ask(self, checkpoint: Checkpoint, witness: Signer) -> None:
        try:
            witness.sign(self._codes, checkpoint)
        except (NotWitnessed, BadNote, NotAnswered) as error:
            log.warning("%s did not sign checkpoint %d: %s", witness.name, checkpoint.number, error)


MEANINGS = {
    400: "it does not understand what was sent",
    403: "it does not trust the log's key: give its operator `app.py proof-key --verifier`",
    404: "it does not know the log: give its operator `app.py proof-key --verifier`",
    422: "it finds that the log does not continue what it saw before: compare with `app.py audit --against FILE`",
}


def send(url: str, body: bytes, kind: str) -> Answer:
    """Send a body by POST to somebody outside who keeps or signs checkpoints. Raises NotAnswered."""
    headers = {"Content-Type": kind}
    return ask("POST", url, seconds=ANSWER_SECONDS, most_bytes=LONGEST_ANSWER, content=body, headers=headers)


def _size_in(answer: str) -> int:
    if not answer.strip().isascii() or not answer.strip().isdigit() or len(answer) > 20:
        raise NotWitnessed("it says that it has another state, and not which")
    return int(answer)
