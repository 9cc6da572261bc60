"""Witnesses: they co-sign the log's newest state if it continues the one they saw before (c2sp.org/tlog-witness).

Each is asked by a thread of its own work, with deadlines and at most once an interval, so one that is down, slow or
against us delays nothing. What they sign stands in proofs.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from threading import Event
from time import monotonic

import httpx

from codes import DeliveryCodes
from codes.proving.checkpoint import Checkpoint
from codes.proving.signed_note import BadNote, VerifierKey, read_verifier_key, witnessed
from codes.sealing.cosignatures import cosigned_size, note_cosigned
from codes.sealing.sealed_log import consistency_since, newest_checkpoint
from web.processes.masking import masked
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


class Witnessing:
    """Asks the witnesses from time to time; holds what it asks with."""

    def __init__(self, codes: DeliveryCodes, witnesses: Sequence[Witness], every: timedelta) -> None:
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
        for witness in self._witnesses if newest else ():
            assert newest is not None
            try:
                ask(self._codes, witness, newest)
            except (NotWitnessed, BadNote, httpx.HTTPError) as error:
                words = str(error) if isinstance(error, NotWitnessed | BadNote) else type(error).__name__
                log.warning("%s did not sign checkpoint %d: %s", witness.key.name, newest.number, words)
        return 0


def ask(codes: DeliveryCodes, witness: Witness, checkpoint: Checkpoint) -> None:
    """Let a witness sign a checkpoint, and keep its line. Raises NotWitnessed, BadNote or httpx.HTTPError."""
    old = codes.read(cosigned_size, witness.key.name)
    if old == checkpoint.size:
        return
    status, answer = _add_checkpoint(codes, witness, checkpoint, old)
    if status == httpx.codes.CONFLICT:
        # It signed another state than we remember: an answer was lost, or another worker asked.
        old = _size_in(answer)
        if old > checkpoint.size:
            raise NotWitnessed(f"it has seen {old} leaves, this checkpoint has {checkpoint.size}")
        status, answer = _add_checkpoint(codes, witness, checkpoint, old)
    if status != httpx.codes.OK:
        raise NotWitnessed(f"{MEANINGS.get(status, 'it answered')} ({status})")
    lines = answer.splitlines()
    witnessed(checkpoint.note_text(), lines, witness.key)
    line = next(each for each in lines if each.startswith(f"— {witness.key.name} "))
    codes.write(note_cosigned, witness.key.name, checkpoint.number, line)


MEANINGS = {
    400: "it does not understand what was sent",
    403: "it does not trust the log's key: give its operator `app.py proof-key --verifier`",
    404: "it does not know the log: give its operator `app.py proof-key --verifier`",
    422: "it finds that the log does not continue what it saw before: compare with `app.py audit --against FILE`",
}


def _add_checkpoint(codes: DeliveryCodes, witness: Witness, checkpoint: Checkpoint, old: int) -> tuple[int, str]:
    """Send a checkpoint with the proof that it continues the tree of ``old`` leaves; returns status and answer."""
    proof = codes.read(consistency_since, old, checkpoint.size) if old else []
    lines = [f"old {old}", *(base64.b64encode(each).decode() for each in proof)]
    body = "\n".join([*lines, "", checkpoint.note()]).encode()
    # No time-out of one read bounds the whole, so the clock is looked at between them.
    end, told = monotonic() + ANSWER_SECONDS, b""
    with httpx.stream("POST", f"{witness.url}/add-checkpoint", content=body, timeout=ANSWER_SECONDS / 2) as answer:
        for part in answer.iter_bytes():
            told += part
            if len(told) > LONGEST_ANSWER or monotonic() > end:
                raise NotWitnessed(f"{masked(witness.url)} answers too much or too slowly")
        return answer.status_code, told.decode("utf-8", "replace")


def _size_in(answer: str) -> int:
    if not answer.strip().isascii() or not answer.strip().isdigit() or len(answer) > 20:
        raise NotWitnessed("it says that it has another state, and not which")
    return int(answer)
