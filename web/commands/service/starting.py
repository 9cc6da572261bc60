"""What `run` does around the processes: the certificate, sample data, and saying where everything is."""

from __future__ import annotations

import os
import re
import secrets
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from codes.accounts.devices import invite_device
from web.processes.local_addresses import lan_address, terminal_qr
from web.processes.serving import Listener
from web.processes.tls import ensure_certificate

if TYPE_CHECKING:
    from codes import DeliveryCodes
    from codes.settings import HouseSettings
    from web.configuration import Settings

ADMINISTRATOR = "admin"


def secure_listener(settings: Settings, now: datetime, port: int | None) -> Listener | None:
    """Return where phones reach the service, with a certificate for it; None without a network or if switched off."""
    address = lan_address()
    port = settings.server.https_port if port is None else port
    if address is None or port == 0:
        return None
    certificate = ensure_certificate(settings.data_folder / "tls", [address, "localhost"], now)
    return Listener(address, port, certificate)


def pages_url(settings: Settings, http: Listener, https: Listener | None) -> str:
    """Return the address that goes into mails and enrolment links."""
    if settings.server.public_url:
        return settings.server.public_url
    return f"https://{https.host}:{https.port}" if https else f"http://localhost:{http.port}"


def first_administrator(codes: DeliveryCodes, folder: Path) -> Path:
    """Make the administrator at the first start; the password lies in a file that only its owner can read.

    Of processes that start together, on one machine or on several, one makes it.
    """
    from codes.accounts.passwords import hash_password
    from codes.accounts.staff import NameTaken, Role, add_staff, has_staff

    path = folder / "admin-password"
    if not codes.read(has_staff):
        password, draft = secrets.token_urlsafe(12), folder / f"admin-password.{secrets.token_hex(4)}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(password + "\n")
        try:
            codes.write(add_staff, ADMINISTRATOR, hash_password(password), Role.ADMIN)
        except NameTaken:
            draft.unlink()
        else:
            draft.replace(path)
            print(f"Office: name {ADMINISTRATOR}, password in {path}", file=sys.stderr, flush=True)
    return path


def prepare_demo(codes: DeliveryCodes) -> str:
    """Add the sample parcels, and return a one-time secret that enrols a phone as a driver's device."""
    from codes.model import DeviceKind
    from web.commands.demo.samples import add_sample_parcels, add_sample_point

    add_sample_parcels(codes)
    add_sample_point(codes)
    return codes.write(invite_device, "Sample driver", DeviceKind.DRIVER)


def proposed_house(house: HouseSettings, environment: Mapping[str, str]) -> list[str]:
    """Propose what this machine is set to for what the settings do not say of the house's place."""
    customs = environment.get("LC_ALL") or environment.get("LC_TIME") or environment.get("LANG") or ""
    found = re.match(r"[a-z]{2,3}_([A-Z]{2})\b", customs)
    proposed = {
        "time_zone": house.zone if house.time_zone is None else None,
        "country": found[1] if found and house.country is None else None,
        "locale": found[0] if found and house.locale is None else None,
    }
    return [f"{name}: {value}" for name, value in proposed.items() if value]


def announce(
    http: Listener, https: Listener | None, password_file: Path, invitation: str | None, house: HouseSettings
) -> None:
    """Print the addresses, and what config.yaml might say of the house's place."""
    here = f"http://localhost:{http.port}"
    phone = f"https://{https.host}:{https.port}" if https else None
    lines = ["", "Doorcode is running.", "", f"  This computer   {here}"]
    if phone:
        lines.append(f"  A phone         {phone}   (its own certificate: accept the warning once)")
    lines.append(f"  Office          {here}/office   name: {ADMINISTRATOR}   password: in {password_file}")
    if invitation:
        lines.append(f"  Driver's page   {here}/enrol#{invitation}   (enrols one device, once)")
    if phone:
        link = f"{phone}/enrol#{invitation}" if invitation else phone
        told = (
            "Scan this with a phone on the same network to make it a driver's device:" if invitation else "On a phone:"
        )
        lines += ["", told, terminal_qr(link)]
    if proposed := proposed_house(house, os.environ):
        lines += [
            "",
            f"Times are shown by the clock of {house.zone}. To settle that, write under house in config.yaml:",
        ]
        lines += [f"  {each}" for each in proposed]
    lines += ["", "Stop with Ctrl+C."]
    print("\n".join(lines), flush=True)
