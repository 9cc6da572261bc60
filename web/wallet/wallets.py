"""Which wallets a house can offer at this moment."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from web.wallet.google_link import BadServiceAccount, ServiceAccount, service_account_in
from web.wallet.pass_certificate import BadPassCertificate, PassCertificate, kept_pass_certificate
from web.wallet.settings import WalletSettings


@dataclass(frozen=True, slots=True)
class Wallets:
    """A class, because it knows where the secrets lie.

    What signs is looked for at each call, so that a new certificate needs no restart. What cannot sign is not offered;
    `app.py check` says why.
    """

    secrets: Path | None = None
    settings: WalletSettings = field(default_factory=WalletSettings)

    def certificate(self, now: datetime) -> PassCertificate | None:
        """Return what signs Apple's passes; None where there is nothing that phones would take now."""
        with suppress(BadPassCertificate, OSError):
            kept = kept_pass_certificate(self.secrets) if self.secrets else None
            return kept if kept is not None and kept.is_valid_at(now) else None
        return None

    def service_account(self) -> ServiceAccount | None:
        """Return who signs links to Google's Wallet; None where there is nobody."""
        with suppress(BadServiceAccount):
            return service_account_in(self.settings.google.service_account_file) if self.settings.google else None
        return None
