"""All checks, in the order in which a code meets what they look at; and how they are told."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from web.commands.checks.around import (
    check_certificates,
    check_checkpoints,
    check_decoders,
    check_environment,
    check_outsiders,
    check_signing_in,
)
from web.commands.checks.finding import Checked, State
from web.commands.checks.mailing import check_mailing
from web.commands.checks.passes import check_wallets
from web.commands.checks.store import check_disk, check_rights, check_store
from web.configuration import Settings


@dataclass(frozen=True, slots=True)
class House:
    """What is looked at: the settings, and what of the machine they do not say."""

    config: Path
    settings: Settings
    environment: Mapping[str, str]
    now: datetime
    own_address: str | None
    trust: ssl.SSLContext


def check_all(house: House, send_to: str | None = None) -> Iterator[Checked]:
    """Look at everything. Only a mail asked for leaves the house, and nothing in it is changed."""
    settings = house.settings
    yield from check_environment(house.config, settings, house.environment)
    yield from check_store(settings.store_url(), settings.secrets_folder, house.now)
    yield check_rights(settings.data_folder, settings.store_url())
    yield check_disk(settings.data_folder)
    yield from check_mailing(settings.mail, house.environment, house.now, send_to)
    yield from check_certificates(
        settings.server, settings.data_folder / "tls", house.own_address, house.now, house.trust
    )
    yield from check_wallets(settings.wallet, settings.secrets_folder, house.now)
    yield from check_decoders(settings.scanner)
    yield from check_signing_in(settings.signing_in)
    yield check_checkpoints(settings.sealing)
    yield from check_outsiders(settings.sealing)


def told(checked: Checked) -> str:
    """Return one thing as lines: how it stands, what it is, and what mends it."""
    line = f"{checked.state:8}{checked.what}: {checked.words}"
    return f"{line}\n        -> {checked.mend}" if checked.mend else line


def is_ready(everything: Iterable[Checked]) -> bool:
    """Tell whether nothing is missing; what could only be better does not count."""
    return all(each.state is not State.MISSING for each in everything)
