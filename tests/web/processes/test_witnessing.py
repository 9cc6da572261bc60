"""Witnesses sign what continues the log, which proofs then show; one that is away or against us holds nothing up."""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from cryptography.x509 import load_pem_x509_certificates

from codes import Announcement, DeliveryCodes, Person
from codes.proving.checkpoint import Checkpoint
from codes.proving.proof_check import verify_proof
from codes.proving.signed_note import BadNote, log_key, read_verifier_key, witnessed
from codes.proving.time_stamps import stamped_at
from codes.sealing.cosignatures import cosigned_size, note_cosigned
from tests.parts.servers.time_authority import running_time_authority
from tests.parts.servers.witness_server import NAME, WitnessServer, running_witness
from web.processes.witnessing import Signer, TimeAuthority, Witness, Witnessing
from web.settings import SealingSettings, WitnessSettings


@pytest.fixture
def server(codes: DeliveryCodes) -> Iterator[WitnessServer]:
    with running_witness(str(log_key(codes.sealing_key.public_key()))) as witness:
        yield witness


def announce(codes: DeliveryCodes, *references: str) -> None:
    codes.announce([Announcement(each, Person("Ada", "ada@example.org"), sender_wish=True) for each in references])
    codes.seal()


def asking(codes: DeliveryCodes, *servers: WitnessServer) -> Witnessing:
    witnesses = [Witness.of(WitnessSettings(url=each.url, key=each.key)) for each in servers]
    return Witnessing(codes, witnesses, timedelta(seconds=60))


def seen_at(codes: DeliveryCodes, reference: str, server: WitnessServer) -> datetime | None:
    """Check a parcel's proof and the witness's signature in it."""
    proved = verify_proof(codes.proof_of(reference), codes.sealing_key.public_key())
    return witnessed(proved.note_text, proved.note, read_verifier_key(server.key))


def test_each_state_is_signed_once_and_stands_in_proofs(codes: DeliveryCodes, server: WitnessServer) -> None:
    for number in range(1, 6):
        announce(codes, *(f"P-{number}-{each}" for each in range(number)))
        for _ in range(2):
            asking(codes, server).ask_all()
    assert server.asked == [200] * 5
    assert server.size == codes.read(cosigned_size, NAME) == 15
    assert seen_at(codes, "P-1-0", server) == datetime.fromtimestamp(server.time, UTC)
    # A proof of what happened since rests on the newest checkpoint, one of what was signed on that.
    announce(codes, "P-6")
    assert seen_at(codes, "P-1-0", server) is not None
    assert verify_proof(codes.proof_of("P-6"), codes.sealing_key.public_key()).checkpoint == 6


def test_an_answer_that_was_lost_is_made_up_for(codes: DeliveryCodes, server: WitnessServer) -> None:
    announce(codes, "P-1")
    asking(codes, server).ask_all()
    announce(codes, "P-2", "P-3")
    with codes.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM cosignatures")
    asking(codes, server).ask_all()
    assert (server.asked, server.size) == ([200, 409, 200], 3)


def test_one_that_is_away_or_finds_another_log_is_told_of_and_holds_up_nobody(
    codes: DeliveryCodes, server: WitnessServer, caplog: pytest.LogCaptureFixture
) -> None:
    announce(codes, "P-1")
    asking(codes, server).ask_all()
    announce(codes, "P-2")
    away = WitnessServer(str(log_key(codes.sealing_key.public_key())))
    away.url, server.root = "http://127.0.0.1:9", bytes(32)
    with caplog.at_level(logging.WARNING):
        Witnessing(codes, [TimeAuthority("http://xn--/")], timedelta(seconds=60)).ask_all()
        assert caplog.records.pop().getMessage().endswith("its address cannot be asked")
        asking(codes, away, server).ask_all()
    said = [record.getMessage() for record in caplog.records if record.name == "doorcode.witnessing"]
    assert sorted(each.partition(": it finds that the log does not continue")[0] for each in said) == [
        f"{NAME} did not sign checkpoint 2",
        f"{NAME} did not sign checkpoint 2: ConnectError",
    ]
    assert seen_at(codes, "P-1", server) is not None


def test_one_that_is_slow_keeps_no_other_waiting(codes: DeliveryCodes) -> None:
    announce(codes, "P-1")
    told = Event()

    waited = list[bool]()

    class Slow:
        """One that answers once the other was asked."""

        name = "slow.example"

        def sign(self, _codes: DeliveryCodes, _checkpoint: Checkpoint) -> None:
            waited.append(told.wait(10))

    class Other(Slow):
        """One that is asked after it."""

        def sign(self, _codes: DeliveryCodes, _checkpoint: Checkpoint) -> None:
            told.set()

    Witnessing(codes, [Slow(), Other()], timedelta(seconds=60)).ask_all()
    assert waited == [True]


def test_an_authority_of_time_stamps_what_proofs_then_show(
    codes: DeliveryCodes, server: WitnessServer, tmp_path: Path
) -> None:
    announce(codes, "P-1")
    with running_time_authority(tmp_path) as url:
        both: list[Signer] = [Witness.of(WitnessSettings(url=server.url, key=server.key)), TimeAuthority(url)]
        for _ in range(2):
            Witnessing(codes, both, timedelta(seconds=60)).ask_all()
    proved = verify_proof(codes.proof_of("P-1"), codes.sealing_key.public_key())
    roots = load_pem_x509_certificates((tmp_path / "root.pem").read_bytes())
    authority, at = stamped_at(proved.note_text, proved.note, roots)
    assert (authority, abs(datetime.now(UTC) - at) < timedelta(minutes=5)) == ("127.0.0.1", True)
    assert seen_at(codes, "P-1", server) is not None
    with pytest.raises(BadNote, match="is for something else"):
        stamped_at(proved.note_text.upper(), proved.note, roots)
    with pytest.raises(BadNote, match="does not hold"):
        stamped_at(proved.note_text, proved.note, load_pem_x509_certificates(_stranger(tmp_path)))
    with pytest.raises(BadNote, match="no time stamp is there"):
        stamped_at(proved.note_text, proved.note[:1], roots)


def _stranger(folder: Path) -> bytes:
    """Return the root of somebody else."""
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "other.key")
    command = ["openssl", "req", "-x509", *key, "-out", "other.pem", "-subj", "/CN=Root", "-days", "9"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return (folder / "other.pem").read_bytes()


def test_an_older_signature_never_takes_the_place_of_a_newer_one(codes: DeliveryCodes, server: WitnessServer) -> None:
    announce(codes, "P-1")
    announce(codes, "P-2")
    asking(codes, server).ask_all()
    codes.write(note_cosigned, NAME, 1, "— w AAAA")
    assert codes.read(cosigned_size, NAME) == 2


@pytest.mark.parametrize(
    ("key", "words"),
    [("a+b", "no verifier key"), ("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "of a log")],
)
def test_a_key_that_is_no_witnesss_is_named_at_the_start(key: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        WitnessSettings(url="https://witness.example.org", key=key)


@pytest.mark.parametrize("place", ["a:b", "a:99999", "a..b", "a" * 64, "a]", "a\x01b"])
def test_an_address_that_nobody_can_ask_is_named_at_the_start(place: str) -> None:
    for wrong in ({"time_stamp_url": f"https://{place}/"}, {"post_to": [f"https://{place}/"]}):
        with pytest.raises(ValueError, match="cannot be an address"):
            SealingSettings.model_validate(wrong)
    with pytest.raises(ValueError, match="cannot be an address"):
        WitnessSettings(url=f"https://{place}/", key="a+b")
