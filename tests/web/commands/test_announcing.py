"""Parcels announced by a command: many, in groups."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import pytest

from codes import Announcement
from codes.life.announcing import Announced, AnnouncedParcel
from web.commands.announcing import announce_all
from web.commands.opening import STOPPED
from web.importing.parcel_files import read_parcels


def test_an_import_that_is_stopped_ends_between_groups_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "parcels.csv"
    path.write_text("reference,name\n" + "".join(f"JD{n:05},Sample\n" for n in range(1200)), encoding="utf-8")
    sizes: list[int] = []

    def announce(parcels: Sequence[Announcement]) -> list[AnnouncedParcel]:
        sizes.append(len(parcels))
        if len(sizes) == 2:
            signal.raise_signal(signal.SIGINT)
        return [
            AnnouncedParcel(UUID(int=0), each.reference, Announced.CREATED, code_required=False, reason="low_value")
            for each in parcels
        ]

    assert announce_all(announce, read_parcels(path)) == STOPPED
    told = capsys.readouterr()
    assert sizes == [500, 500]
    assert "Stopped after 1,000 of 1,200; the same command goes on." in told.out
    assert "announced: " in told.err
    assert announce_all(announce, read_parcels(path)) == 0
