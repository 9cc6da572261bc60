"""What commands begin with: the settings, the store, and where the pages are."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
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
LONGEST_NAME = 100
STOPPED = 130
"""The exit status of a command that was stopped, as shells have it."""


def carry_out(command: Callable[[argparse.Namespace], int], options: argparse.Namespace) -> int:
    """Do what a command does, in the service's environment.

    Expected failures are one line on standard error and exit status 2.
    """
    from web.commands.environment import read_environment

    try:
        read_environment(options.config)
        status = command(options)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        _write_no_more()
        return 0
    except Exception as error:
        from web.commands.failures import is_expected, told

        if not is_expected(error):
            raise
        if isinstance(error, OSError) and error.filename is None:
            _write_no_more()
        print(f"doorcode: {told(error)}", file=sys.stderr)
        return 2


def _write_no_more() -> None:
    """Let go nowhere what is still to be written at the end: nobody reads it, or there is no room for it."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def name(text: str) -> str:
    """Read the name of a person, a device or a sender, as the office takes it."""
    from web.outside_text import NotOneLine, single_line

    try:
        line = single_line(text)
    except NotOneLine as error:
        raise argparse.ArgumentTypeError(f"a name {error}") from error
    if not 0 < len(line) <= LONGEST_NAME:
        raise argparse.ArgumentTypeError(f"a name has 1 to {LONGEST_NAME} characters")
    return line


def port(text: str) -> int:
    """Read the number of a port."""
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 0 < int(text) < 65536):
        raise argparse.ArgumentTypeError(f"{text} is no port: write a number up to 65535")
    return int(text)


def port_or_none(text: str) -> int:
    """Read the number of a port, or 0 for none."""
    return 0 if text == "0" else port(text)


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
    """Read the settings. Raises BadConfiguration, or OtherUser where their folder is somebody else's."""
    from codes.keys.private_files import refuse_other_user
    from web.configuration import load_settings

    settings = load_settings(path)
    refuse_other_user(settings.data_folder)
    return settings


def open_codes(
    settings: Settings, clock: Callable[[], datetime] | None = None, patience: Patience | None = None
) -> DeliveryCodes:
    """Open the store, bring its schema up to date, and fetch the key ring that belongs to it.

    Raises TooOpen where others can read what belongs to the service, and this user cannot close it; WrongKeyRing where
    it would be a new store for the key ring of another one.
    """
    from codes import Database, DeliveryCodes, open_key_ring
    from codes.keys.private_files import close_to_others, private_folder
    from codes.sealing.sealing_key import SEALING_KEY, open_sealing_key
    from codes.store.key_file import refuse_new_store
    from codes.store.patience import UNHURRIED
    from codes.store.schema import migrate

    refuse_new_store(settings.store_url(), key_file(settings))
    private_folder(settings.data_folder)
    close_to_others([settings.data_folder, settings.secrets_folder, *settings.secrets_folder.glob("*")])
    database = Database(settings.store_url(), patience=patience or UNHURRIED)
    clock = clock or now
    try:
        database.claim()
        migrate(database)
        ring = open_key_ring(key_file(settings), database, clock)
        sealing_key = open_sealing_key(settings.secrets_folder / SEALING_KEY, database)
    except BaseException:
        database.close()
        raise
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
