"""The sections of ``config.yaml`` that belong to the service: listening, sealing, logs, webhooks, printers."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from codes.accounts.staff import Role
from codes.proving.signed_note import COSIGNATURE, BadNote, read_verifier_key
from web.secret_files import read_secret

OIDC_VARIABLE = "DOORCODE_OIDC_SECRET"
ORIGIN = r"^(https://[a-z0-9-]+(\.[a-z0-9-]+)+|http://(localhost|127\.0\.0\.1))(:[0-9]{1,5})?$"
"""Of a page, as a browser names it; others than this computer only over TLS."""
Origin = Annotated[str, Field(pattern=ORIGIN, max_length=260, examples=["https://shop.example.org"])]


def askable(url: str) -> str:
    """Refuse an address whose host or port nobody can ask."""
    try:
        parts = urlsplit(url)
        host, _ = (parts.hostname or "").encode("idna"), parts.port
    except ValueError as error:
        raise ValueError(f"cannot be an address: {error}") from error
    if not host or not url.isprintable():
        raise ValueError("cannot be an address: write https://host/path")
    return url


def _printable_to(address: str) -> str:
    """Refuse a printer's address on the network that nobody can ask."""
    return address if address.startswith("file:") else askable(address)


PrinterAddress = Annotated[
    str,
    Field(pattern=r"^(tcp://[^\s:/]+:\d{1,5}|file:///\S+)$", max_length=200, examples=["tcp://192.0.2.9:9100"]),
    AfterValidator(_printable_to),
]
PublicUrl = Annotated[
    str, Field(pattern=r"^https?://[^/?#\s]+$", examples=["https://parcels.example.org"]), AfterValidator(askable)
]
CheckpointUrl = Annotated[
    str,
    Field(pattern=r"^https?://\S+$", max_length=400, examples=["https://witness.example.org/checkpoints"]),
    AfterValidator(askable),
]
TimeStampUrl = Annotated[
    str,
    Field(pattern=r"^https?://[a-z0-9]\S+$", max_length=400, examples=["https://tsa.example.org/tsr"]),
    AfterValidator(askable),
]


class ServerSettings(BaseModel):
    """Addresses and sizes of the HTTP service."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str
    http_port: int = Field(ge=1, le=65535)
    https_port: int = Field(ge=0, le=65535)
    public_url: PublicUrl | None = None
    workers: int = Field(ge=1, le=64)
    threads: int = Field(ge=1, le=256)
    max_json_kilobytes: int = Field(ge=64, le=65536)
    max_file_kilobytes: int = Field(default=16384, ge=64, le=1_048_576)
    body_seconds: int = Field(default=60, ge=1, le=3600)
    body_memory_megabytes: int = Field(default=128, ge=64, le=65536)
    api_calls_per_minute: int = Field(default=600, ge=1, le=1_000_000)
    ticket_polls_per_second: int = Field(default=300, ge=10, le=100_000)
    trusted_proxies: int = Field(default=0, ge=0, le=10)
    metrics_networks: tuple[IPv4Network | IPv6Network, ...] = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
    proxy_networks: tuple[IPv4Network | IPv6Network, ...] = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))


class OidcSettings(BaseModel):
    """The house's identity provider (OpenID Connect), and which of its groups have which role."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: Annotated[str, AfterValidator(askable)] = Field(
        pattern=r"^(https://|http://(localhost|127\.0\.0\.1)[:/])[^\s?#]*[^\s?#/]$",
        max_length=400,
        examples=["https://login.example.org/realms/house"],
    )
    client_id: str = Field(min_length=1, max_length=200)
    client_secret_file: Path | None = None
    name: str = Field(default="", max_length=60)
    scopes: str = Field(
        default="openid profile", pattern=r"^openid( [!#-\[\]-~]+)*$", examples=["openid profile groups"]
    )
    name_claim: str = "preferred_username"
    roles_claim: str = "groups"
    roles: dict[str, Role] = Field(min_length=1)

    def client_secret(self, environment: Mapping[str, str]) -> str | None:
        """Return the secret from the environment or its file; None where the house is a public client.

        Raises SecretUnreadable.
        """
        if self.client_secret_file is None and OIDC_VARIABLE not in environment:
            return None
        return read_secret(environment, OIDC_VARIABLE, self.client_secret_file, "signing_in.oidc.client_secret_file")


class SigningInSettings(BaseModel):
    """How staff sign in beside name and password."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    proxy_header: str | None = Field(default=None, pattern=r"^[A-Za-z][A-Za-z0-9-]{1,60}$", examples=["Remote-User"])
    proxy_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    oidc: OidcSettings | None = None

    def beside(self, folder: Path) -> SigningInSettings:
        """Return the same with the secret's file found from the folder of the settings."""
        if self.oidc is None or self.oidc.client_secret_file is None:
            return self
        file = folder / self.oidc.client_secret_file
        return self.model_copy(update={"oidc": self.oidc.model_copy(update={"client_secret_file": file})})

    @model_validator(mode="after")
    def _header_comes_from_somewhere(self) -> Self:
        if self.proxy_header is not None and not self.proxy_networks:
            raise ValueError("proxy_header needs proxy_networks: whoever calls from elsewhere could be anybody by it")
        if any(network.prefixlen == 0 for network in self.proxy_networks):
            raise ValueError("proxy_networks must not be every address there is: name where your proxy calls from")
        return self


class EmbeddingSettings(BaseModel):
    """In which pages of others a ticket's card may stand, and what it shows there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    origins: tuple[Origin, ...] = Field(default=(), max_length=50)
    code: bool = False


class WitnessSettings(BaseModel):
    """Somebody outside who co-signs the log (c2sp.org/tlog-witness)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Annotated[str, AfterValidator(askable)] = Field(
        pattern=r"^(https://|http://(localhost|127\.0\.0\.1)[:/])[^\s?#]+$",
        max_length=400,
        examples=["https://witness.example.org"],
    )
    key: str = Field(max_length=400)

    @field_validator("key")
    @classmethod
    def _key_is_one(cls, key: str) -> str:
        try:
            kind = read_verifier_key(key).kind
        except BadNote as error:
            raise ValueError(str(error)) from error
        if kind != COSIGNATURE:
            raise ValueError("this is the key of a log; a witness's has type 4 (c2sp.org/tlog-cosignature)")
        return key


class SealingSettings(BaseModel):
    """How often what happened is sealed, and which outsiders get the checkpoints."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    interval_seconds: int = Field(default=60, ge=1, le=86400)
    folder: Path | None = None
    mail_to: str | None = Field(
        default=None, pattern=r"^[^@\s]+@[^@\s]+$", max_length=254, examples=["checkpoints@example.org"]
    )
    mail_hours: int = Field(default=24, ge=1, le=8760)
    post_to: tuple[CheckpointUrl, ...] = ()
    witnesses: tuple[WitnessSettings, ...] = Field(default=(), max_length=15)
    time_stamp_url: TimeStampUrl | None = None


class LogSettings(BaseModel):
    """How the service writes down what it does."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["text", "json"] = "text"
    requests: bool = False


class WebhookSettings(BaseModel):
    """How long a receiver may take, and which networks inside the house may be written to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    timeout_seconds: float = Field(default=15, gt=0, le=30)
    allowed_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    ca_file: Path | None = None


class PrintingSettings(BaseModel):
    """Printers by the name of their pickup point; ``*`` stands for every other."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    printers: dict[str, PrinterAddress] = {}
    columns: int = Field(default=32, ge=20, le=80)

    def printer_of(self, point: str | None) -> str | None:
        """Return the address of a point's printer."""
        return self.printers.get(point or "*") or self.printers.get("*")
