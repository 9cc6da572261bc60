"""The section `wallet` of `config.yaml`. Apple's certificate lies among the secrets; `app.py wallet` puts it there."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class GoogleWalletSettings(BaseModel):
    """Who signs links that save a pass at Google, and under which issuer and class."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    service_account_file: Path
    issuer_id: str = Field(pattern=r"^[0-9]{1,30}$", examples=['"3388000000012345678"'])
    class_name: str = Field(default="delivery_code", pattern=r"^[A-Za-z0-9._-]{1,60}$", examples=["delivery_code"])


class WalletSettings(BaseModel):
    """Which wallets are offered beside Apple's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    google: GoogleWalletSettings | None = None

    def beside(self, folder: Path) -> WalletSettings:
        """Return the settings with paths that count from a folder."""
        if self.google is None:
            return self
        file = folder / self.google.service_account_file
        return self.model_copy(update={"google": self.google.model_copy(update={"service_account_file": file})})
