"""The table of all commands, and the parser made from it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from web.commands import enrolling, parcels, proofs, scanning, store, wallet
from web.commands.service import running, working


@dataclass(frozen=True, slots=True)
class Command:
    """What a command does, returning its exit status, and what it takes."""

    do: Callable[[argparse.Namespace], int]
    add_arguments: Callable[[argparse.ArgumentParser], None] | None = None


COMMANDS: dict[str, Command] = {
    "run": Command(running.run, running.run_arguments),
    "check": Command(running.check, running.check_arguments),
    "web": Command(running.web, running.web_arguments),
    "worker": Command(working.worker),
    "issue": Command(parcels.issue, parcels.issue_arguments),
    "import": Command(parcels.import_file, parcels.import_arguments),
    "block": Command(parcels.block, parcels.reference_argument),
    "unblock": Command(parcels.unblock, parcels.reference_argument),
    "demo-week": Command(parcels.demo_week, parcels.demo_week_arguments),
    "enrol": Command(enrolling.enrol, enrolling.enrol_arguments),
    "key": Command(enrolling.add_key, enrolling.key_arguments),
    "password": Command(enrolling.give_password, enrolling.password_arguments),
    "wallet": Command(wallet.wallet, wallet.wallet_arguments),
    "scan": Command(scanning.scan, scanning.scan_arguments),
    "kiosk": Command(scanning.kiosk, scanning.kiosk_arguments),
    "policy": Command(parcels.policy, parcels.policy_arguments),
    "settings": Command(store.print_settings),
    "keys": Command(store.keys, store.keys_arguments),
    "backup": Command(store.backup, store.backup_arguments),
    "restore": Command(store.restore, store.restore_arguments),
    "proof": Command(proofs.proof, proofs.proof_arguments),
    "verify-proof": Command(proofs.verify_proof, proofs.verify_proof_arguments),
    "proof-key": Command(proofs.proof_key, proofs.proof_key_arguments),
    "dns": Command(proofs.dns, proofs.dns_arguments),
    "audit": Command(proofs.audit, proofs.audit_arguments),
    "seal": Command(proofs.seal),
    "erase": Command(store.erase, store.erase_arguments),
    "purge": Command(store.purge),
}


def parse(config: Path, arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read a command line; what is wrong with it ends the program with one line and status 2."""
    whole = parser(config)
    options = whole.parse_args(arguments)
    for name, value in vars(options).items():
        # What is no text in this system's encoding comes as halves of surrogates; files may be called so, nothing else.
        if isinstance(value, str) and not value.isascii() and any("\ud800" <= sign <= "\udfff" for sign in value):
            whole.error(f"{name.replace('_', '-')}: holds bytes that are no text in UTF-8")
    return options


def parser(config: Path) -> argparse.ArgumentParser:
    """Return the parser; each command's help is its function's docstring."""
    # Of a package the command is called so.
    called = "doorcode" if Path(sys.argv[0]).name == "doorcode" else "app.py"
    whole = argparse.ArgumentParser(prog=called, description="Hand parcels over against a one-time delivery code.")
    whole.add_argument(
        "--config", type=Path, default=config, help="settings (default: config.yaml beside app.py, or in this folder)"
    )
    choices = whole.add_subparsers(metavar="COMMAND", required=True)
    for name, command in COMMANDS.items():
        text = (command.do.__doc__ or "").strip()
        each = choices.add_parser(name, help=text.split("\n")[0].rstrip("."), description=text)
        each.set_defaults(command=command.do)
        if command.add_arguments:
            command.add_arguments(each)
    return whole
