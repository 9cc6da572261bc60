"""Kill the whole service with kill -9 at random moments under load, again and again, and then look at what is left.

`python -m bench.chaos.chaos --kills 200 --database sqlite` (or postgresql). What must hold is checked at the end:
every answer that was given stands in the database, and the same presentation still gets it; no parcel was handed
over twice; every mail went out, and one that went out again did so under the same Message-ID.
"""

from __future__ import annotations

import json
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import sqlalchemy as sa

from bench.chaos.killing import Broken, arguments_for, end_leases, ground, kill_often, tell
from codes import Announcement, DeliveryCodes, Person, tables
from codes.accounts.devices import invite_device
from codes.model import DeviceKind, MessageKind
from tests.parts.device import SigningDevice
from tests.parts.domain import shown
from tests.parts.running_service import RunningService, free_port
from tests.parts.servers.smtp_server import SmtpServer
from web.commands.opening import opened
from web.configuration import load_settings

PARCELS_A_KILL = 12
CLIENTS = 4
DRAINED_WITHIN_SECONDS = 120
VERIFICATIONS = "/api/v1/verifications"


@dataclass(slots=True)
class Result:
    """What a run came to."""

    kills: int = 0
    answers: int = 0
    retries: int = 0
    handovers: int = 0
    mails: int = 0
    mails_sent_again: int = 0


@dataclass(slots=True)
class Chaos:
    """One house under attack."""

    service: RunningService
    smtp: SmtpServer
    codes: DeliveryCodes
    chance: random.Random
    device: SigningDevice = field(default_factory=SigningDevice)
    session: str = ""
    answers: dict[str, tuple[dict[str, Any], dict[str, Any]]] = field(default_factory=dict)
    result: Result = field(default_factory=Result)
    announced: int = 0

    def enrol(self) -> None:
        """Enrol the one device that presents everything."""
        secret = self.codes.write(invite_device, "Chaos", DeviceKind.DRIVER)
        body = {"enrolment": secret, "public_key": self.device.jwk}
        answer = httpx.post(f"{self.service.url}/api/v1/devices", json=body).raise_for_status()
        self.device.device_id = UUID(answer.json()["device_id"])
        self.session = answer.cookies["doorcode_device"]

    def kill_once(self) -> None:
        """Present codes from several clients, kill the service meanwhile, start it again, and get every answer."""
        bodies = self._bodies()
        threads = [
            threading.Thread(target=self._present, args=(bodies[start::CLIENTS],), daemon=True)
            for start in range(CLIENTS)
        ]
        for thread in threads:
            thread.start()
        time.sleep(self.chance.uniform(0.0, 0.25))
        self.service.kill()
        self.service.start()
        self.result.kills += 1
        for thread in threads:
            thread.join(120)
            if thread.is_alive():
                raise Broken("a client never got its answer")
        self._ask_again(3)

    def finish(self) -> Result:
        """Let the mails go out, and check everything."""
        self._drain()
        self._ask_again(len(self.answers))
        self._check_records()
        self._check_mails()
        return self.result

    def _bodies(self) -> list[dict[str, Any]]:
        """Announce parcels; for each a right code twice and a wrong one, in any order."""
        references = [f"P-{self.announced + number}" for number in range(PARCELS_A_KILL)]
        self.announced += PARCELS_A_KILL
        people = [Person("Sample Recipient", f"{each.lower()}@example.org") for each in references]
        self.codes.announce([Announcement(each, person) for each, person in zip(references, people, strict=True)])
        bodies = []
        for reference in references:
            payload = shown(self.codes, reference).payload
            foreign = payload[:-1] + str((int(payload[-1]) + 1) % 10)
            for text in (payload, payload, foreign):
                bodies.append(self.device.body(text, [reference], now=datetime.now(UTC)))
        self.chance.shuffle(bodies)
        return bodies

    def _present(self, bodies: Sequence[dict[str, Any]]) -> None:
        with httpx.Client(base_url=self.service.url, cookies={"doorcode_device": self.session}, timeout=20) as client:
            for body in bodies:
                self.answers[body["presentation_id"]] = (body, self._answer(client, body))

    def _answer(self, client: httpx.Client, body: dict[str, Any]) -> dict[str, Any]:
        """Send the same presentation until it is answered, as a device does."""
        while True:
            try:
                answer = client.post(VERIFICATIONS, json=body)
            except httpx.HTTPError:
                answer = None
            if answer is not None and answer.status_code == 200:
                self.result.answers += 1
                document: dict[str, Any] = answer.json()
                return document
            if answer is not None and answer.status_code < 500:
                raise Broken(f"{answer.status_code}: {answer.text}")
            self.result.retries += 1
            time.sleep(0.05)

    def _ask_again(self, how_many: int) -> None:
        asked = self.chance.sample(sorted(self.answers), min(how_many, len(self.answers)))
        with httpx.Client(base_url=self.service.url, cookies={"doorcode_device": self.session}, timeout=20) as client:
            for presentation_id in asked:
                body, answer = self.answers[presentation_id]
                if self._answer(client, body) != answer:
                    raise Broken(f"presentation {presentation_id} got another answer than before")

    def _drain(self) -> None:
        """Let the leases of killed mail workers run out at once, and wait until every mail is out."""
        end = time.monotonic() + DRAINED_WITHIN_SECONDS
        while waiting := end_leases(self.codes):
            if time.monotonic() > end:
                raise Broken(f"{waiting} mails never went out")
            time.sleep(3)

    def _check_records(self) -> None:
        with self.codes.database.reading() as connection:
            stored = {
                str(row.presentation_id): json.loads(row.answer)["outcome"]
                for row in connection.execute(sa.select(tables.verifications))
            }
            self.result.handovers = connection.execute(
                sa.select(sa.func.count()).select_from(tables.handovers)
            ).scalar_one()
        given = {presentation_id: answer["outcome"] for presentation_id, (_, answer) in self.answers.items()}
        if given != stored:
            raise Broken(f"{len(given.items() ^ stored.items())} answers given and stored differ")
        accepted = Counter(
            body["parcels"][0]["reference"] for body, answer in self.answers.values() if answer["accepted"]
        )
        if set(accepted.values()) - {1} or len(accepted) != self.announced or self.result.handovers != self.announced:
            raise Broken(f"{self.announced} parcels, {self.result.handovers} handovers, accepted: {accepted}")

    def _check_mails(self) -> None:
        sent = Counter(str(message["Message-ID"]) for message in self.smtp.messages)
        with self.codes.database.reading() as connection:
            rows = connection.execute(sa.select(tables.messages.c.id, tables.messages.c.kind)).all()
        expected = {MessageKind.CODE_ISSUED: self.announced, MessageKind.HANDED_OVER: self.announced}
        if Counter(row.kind for row in rows) != expected:
            raise Broken(f"mails queued: {Counter(row.kind for row in rows)}, expected {expected}")
        if len(sent) != len(rows):
            raise Broken(f"{len(rows)} mails were queued, {len(sent)} different ones went out")
        self.result.mails = len(sent)
        self.result.mails_sent_again = sum(sent.values()) - len(sent)


@contextmanager
def house(database: str, seed: int) -> Iterator[Chaos]:
    """Start everything: a database, an SMTP server, the service with its mail worker."""
    with ground(database) as under, ExitStack() as stack:
        service = RunningService(under.folder, under.settings, free_port())
        service.start()
        stack.callback(service.kill)
        codes = stack.enter_context(opened(load_settings(service.config)))
        chaos = Chaos(service, under.smtp, codes, random.Random(seed))
        chaos.enrol()
        yield chaos


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the long form."""
    options = arguments_for(__doc__, kills=200).parse_args(arguments)
    with house(options.database, options.seed) as chaos:
        so_far = chaos.result
        kill_often(options.kills, chaos.kill_once, lambda: f"{so_far.answers} answers, {so_far.retries} retries")
        result = chaos.finish()
    tell(options.database, result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
