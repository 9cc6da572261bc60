"""The embedded database is copied elsewhere while it is written to, and comes back as a service without old codes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import yaml

import app
from codes import Announcement, Person
from codes.keys.keyring import read_key_ring
from codes.life.parcel_records import find_parcel
from tests.parts.running_service import HOME, settings_for
from web.commands.opening import key_file, opened, settings_in

LITESTREAM = Path(sys.executable).with_name("litestream")
COPIED_WITHIN_SECONDS = 60


def service_in(folder: Path) -> Path:
    """Return the settings of a service in this folder."""
    folder.mkdir()
    (folder / "config.yaml").write_text(yaml.safe_dump(settings_for(folder)))
    return folder / "config.yaml"


def announce(config: Path, reference: str) -> None:
    with opened(settings_in(config)) as codes:
        codes.announce([Announcement(reference, Person("Ada", "ada@example.org"), sender_wish=True)])


def has(config: Path, reference: str) -> bool:
    with opened(settings_in(config)) as codes:
        return codes.read(find_parcel, reference) is not None


def test_a_copy_that_was_made_beside_the_service_is_put_back(tmp_path: Path) -> None:
    before, after = service_in(tmp_path / "before"), service_in(tmp_path / "after")
    announce(before, "P-1")
    data, restored = settings_in(before).data_folder, settings_in(after).data_folder
    environment = os.environ | {"DOORCODE_DATA": str(data), "DOORCODE_REPLICA": f"file://{tmp_path}/replica"}
    where = ["-config", str(HOME / "deploy" / "litestream.yml")]
    with subprocess.Popen([LITESTREAM, "replicate", *where], env=environment, stdout=subprocess.DEVNULL) as copying:
        try:
            announce(before, "P-2")
            shutil.copytree(data / "secrets", restored / "secrets")
            end = time.monotonic() + COPIED_WITHIN_SECONDS
            while True:
                paths = [str(each / "doorcode.db") for each in (restored, data)]
                command = [str(LITESTREAM), "restore", *where, "-force", "-o", *paths]
                done = subprocess.run(command, env=environment, capture_output=True, check=False)
                if done.returncode == 0 and has(after, "P-2"):
                    break
                assert time.monotonic() < end, done.stderr
                time.sleep(0.3)
        finally:
            copying.terminate()
    epoch = read_key_ring(key_file(settings_in(after))).epoch
    assert app.main(["--config", str(after), "restore", "--external"]) == 0
    assert read_key_ring(key_file(settings_in(after))).epoch == epoch + 1
    assert has(after, "P-1")
