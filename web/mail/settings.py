"""The section `mail` of `config.yaml`, and the one mail secret that does not stand in it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, model_validator

PASSWORD_VARIABLE = "DOORCODE_SMTP_PASSWORD"


class PasswordUnreadable(Exception):
    """An SMTP user is named, but its password is found neither in the environment nor in the file."""


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
        if PASSWORD_VARIABLE in environment:
            return environment[PASSWORD_VARIABLE]
        if self.password_file is None:
            raise PasswordUnreadable(f"mail.smtp.user is set: set {PASSWORD_VARIABLE} or mail.smtp.password_file")
        try:
            return self.password_file.read_text(encoding="utf-8").rstrip("\r\n")
        except OSError as error:
            raise PasswordUnreadable(f"mail.smtp.password_file: {error}") from error


class MailSettings(BaseModel):
    """Who writes to recipients, and through which server. Without a server mails are only shown in the office."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sender_name: str = Field(min_length=1, max_length=100)
    sender_address: str = Field(pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+$", max_length=254)
    operations_address: str | None = Field(default=None, pattern=r"^[^@\s]+@[^@\s]+$", max_length=254)
    operations_language: str = Field(default="de", pattern=r"^[a-z]{2}$")
    smtp: SmtpSettings | None = None

    def beside(self, folder: Path) -> MailSettings:
        """Return the settings with paths that count from a folder."""
        return self.model_copy(update={"smtp": self.smtp and self.smtp.beside(folder)})

    @property
    def domain(self) -> str:
        """Return the domain that our Message-IDs are unique in (RFC 5322 §3.6.4)."""
        return self.sender_address.rpartition("@")[2]
