"""The section `webhooks` of `config.yaml`."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class WebhookSettings(BaseModel):
    """How long a receiver may take, and which networks inside the house may be written to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    timeout_seconds: float = Field(default=15, gt=0, le=30)
    allowed_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    ca_file: Path | None = None
