"""The section `mail` of `config.yaml`, and the one mail secret that does not stand in it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from web.mail.gateway_settings import GatewaySettings
from web.mail.look import LookSettings
from web.mail.returned.providers import Provider
from web.secret_files import read_secret

SENDER_ADDRESS = r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+$"
PASSWORD_VARIABLE = "DOORCODE_SMTP_PASSWORD"
IMAP_VARIABLE = "DOORCODE_IMAP_PASSWORD"
BOUNCE_VARIABLE = "DOORCODE_BOUNCE_SECRET"


class Security(StrEnum):
    """How the way to the SMTP server is kept from being read."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class SmtpSettings(BaseModel):
    """The server that takes our mail."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(min_length=1, max_length=253)
    port: int = Field(ge=1, le=65535)
    security: Security = Security.STARTTLS
    ca_file: Path | None = None
    user: str | None = None
    password_file: Path | None = None
    timeout_seconds: float = Field(default=30, gt=0, le=300)

    @model_validator(mode="after")
    def _no_password_in_the_clear(self) -> SmtpSettings:
        if self.user is not None and self.security is Security.NONE:
            raise ValueError("a user needs security: starttls or tls, or the password could be read on its way")
        return self

    def beside(self, folder: Path) -> SmtpSettings:
        """Return the settings with paths that count from a folder."""
        paths = {
            name: path and folder / path
            for name, path in (("ca_file", self.ca_file), ("password_file", self.password_file))
        }
        return self.model_copy(update=paths)

    def password(self, environment: Mapping[str, str]) -> str | None:
        """Return the password from the environment or the secret file; None where nobody signs in."""
        if self.user is None:
            return None
        return read_secret(environment, PASSWORD_VARIABLE, self.password_file, "mail.smtp.password_file")


class ImapSettings(BaseModel):
    """A mailbox to which mails come back; always over TLS."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(min_length=1, max_length=253)
    port: int = Field(default=993, ge=1, le=65535)
    user: str = Field(min_length=1, max_length=254)
    password_file: Path | None = None
    ca_file: Path | None = None
    mailbox: str = Field(
        default="INBOX", pattern=r'^[^"\\\x00-\x1f\x7f-\U0010ffff]+$', max_length=100, examples=["INBOX"]
    )
    timeout_seconds: float = Field(default=30, gt=0, le=300)

    def beside(self, folder: Path) -> ImapSettings:
        """Return the settings with paths that count from a folder."""
        paths = {name: path and folder / path for name, path in self if name.endswith("_file")}
        return self.model_copy(update=paths)

    def password(self, environment: Mapping[str, str]) -> str:
        """Return the password from the environment or the secret file."""
        return read_secret(environment, IMAP_VARIABLE, self.password_file, "mail.bounces.imap.password_file")


class BounceWebhookSettings(BaseModel):
    """Which mail provider tells of bounces by webhook, and where the secret lies that it signs with."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    provider: Provider
    secret_file: Path | None = None

    def beside(self, folder: Path) -> BounceWebhookSettings:
        """Return the settings with a path that counts from a folder."""
        return self.model_copy(update={"secret_file": self.secret_file and folder / self.secret_file})

    def secret(self, environment: Mapping[str, str]) -> str:
        """Return the secret from the environment or the secret file."""
        return read_secret(environment, BOUNCE_VARIABLE, self.secret_file, "mail.bounces.webhook.secret_file")


class BounceSettings(BaseModel):
    """Where mails lie that came back, and the address that they came back to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: Path | None = None
    address: str | None = Field(
        default=None, pattern=SENDER_ADDRESS, max_length=200, examples=["codes@parcels.example.org"]
    )
    imap: ImapSettings | None = None
    webhook: BounceWebhookSettings | None = None

    def beside(self, folder: Path) -> BounceSettings:
        """Return the settings with paths that count from a folder."""
        imap, webhook = self.imap and self.imap.beside(folder), self.webhook and self.webhook.beside(folder)
        return self.model_copy(
            update={"folder": self.folder and folder / self.folder, "imap": imap, "webhook": webhook}
        )


class MailSettings(BaseModel):
    """Who writes to recipients, and through which server. Without a server mails are only shown in the office."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sender_name: str = Field(min_length=1, max_length=100)
    sender_address: str = Field(pattern=SENDER_ADDRESS, max_length=254, examples=["codes@parcels.example.org"])
    operations_address: str | None = Field(
        default=None, pattern=r"^[^@\s]+@[^@\s]+$", max_length=254, examples=["parcels@example.org"]
    )
    operations_language: str = Field(default="de", pattern=r"^[a-z]{2}$", examples=["de"])
    smtp: SmtpSettings | None = None
    check_domains: bool = True
    bounces: BounceSettings = BounceSettings()
    gateway: GatewaySettings | None = None
    look: LookSettings = LookSettings()

    def beside(self, folder: Path) -> MailSettings:
        """Return the settings with paths that count from a folder."""
        bounces = self.bounces.beside(folder)
        smtp, gateway = self.smtp and self.smtp.beside(folder), self.gateway and self.gateway.beside(folder)
        look = self.look.beside(folder)
        return self.model_copy(update={"smtp": smtp, "bounces": bounces, "gateway": gateway, "look": look})

    def read_secrets(self, environment: Mapping[str, str]) -> None:
        """Read what the worker needs once, before anything is started. Raises SecretUnreadable."""
        if self.smtp is not None:
            self.smtp.password(environment)
        if self.bounces.imap is not None:
            self.bounces.imap.password(environment)
        if self.gateway is not None:
            self.gateway.secret(environment)

    def envelope_sender(self, message_id: UUID) -> str:
        """Return the address that a message comes back to: with its own mark, if the house has an address for that."""
        if self.bounces.address is None:
            return self.sender_address
        local_part, _, domain = self.bounces.address.rpartition("@")
        return f"{local_part}+{message_id.hex}@{domain}"

    @property
    def domain(self) -> str:
        """Return the domain that our Message-IDs are unique in (RFC 5322 §3.6.4)."""
        return self.sender_address.rpartition("@")[2]
