"""What signs passes for wallets. Where none was wanted, nothing is said."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from web.commands.checks.finding import Checked, missing, ok, warn
from web.wallet.google_link import BadServiceAccount, service_account_in
from web.wallet.pass_certificate import FILE, BadPassCertificate, kept_pass_certificate
from web.wallet.settings import WalletSettings

DAYS_LEFT = timedelta(days=30)
RENEW = "renew it at Apple, then .venv/bin/python app.py wallet --certificate … --key … --intermediate …"


def check_wallets(settings: WalletSettings, secrets: Path, now: datetime) -> Iterator[Checked]:
    """See whether what signs passes can, and how long still."""
    yield from _apple(secrets, now)
    if settings.google is None:
        return
    try:
        account = service_account_in(settings.google.service_account_file)
    except BadServiceAccount as error:
        yield missing("Google wallet", str(error), "put the service account's key file there, or set wallet.google")
    else:
        yield ok("Google wallet", f"links are signed by {account.email}")


def _apple(secrets: Path, now: datetime) -> Iterator[Checked]:
    what = "Apple wallet"
    try:
        kept = kept_pass_certificate(secrets)
    except (BadPassCertificate, OSError) as error:
        yield missing(what, f"no passes are offered: {error}", f"rm {secrets / FILE}, then {RENEW}")
        return
    if kept is None:
        return
    until = f"{kept.ends_at:%Y-%m-%d}"
    if not kept.is_valid_at(now):
        yield missing(what, f"no passes are offered: the certificate holds until {until}, not today", RENEW)
    elif kept.ends_at - now < DAYS_LEFT:
        yield warn(what, f"the certificate of {kept.pass_type_id} ends on {until}", RENEW)
    else:
        yield ok(what, f"{kept.pass_type_id}, until {until}")
