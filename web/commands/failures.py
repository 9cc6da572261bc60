"""Failures that a command tells in a line or two; everything else is a fault of ours and shows its trace."""

from __future__ import annotations

import pydantic
import sqlalchemy as sa

from codes.keys.keyring import KeyRingError
from codes.keys.private_files import TooOpen
from codes.life.blocking import NothingToBlock
from codes.proving.checkpoint import BadCheckpoint
from codes.proving.proof import TooLong
from codes.proving.signed_note import BadNote
from codes.sealing.sealing_key import SealingKeyError
from codes.store.backups import BackupError
from codes.store.database import DatabaseError
from codes.store.parcel_rows import UnknownParcel
from codes.store.store_url import BadStoreUrl
from codes.values.tracking_numbers import BadReference
from web.configuration import BadConfiguration
from web.http.problems import fields_of
from web.importing.faults import BadFile
from web.mail.gateway_settings import GatewaySecretUnreadable
from web.mail.look import BadLook
from web.mail.settings import PasswordUnreadable
from web.processes.masking import masked
from web.processes.serving import PortTaken
from web.wallet.pass_certificate import BadPassCertificate

EXPECTED = (
    *(BackupError, BadCheckpoint, BadConfiguration, BadFile, BadNote, BadReference, BadStoreUrl, DatabaseError),
    *(KeyRingError, BadLook, BadPassCertificate, GatewaySecretUnreadable, NothingToBlock, PasswordUnreadable),
    *(PortTaken, SealingKeyError, TooLong, TooOpen, UnknownParcel),
    *(pydantic.ValidationError, sa.exc.OperationalError, OSError),
)


def told(error: Exception) -> str:
    """Say what is wrong in the fewest lines, and without the secrets of an address."""
    return "\n".join(masked(line) for line in _words(error).splitlines())


def _words(error: Exception) -> str:
    if isinstance(error, pydantic.ValidationError):
        return "\n".join(f"{each['field'].removeprefix('recipient.')}: {each['message']}" for each in fields_of(error))
    if isinstance(error, sa.exc.OperationalError):
        return f"the database cannot be used: {str(error.orig).strip()}"
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror}"
    return str(error)
