"""Who may call the service: devices, by a one-time link, and senders' systems, by a key."""

from __future__ import annotations

import argparse
from urllib.parse import urlsplit

from codes.accounts import api_keys
from codes.accounts.devices import invite_device
from web.commands.opening import name, opened, pages_address, settings_in


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
