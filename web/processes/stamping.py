"""The authority of time that stamps the log's newest state (RFC 3161), where the settings name one."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

from codes import DeliveryCodes
from codes.proving.checkpoint import Checkpoint
from codes.proving.time_stamps import PREFIX, read_stamp, stamp_line
from codes.sealing.cosignatures import cosigned_size, note_cosigned
from web.processes.witnessing import NotWitnessed, sent


@dataclass(frozen=True, slots=True)
class TimeAuthority:
    """Who stamps, and where it is asked."""

    url: str

    @property
    def name(self) -> str:
        """Return the name of its lines."""
        return PREFIX + (urlsplit(self.url).hostname or "")

    def sign(self, codes: DeliveryCodes, checkpoint: Checkpoint) -> None:
        """Have a checkpoint stamped, and keep the stamp. Raises NotWitnessed, BadNote or httpx.HTTPError."""
        if codes.read(cosigned_size, self.name) == checkpoint.size:
            return
        text = checkpoint.note_text()
        asked = TimestampRequestBuilder(text.encode(), HashAlgorithm.SHA256).build()
        status, answer = sent(self.url, asked.as_bytes(), "application/timestamp-query")
        if status != httpx.codes.OK:
            raise NotWitnessed(f"it answered {status}")
        if read_stamp(text, answer).tst_info.nonce != asked.nonce:
            raise NotWitnessed("it gave an older stamp")
        line = stamp_line(self.name.removeprefix(PREFIX), answer)
        codes.write(note_cosigned, self.name, checkpoint.number, line)
