"""Who may call the service: devices, by a one-time link, senders' systems, by a key, and staff, by a password."""

from __future__ import annotations

import argparse
import secrets
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from codes.accounts import api_keys
from codes.accounts.devices import invite_device
from web.commands.opening import name, opened, pages_address, settings_in

if TYPE_CHECKING:
    from codes.store.transaction import Transaction


def enrol_arguments(each: argparse.ArgumentParser) -> None:
    each.add_argument("--kind", choices=("driver", "counter", "kiosk"), default="driver")
    each.add_argument("--name", type=name, required=True, help="what the office calls the device")
    each.add_argument("--url", type=_address, help="address of the pages (default: public_url)")


def enrol(options: argparse.Namespace) -> int:
    """Print a one-time enrolment link for a device, as text and as a QR symbol."""
    from codes.model import DeviceKind
    from web.processes.local_addresses import terminal_qr

    settings = settings_in(options.config)
    with opened(settings) as codes:
        secret = codes.write(invite_device, options.name, DeviceKind(options.kind))
    link = f"{(options.url or pages_address(settings)).rstrip('/')}/enrol#{secret}"
    print(terminal_qr(link), link, f"Valid once, for {settings.codes.enrolment_minutes} minutes.", sep="\n")
    return 0


def _address(text: str) -> str:
    try:
        parts = urlsplit(text)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fits = False
    if not fits:
        raise argparse.ArgumentTypeError(f"{text} is no address: write it as in https://parcels.example.org")
    return text


def key_arguments(each: argparse.ArgumentParser) -> None:
    each.add_argument("--name", type=name, required=True, help="whose key it is")
    each.add_argument("--test", action="store_true", help="for trying: parcels of its own, and no mail leaves")


def add_key(options: argparse.Namespace) -> int:
    """Print a new API key for a sender; it is shown this once."""
    with opened(settings_in(options.config)) as codes:
        print(codes.write(api_keys.add_key, options.name, test=options.test))
    return 0


def password_arguments(each: argparse.ArgumentParser) -> None:
    each.add_argument("name", type=name, help="the name that somebody signs in with")
    each.add_argument("--second-factor", action="store_true", help="take the second factor away as well")


def give_password(options: argparse.Namespace) -> int:
    """Give somebody of the staff a new password, where no administrator can any more; it is shown this once.

    Whoever was blocked is let in again, every session of theirs ends, and their passkeys let nobody in.
    """
    from codes.accounts.passwords import hash_password

    password = secrets.token_urlsafe(12)
    with opened(settings_in(options.config)) as codes:
        codes.write(_let_in, options.name, hash_password(password), second_factor=options.second_factor)
    print(password)
    return 0


def _let_in(t: Transaction, name: str, password_hash: str, *, second_factor: bool) -> None:
    """Give a person a new way in. Raises UnknownMember."""
    from codes.accounts.passkeys import reset_account
    from codes.accounts.second_factor import remove_second_factor
    from codes.accounts.staff import UnknownMember, block_staff, credentials_named
    from codes.accounts.staff_log import log_action

    found = credentials_named(t, name)
    if found is None:
        raise UnknownMember(f"nobody signs in as {name}; the office lists names under People, exactly as they are")
    staff_id = found.member.staff_id
    reset_account(t, staff_id, password_hash)
    if found.blocked:
        block_staff(t, staff_id, blocked=False)
    if second_factor:
        remove_second_factor(t, staff_id)
    log_action(t, None, "app.py password", "people.change password", str(staff_id), 200)
