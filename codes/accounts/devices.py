"""Devices: enrolled by a one-time link, known by a session and a key of their own, revocable."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec

from codes import tables
from codes.model import DeviceKind
from codes.proving.commitment import SALT_BYTES
from codes.proving.device_signatures import device_id_of
from codes.proving.house import HouseEventKind, device_facts, note
from codes.store.database import Database
from codes.store.transaction import Transaction
from codes.tables.base import record_of, uuid7

_NO_INVITATION = "this enrolment link was used or has expired; ask for a new one"
LONGEST_DEPOT = 60
"""A depot is a word for reports, no fact that a proof rests on."""


class BadEnrolment(Exception):
    """The link was used, has expired, or never was one."""


class BadPublicKey(ValueError):
    """The key is no point on P-256, or was enrolled before."""


@dataclass(frozen=True, slots=True)
class Device:
    """An enrolled device."""

    device_id: UUID
    name: str
    kind: DeviceKind
    language: str
    enrolled_at: datetime
    revoked_at: datetime | None
    out_of_order_at: datetime | None = None
    called_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """What never changes of a device."""

    device_id: UUID
    kind: DeviceKind


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A device just enrolled, and the session secret that it alone is told."""

    device: Device
    session: str


def digest_of_secret(secret: str) -> bytes:
    """Return the 32 bytes under which a secret of at least 128 random bits is stored."""
    return hashlib.sha256(secret.encode()).digest()


def public_key_from_jwk(key: dict[str, str]) -> bytes:
    """Return the uncompressed point (SEC 1 §2.3.3, 65 bytes) of a P-256 JWK (RFC 7518 §6.2). Raises BadPublicKey."""
    try:
        if (key["kty"], key["crv"]) != ("EC", "P-256"):
            raise BadPublicKey("the key must be of kind EC, curve P-256")
        x, y = (base64.urlsafe_b64decode(key[name] + "==") for name in ("x", "y"))
        point = b"\x04" + x.rjust(32, b"\0") + y.rjust(32, b"\0")
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except (KeyError, TypeError, ValueError) as error:
        raise BadPublicKey("the key is no P-256 public key in JWK form") from error
    return point


class Devices:
    """What never changes of devices, read once; a class because it remembers keys, kinds and sessions of a process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._keys: dict[UUID, ec.EllipticCurvePublicKey] = {}
        self._kinds: dict[UUID, DeviceKind] = {}
        self._sessions: dict[bytes, UUID] = {}

    def recognise(self, session: str) -> UUID | None:
        """Return whose session this is. Whether it is revoked is asked where it matters, inside the transaction."""
        digest = digest_of_secret(session)
        if digest not in self._sessions:
            with self._database.reading() as connection:
                device_id = connection.execute(
                    sa.select(tables.devices.c.id).where(tables.devices.c.session_digest == digest)
                ).scalar()
            if device_id is None:
                return None
            self._sessions[digest] = device_id
        return self._sessions[digest]

    def remembered(self, session: str) -> KnownDevice | None:
        """Return whose session this is, if all that never changes of it was asked for before; never asks the store."""
        device_id = self._sessions.get(digest_of_secret(session))
        if device_id is None or device_id not in self._keys or device_id not in self._kinds:
            return None
        return KnownDevice(device_id, self._kinds[device_id])

    def key_of(self, device_id: UUID) -> ec.EllipticCurvePublicKey:
        """Return a device's public key, which never changes."""
        if device_id not in self._keys:
            with self._database.reading() as connection:
                point = connection.execute(
                    sa.select(tables.devices.c.public_key).where(tables.devices.c.id == device_id)
                ).scalar_one()
            self._keys[device_id] = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        return self._keys[device_id]

    def kind_of(self, device_id: UUID) -> DeviceKind:
        """Return what a device is used for, which never changes."""
        if device_id not in self._kinds:
            with self._database.reading() as connection:
                kind = connection.execute(
                    sa.select(tables.devices.c.kind).where(tables.devices.c.id == device_id)
                ).scalar_one()
            self._kinds[device_id] = DeviceKind(kind)
        return self._kinds[device_id]


def invite_device(t: Transaction, name: str, kind: DeviceKind) -> str:
    """Return a new one-time enrolment secret: 32 base64url characters, stored only as a digest."""
    secret = secrets.token_urlsafe(24)
    t.connection.execute(
        sa.insert(tables.enrolments).values(
            id=uuid7(t.now),
            secret_digest=digest_of_secret(secret),
            name=name,
            kind=kind.value,
            expires_at=t.now + timedelta(minutes=t.settings.enrolment_minutes),
        )
    )
    return secret


def check_enrolment(t: Transaction, secret: str, public_key: dict[str, str]) -> None:
    """Raise BadPublicKey or BadEnrolment for what enrols nothing now; whether it still does is decided by enrolling."""
    public_key_from_jwk(public_key)
    if t.connection.execute(sa.select(tables.enrolments.c.id).where(_invites(t, secret))).first() is None:
        raise BadEnrolment(_NO_INVITATION)


def enrol_device(t: Transaction, secret: str, public_key: dict[str, str], language: str) -> Enrolled:
    """Turn a one-time secret and a new public key into a device. Raises BadEnrolment or BadPublicKey."""
    point = public_key_from_jwk(public_key)
    device_id, session = device_id_of(point), secrets.token_urlsafe(32)
    table = tables.enrolments
    invitation = t.connection.execute(
        sa.update(table).where(_invites(t, secret)).values(device_id=device_id).returning(table.c.name, table.c.kind)
    ).one_or_none()
    if invitation is None:
        raise BadEnrolment(_NO_INVITATION)
    if t.connection.execute(sa.select(tables.devices.c.id).where(tables.devices.c.id == device_id)).first():
        raise BadPublicKey("this key was enrolled before; a device makes a new one for each enrolment")
    row = {
        "id": device_id,
        "name": invitation.name,
        "kind": invitation.kind,
        "language": language,
        "public_key": point,
        "session_digest": digest_of_secret(session),
        "salt": secrets.token_bytes(SALT_BYTES),
    }
    t.connection.execute(sa.insert(tables.devices).values(**row, enrolled_at=t.now, wrong_digits=0))
    note(t.connection, HouseEventKind.DEVICE_ENROLLED, t.now, device_facts(row))
    kind = DeviceKind(invitation.kind)
    return Enrolled(Device(device_id, invitation.name, kind, language, t.now, None), session)


def device_with_id(t: Transaction, device_id: UUID) -> Device | None:
    """Return a device as it stands now."""
    row = t.connection.execute(_devices().where(tables.devices.c.id == device_id)).one_or_none()
    return _device(row) if row else None


def list_devices(t: Transaction, *, limit: int = 200) -> list[Device]:
    """Return the newest devices, revoked ones too."""
    table = tables.devices
    query = _devices().order_by(table.c.enrolled_at.desc(), table.c.id).limit(limit)
    return [_device(row) for row in t.connection.execute(query)]


def devices_with_ids(t: Transaction, device_ids: Sequence[UUID]) -> list[Device]:
    """Return these devices, in this order."""
    rows = t.connection.execute(_devices().where(tables.devices.c.id.in_(device_ids)))
    found = {device.device_id: device for device in map(_device, rows)}
    return [found[device_id] for device_id in device_ids if device_id in found]


def revoke_device(t: Transaction, device_id: UUID) -> bool:
    """Revoke a device; from the commit on it presents nothing more. Tells whether it was enrolled until now."""
    table = tables.devices
    enrolled = sa.and_(table.c.id == device_id, table.c.revoked_at.is_(None))
    revoked = t.connection.execute(sa.update(table).where(enrolled).values(revoked_at=t.now))
    if revoked.rowcount:
        note(t.connection, HouseEventKind.DEVICE_REVOKED, t.now, {"device": str(device_id)})
    return bool(revoked.rowcount)


def put_depot(t: Transaction, device_id: UUID, depot: str) -> None:
    """Let a device belong to a depot, or to none if the name is empty."""
    table = tables.device_depots
    t.connection.execute(sa.delete(table).where(table.c.device_id == device_id))
    if depot := depot.strip()[:LONGEST_DEPOT]:
        t.connection.execute(sa.insert(table).values(device_id=device_id, depot=depot))


def list_depots(t: Transaction) -> Mapping[UUID, str]:
    """Return the depot of each device that has one."""
    table = tables.device_depots
    return {row.device_id: row.depot for row in t.connection.execute(sa.select(table))}


def _invites(t: Transaction, secret: str) -> Any:
    table = tables.enrolments
    this = table.c.secret_digest == digest_of_secret(secret)
    return sa.and_(this, table.c.device_id.is_(None), table.c.expires_at > t.now)


def _devices() -> sa.Select[tuple[object, ...]]:
    devices, signs = tables.devices, tables.device_signs
    joined = sa.outerjoin(devices, signs, signs.c.device_id == devices.c.id)
    return sa.select(devices, signs.c.out_of_order_at, signs.c.called_at).select_from(joined)


def _device(row: Any) -> Device:
    return record_of(Device, row, device_id=row.id, kind=DeviceKind(row.kind))
