"""Housekeeping: seals, gives checkpoints to outsiders until they have them, raises the alarm, purges once a day."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from codes import Announcement, DeliveryCodes, Person
from codes.life.parcel_records import find_parcel
from codes.proving.checkpoint import check_signature
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice
from tests.parts.servers.smtp_server import SmtpServer
from web.mail.delivery import SmtpSender
from web.mail.settings import MailSettings, Security, SmtpSettings
from web.processes.housekeeping import Housekeeping
from web.processes.publishing import OtherCheckpoint, Published, read_published, targets_of
from web.settings import SealingSettings


class Witness:
    """An outsider that takes checkpoints by POST, or refuses them."""

    def __init__(self) -> None:
        self.status = 204
        self.took: list[int] = []
        witness = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if witness.status == 204:
                    witness.took.append(body["checkpoint"]["number"])
                self.send_response(witness.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:  # the test's output stays clean
                return

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/checkpoints"


@pytest.fixture
def witness() -> Iterator[Witness]:
    outsider = Witness()
    thread = threading.Thread(target=outsider.server.serve_forever)
    thread.start()
    yield outsider
    outsider.server.shutdown()
    thread.join()
    outsider.server.server_close()


def announce(codes: DeliveryCodes, reference: str) -> None:
    codes.announce([Announcement(reference, Person("Ada", f"{reference.lower()}@example.org"), sender_wish=True)])


def test_each_outsider_gets_what_it_has_not_got_yet(
    codes: DeliveryCodes, witness: Witness, smtp_server: SmtpServer, tmp_path: Path, clock: TurnableClock
) -> None:
    sealing = SealingSettings(folder=tmp_path / "out", mail_to="witness@example.org", post_to=(witness.url,))
    mail = MailSettings(sender_name="Doorcode", sender_address="doorcode@example.org")
    smtp = SmtpSettings(host=smtp_server.host, port=smtp_server.port, security=Security.NONE)
    sender = SmtpSender(smtp, password=None, own_name="example.org")
    published = Published(tmp_path / "published.json")
    house = Housekeeping(codes, targets_of(sealing, mail, sender), published, timedelta(seconds=60))
    announce(codes, "P-1")
    witness.status = 503
    house.tidy()
    announce(codes, "P-2")
    house.tidy()
    assert witness.took == []
    witness.status = 204
    house.tidy()
    house.tidy()
    assert witness.took == [1, 2]
    assert len(smtp_server.messages) == 1, "mail comes once a day, not with every checkpoint"
    files = sorted((tmp_path / "out").iterdir())
    assert [read_published(file).number for file in files] == [1, 2]
    check_signature(codes.sealing_key.public_key(), read_published(files[1]))
    clock.turn(timedelta(hours=25))
    house.tidy()
    assert [str(message["Subject"]) for message in smtp_server.messages] == ["Checkpoint 1", "Checkpoint 2"]


def test_an_outsider_that_has_another_checkpoint_stops_the_house_and_one_that_is_away_does_not(
    codes: DeliveryCodes, witness: Witness, tmp_path: Path
) -> None:
    mail = MailSettings(sender_name="Doorcode", sender_address="doorcode@example.org")
    targets = targets_of(SealingSettings(post_to=(witness.url,)), mail, None)
    house = Housekeeping(codes, targets, Published(tmp_path / "published.json"), timedelta(seconds=60))
    announce(codes, "P-1")
    witness.status = 500
    house.tidy()
    witness.status = 409
    with pytest.raises(OtherCheckpoint, match="checkpoint 1 at post http"):
        house.tidy()


def test_a_sudden_rise_of_wrong_digits_is_told_in_the_log(
    codes: DeliveryCodes,
    enrol: Callable[..., tuple[FlaskClient, SigningDevice]],
    clock: TurnableClock,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> None:
    house = Housekeeping(codes, [], Published(tmp_path / "published.json"), timedelta(seconds=60))
    house.tidy()
    assert "ALARM" not in caplog.text
    for number in range(4):
        _, device = enrol()
        for parcel in range(20):
            announce(codes, f"P-{number}-{parcel}")
            codes.present(device.presentation("000000", f"P-{number}-{parcel}", now=clock()))
    with caplog.at_level(logging.ERROR):
        house.tidy()
    assert "ALARM" in caplog.text


def test_purging_is_done_once_a_day(codes: DeliveryCodes, clock: TurnableClock, tmp_path: Path) -> None:
    house = Housekeeping(codes, [], Published(tmp_path / "published.json"), timedelta(seconds=60))
    announce(codes, "P-1")
    clock.turn(timedelta(days=30 + 90))
    house.tidy()
    clock.turn(timedelta(seconds=1))
    house.tidy()
    found = codes.read(find_parcel, "P-1")
    assert found is not None
    assert found.recipient == "Ada", "the day is not over"
    clock.turn(timedelta(days=1))
    house.tidy()
    found = codes.read(find_parcel, "P-1")
    assert found is not None
    assert found.recipient is None
