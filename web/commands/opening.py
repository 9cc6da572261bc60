"""What commands begin with: the settings, the store, and where the pages are."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from codes import DeliveryCodes
    from codes.store.patience import Patience
    from web.configuration import Settings

HOME = Path(__file__).resolve().parents[2]
"""Where the program lies: its source tree, or what it was installed into (`pip install .`)."""


SETTINGS = "config.yaml"


def carry_out(command: Callable[[argparse.Namespace], int], options: argparse.Namespace) -> int:
    """Do what a command does, in the service's environment.

    Expected failures are one line on standard error and exit status 2.
    """
    from web.commands.environment import read_environment

    try:
        read_environment(options.config)
        return command(options)
    except BrokenPipeError:
        return 0
    except Exception as error:
        from web.commands.failures import EXPECTED, told

        if not isinstance(error, EXPECTED):
            raise
        print(f"doorcode: {told(error)}", file=sys.stderr)
        return 2


def now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


def default_settings() -> Path:
    """Return the file of the settings: the one that the environment names, else beside app.py, else in this folder.

    A process that the service starts takes the settings of the one that started it.
    """
    beside = HOME / SETTINGS
    return Path(os.environ.get("DOORCODE_CONFIG") or (beside if beside.is_file() else Path.cwd() / SETTINGS))


def shipped_settings() -> str:
    """Return the text of the settings that came with the program."""
    beside = HOME / SETTINGS
    return (beside if beside.is_file() else HOME / "web" / SETTINGS).read_text(encoding="utf-8")


def settings_in(path: Path) -> Settings:
    """Read the settings. Raises BadConfiguration."""
    from web.configuration import load_settings

    return load_settings(path)


def open_codes(
    settings: Settings, clock: Callable[[], datetime] | None = None, patience: Patience | None = None
) -> DeliveryCodes:
    """Open the store, bring its schema up to date, and fetch the key ring that belongs to it.

    Raises TooOpen where others can read what belongs to the service, and this user cannot close it; WrongKeyRing where
    it would be a new store for the key ring of another one.
    """
    from codes import Database, DeliveryCodes, open_key_ring
    from codes.keys.private_files import close_to_others, private_folder
    from codes.sealing.sealing_key import open_sealing_key
    from codes.store.key_file import refuse_new_store
    from codes.store.patience import UNHURRIED
    from codes.store.schema import migrate

    refuse_new_store(settings.store_url(), key_file(settings))
    private_folder(settings.data_folder)
    close_to_others([settings.data_folder, settings.secrets_folder, *settings.secrets_folder.glob("*")])
    database = Database(settings.store_url(), patience=patience or UNHURRIED)
    database.claim()
    migrate(database)
    clock = clock or now
    ring = open_key_ring(key_file(settings), database, clock)
    sealing_key = open_sealing_key(settings.secrets_folder / "sealing-key.pem", database)
    rules, kept = settings.policy.rules, settings.retention
    return DeliveryCodes(database, ring, sealing_key, settings.codes, rules, clock, kept, settings.house)


@contextmanager
def opened(
    settings: Settings, clock: Callable[[], datetime] | None = None, patience: Patience | None = None
) -> Iterator[DeliveryCodes]:
    """Open the store for a command, and give it back at its end."""
    with closing(open_codes(settings, clock, patience)) as codes:
        yield codes


def key_file(settings: Settings) -> Path:
    """Return where the key ring lies."""
    return settings.secrets_folder / "keyring.json"


def pages_address(settings: Settings) -> str:
    """Return the address under which recipients reach the pages."""
    fallback = f"http://localhost:{settings.server.http_port}"
    return settings.server.public_url or os.environ.get("DOORCODE_PAGES") or fallback
