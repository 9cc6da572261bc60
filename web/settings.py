"""The section of ``config.yaml`` that says where the service listens and how it is reached."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class ServerSettings(BaseModel):
    """Addresses and sizes of the HTTP service."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str
    http_port: int = Field(ge=0, le=65535)
    https_port: int = Field(ge=0, le=65535)
    public_url: str | None = Field(default=None, pattern=r"^https?://[^/?#\s]+$")
    workers: int = Field(ge=1, le=64)
    threads: int = Field(ge=1, le=256)
    max_json_kilobytes: int = Field(ge=16, le=65536)
    api_calls_per_minute: int = Field(default=600, ge=1, le=1_000_000)
    ticket_looks_per_second: int = Field(default=300, ge=10, le=100_000)
    trusted_proxies: int = Field(default=0, ge=0, le=10)
    metrics_networks: tuple[IPv4Network | IPv6Network, ...] = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
    proxy_networks: tuple[IPv4Network | IPv6Network, ...] = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))


class SealingSettings(BaseModel):
    """How often what happened is sealed, and which outsiders get the checkpoints."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    interval_seconds: int = Field(default=60, ge=1, le=86400)
    folder: Path | None = None
    mail_to: str | None = Field(default=None, pattern=r"^[^@\s]+@[^@\s]+$", max_length=254)
    mail_hours: int = Field(default=24, ge=1, le=8760)
    post_to: tuple[Annotated[str, Field(pattern=r"^https?://\S+$", max_length=400)], ...] = ()


class LogSettings(BaseModel):
    """How the service writes down what it does."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["text", "json"] = "text"
    requests: bool = False
