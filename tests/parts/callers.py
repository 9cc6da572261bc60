"""Everybody who may call a running service: a sender, devices of each kind, and the administrator in a browser."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID, uuid4

import httpx

from codes import DeliveryCodes
from codes.accounts.api_keys import add_key
from codes.accounts.devices import invite_device
from codes.accounts.staff import Role
from codes.model import DeviceKind
from tests.parts.device import SigningDevice
from tests.parts.running_service import RunningService
from tests.parts.staff import add_member
from web.commands.opening import open_codes
from web.configuration import load_settings
from web.http.access import DEVICE_COOKIE

PASSWORD = "a sample password of a member"


@dataclass(frozen=True, slots=True)
class Callers:
    """Headers that each sends along, and the devices' keys."""

    codes: DeliveryCodes
    sender: Mapping[str, str]
    administrator: Mapping[str, str]
    devices: Mapping[DeviceKind, Mapping[str, str]]
    keys: Mapping[DeviceKind, SigningDevice]


@contextmanager
def callers_of(service: RunningService) -> Iterator[Callers]:
    """Let everybody in, and give a door of our own to the service's store."""
    codes = open_codes(load_settings(service.config))
    try:
        name = f"admin-{uuid4()}"
        add_member(codes, name, PASSWORD, Role.ADMIN)
        signed_in = httpx.post(f"{service.url}/office/sign-in", data={"name": name, "password": PASSWORD}, timeout=60)
        assert signed_in.status_code == 303, signed_in.text
        devices, keys = {}, {}
        for kind in DeviceKind:
            keys[kind] = SigningDevice()
            enrolment = {"enrolment": codes.write(invite_device, f"A {kind}", kind), "public_key": keys[kind].jwk}
            enrolled = httpx.post(f"{service.url}/api/v1/devices", json=enrolment, timeout=60).raise_for_status()
            keys[kind].device_id = UUID(enrolled.json()["device_id"])
            devices[kind] = {"Cookie": f"{DEVICE_COOKIE}={enrolled.cookies[DEVICE_COOKIE]}"}
        sender = {"Authorization": f"Bearer {codes.write(add_key, 'Sample Shop')}"}
        cookie = "; ".join(f"{name}={value}" for name, value in signed_in.cookies.items())
        yield Callers(codes, sender, {"Cookie": cookie}, devices, keys)
    finally:
        codes.close()
