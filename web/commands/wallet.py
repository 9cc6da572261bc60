"""What signs passes for Apple's Wallet: taken over, told, and taken away."""

from __future__ import annotations

import argparse
from pathlib import Path

from web.commands.opening import now, settings_in


def wallet_arguments(each: argparse.ArgumentParser) -> None:
    each.add_argument("--certificate", type=Path, help="your Pass Type ID certificate: .cer, .pem, or .p12")
    each.add_argument("--key", type=Path, help="its private key, where the certificate is no .p12")
    each.add_argument("--intermediate", type=Path, help="Apple's that issued it, such as AppleWWDRCAG4.cer")
    each.add_argument("--password-file", type=Path, help="holds the password of the key or the .p12")
    each.add_argument("--remove", action="store_true", help="offer no such passes any more")


def wallet(options: argparse.Namespace) -> int:
    """Keep what signs passes for Apple's Wallet, once it was checked; without arguments, tell what is kept."""
    from web.wallet.pass_certificate import (
        FILE,
        BadPassCertificate,
        keep_pass_certificate,
        kept_pass_certificate,
        read_pass_certificate,
    )

    secrets = settings_in(options.config).secrets_folder
    if options.remove:
        (secrets / FILE).unlink(missing_ok=True)
    elif options.certificate:
        if options.intermediate is None:
            raise BadPassCertificate("name Apple's intermediate too, with --intermediate")
        password = options.password_file.read_bytes().rstrip(b"\r\n") if options.password_file else None
        found = read_pass_certificate(options.certificate, options.key, options.intermediate, password, now())
        keep_pass_certificate(secrets, found)
    kept = kept_pass_certificate(secrets)
    if kept is None:
        print("No certificate is kept: no passes for Apple's Wallet are offered.")
        return 0
    print(f"{secrets / FILE}: {kept.pass_type_id}, team {kept.team_id}, until {kept.ends_at:%Y-%m-%d}.")
    return 0
