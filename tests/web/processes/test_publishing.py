"""A published checkpoint is never replaced; another one under its number stops the worker and is told everywhere."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from codes import Announcement, DeliveryCodes, Person, tables
from codes.proving.checkpoint import Checkpoint, sign_checkpoint
from codes.sealing.publications import publishing_stopped
from codes.sealing.sealed_log import checkpoints_after
from web.mail.settings import MailSettings
from web.processes.housekeeping import Housekeeping
from web.processes.publishing import (
    NotDelivered,
    OtherCheckpoint,
    Published,
    Target,
    put_into,
    read_published,
    targets_of,
    written,
)
from web.settings import SealingSettings

Deliver = Callable[[Checkpoint], None]


def announce(codes: DeliveryCodes, reference: str) -> None:
    codes.announce([Announcement(reference, Person("Ada", "ada@example.org"), sender_wish=True)])


def kept_by(codes: DeliveryCodes, folder: Path, *targets: Target) -> Housekeeping:
    """Return what keeps house, with its memory beside the database."""
    return Housekeeping(codes, list(targets), Published(folder / "published.json"), timedelta(seconds=60))


def forged(codes: DeliveryCodes, checkpoint: Checkpoint) -> Checkpoint:
    """Return another checkpoint of the same number, signed with the right key."""
    at = datetime.fromisoformat(checkpoint.at) + timedelta(seconds=1)
    return sign_checkpoint(
        codes.sealing_key,
        number=checkpoint.number,
        at=at,
        size=checkpoint.size,
        root=checkpoint.root,
        previous=checkpoint.previous,
    )


def write_anew(codes: DeliveryCodes, checkpoint: Checkpoint) -> None:
    """Change the newest checkpoint in the database, as an operator could who holds the key."""
    table, other = tables.checkpoints, forged(codes, checkpoint)
    with codes.database.writing() as connection:
        connection.execute(
            sa.update(table)
            .where(table.c.number == checkpoint.number)
            .values(document=json.dumps(other.document()), signature=other.signature)
        )


def test_a_file_is_whole_or_absent_and_never_written_over(codes: DeliveryCodes, tmp_path: Path) -> None:
    announce(codes, "P-1")
    (checkpoint,) = codes.seal()
    put_into(tmp_path / "out", checkpoint)
    (file,) = (tmp_path / "out").iterdir()
    before = file.stat()
    put_into(tmp_path / "out", checkpoint)
    assert file.stat().st_mtime_ns == before.st_mtime_ns, "the same again changes nothing"
    with pytest.raises(OtherCheckpoint, match="checkpoint 1 at folder"):
        put_into(tmp_path / "out", forged(codes, checkpoint))
    assert read_published(file) == checkpoint
    assert list((tmp_path / "out").iterdir()) == [file], "nothing half written is left"


def test_of_two_that_write_at_once_one_wins_and_the_other_hears_of_it(codes: DeliveryCodes, tmp_path: Path) -> None:
    announce(codes, "P-1")
    (checkpoint,) = codes.seal()
    others = [checkpoint, *(forged(codes, checkpoint) for _ in range(1))]
    refused: list[int] = []

    def put(number: int) -> None:
        try:
            put_into(tmp_path / "out", others[number])
        except OtherCheckpoint:
            refused.append(number)

    threads = [threading.Thread(target=put, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    (file,) = (tmp_path / "out").iterdir()
    assert file.read_text() == written(others[1 - refused[0]])


@pytest.mark.parametrize("way", ["folder", "mail", "post"])
def test_another_checkpoint_under_a_published_number_stops_everything_also_after_a_restart(
    codes: DeliveryCodes, administrator: FlaskClient, tmp_path: Path, way: str
) -> None:
    got: list[Checkpoint] = []
    deliver: dict[str, Deliver] = {
        "folder": lambda checkpoint: put_into(tmp_path / "out", checkpoint),
        "mail": got.append,
        "post": got.append,
    }
    target = Target(f"{way} somewhere", deliver[way], newest_only=way == "mail")
    announce(codes, "P-1")
    kept_by(codes, tmp_path, target).tidy()
    write_anew(codes, codes.read(checkpoints_after, 0)[0])
    announce(codes, "P-2")
    for _ in range(2):
        with pytest.raises(OtherCheckpoint, match=f"checkpoint 1 at {way} somewhere"):
            kept_by(codes, tmp_path, target).tidy()
    assert [each.number for each in codes.read(checkpoints_after, 0)] == [1], "nothing more is sealed upon it"
    assert "checkpoint 1" in (codes.read(publishing_stopped) or "")
    page = administrator.get("/office/today?lang=en").text
    assert "The record is not what was published" in page
    assert f"checkpoint 1 at {way} somewhere" in page


def test_a_log_that_was_put_back_is_noticed_before_anything_is_sealed(codes: DeliveryCodes, tmp_path: Path) -> None:
    target = Target("post somewhere", lambda _checkpoint: None)
    announce(codes, "P-1")
    kept_by(codes, tmp_path, target).tidy()
    announce(codes, "P-2")
    kept_by(codes, tmp_path, target).tidy()
    with codes.database.writing() as connection:
        connection.execute(sa.delete(tables.checkpoints).where(tables.checkpoints.c.number == 2))
        connection.execute(sa.update(tables.publications).values(number=1))
    with pytest.raises(OtherCheckpoint, match="checkpoint 2"):
        kept_by(codes, tmp_path, target).tidy()


def test_what_was_mended_goes_on_and_the_alarm_ends(codes: DeliveryCodes, tmp_path: Path) -> None:
    sealing = SealingSettings(folder=tmp_path / "out")
    mail = MailSettings(sender_name="Doorcode", sender_address="doorcode@example.org")
    announce(codes, "P-1")
    kept_by(codes, tmp_path, *targets_of(sealing, mail, None)).tidy()
    stranger = tmp_path / "out" / "checkpoint-00000002.json"
    stranger.write_text("{}")
    announce(codes, "P-2")
    with pytest.raises(OtherCheckpoint, match="checkpoint 2"):
        kept_by(codes, tmp_path, *targets_of(sealing, mail, None)).tidy()
    assert stranger.read_text() == "{}"
    stranger.unlink()
    kept_by(codes, tmp_path, *targets_of(sealing, mail, None)).tidy()
    assert read_published(stranger).number == 2
    assert codes.read(publishing_stopped) is None


def test_an_outsider_that_cannot_take_it_now_stops_nothing(codes: DeliveryCodes, tmp_path: Path) -> None:
    def away(_checkpoint: Checkpoint) -> None:
        raise NotDelivered("away")

    announce(codes, "P-1")
    kept_by(codes, tmp_path, Target("post somewhere", away)).tidy()
    assert codes.read(publishing_stopped) is None
