"""The authority of time that stamps the log's newest state (RFC 3161), where the settings name one."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

from codes import DeliveryCodes
from codes.proving.checkpoint import Checkpoint
from codes.proving.time_stamps import PREFIX, read_stamp, stamp_line
from codes.sealing.cosignatures import cosigned_size, note_cosigned
from web.processes.witnessing import NotWitnessed, send


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
