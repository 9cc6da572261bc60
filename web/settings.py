"""The section of ``config.yaml`` that says where the service listens and how it is reached."""

from __future__ import annotations

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
