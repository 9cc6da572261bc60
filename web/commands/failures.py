"""Failures that a command tells in a line or two; everything else is a fault of ours and shows its trace."""

from __future__ import annotations

import pydantic
import sqlalchemy as sa

from codes.accounts.staff import UnknownMember
from codes.keys.keyring import KeyRingError
from codes.keys.private_files import OtherUser, TooOpen
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
from web.mail.look import BadLook
from web.processes.masking import masked
from web.processes.serving import CannotListen
from web.processes.tls import BadCertificate
from web.secret_files import SecretUnreadable
from web.wallet.pass_certificate import BadPassCertificate

EXPECTED = (
    *(BackupError, BadCheckpoint, BadConfiguration, BadFile, BadNote, BadReference, BadStoreUrl, DatabaseError),
    *(CannotListen, KeyRingError, BadCertificate, BadLook, BadPassCertificate, NothingToBlock, SealingKeyError),
    *(OtherUser, SecretUnreadable, TooLong, TooOpen, UnknownMember, UnknownParcel),
    *(pydantic.ValidationError, sa.exc.OperationalError, OSError),
)
_MENDED = {
    "SQLITE_NOTADB": "put a backup back, or name another file in config.yaml (data_folder or database_url)",
    "SQLITE_CORRUPT": "put a backup back (the command `restore`)",
    "SQLITE_FULL": "free some space on its disk",
    "SQLITE_READONLY": "let this user write its file and folder, or run as the user of the service",
    "SQLITE_CANTOPEN": "let this user write its file and folder, or run as the user of the service",
    "25006": "name the server that writes in database_url, or all of them",
    "42501": "let the service's role own the database: ALTER DATABASE … OWNER TO …",
    "XX001": "put a backup back",
    "XX002": "put a backup back",
}
"""What mends a store that cannot be used as it is, by SQLite's or PostgreSQL's own name of the trouble."""


def is_expected(error: Exception) -> bool:
    """Tell whether the world is at fault, or whoever asked, and not the program."""
    return isinstance(error, EXPECTED) or (isinstance(error, sa.exc.DBAPIError) and bool(mending(error)))


def mending(error: sa.exc.DBAPIError) -> str:
    """Return what mends the store, where its own name of the trouble tells it; else nothing."""
    name = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None) or ""
    # SQLite's names of what came from further in begin in the same way.
    return next((mend for beginning, mend in _MENDED.items() if name.startswith(beginning)), "")


def told(error: Exception) -> str:
    """Say what is wrong in the fewest lines, and without the secrets of an address."""
    return "\n".join(masked(line) for line in _words(error).splitlines())


def _words(error: Exception) -> str:
    if isinstance(error, pydantic.ValidationError):
        return "\n".join(f"{each['field'].removeprefix('recipient.')}: {each['message']}" for each in fields_of(error))
    if isinstance(error, sa.exc.DBAPIError):
        # PostgreSQL shows the statement behind its words.
        words, mend = " ".join(str(error.orig).partition("\nLINE ")[0].split()), mending(error)
        return f"the database cannot be used: {words}{mend and f'; {mend}'}"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)
