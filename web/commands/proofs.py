"""Proofs of delivery, and what they rest on: the sealed log, its key, and the audit."""

from __future__ import annotations

import argparse
from pathlib import Path

from web.commands.opening import opened, pages_address, settings_in


def proof_arguments(each: argparse.ArgumentParser) -> None:
    from web.i18n.languages import BY_CODE, SOURCE

    each.add_argument("reference", help="tracking number")
    each.add_argument("--out", type=Path, metavar="FILE", help="where to write it (default: standard output)")
    each.add_argument("--pdf", type=Path, metavar="FILE", help="write it as a sheet of paper")
    each.add_argument("--language", choices=sorted(BY_CODE), default=SOURCE, help="of the sheet (default: en)")


def proof(options: argparse.Namespace) -> int:
    """Write a parcel's proof of delivery: one file that anybody can check with the public key alone."""
    from web.commands.proof_reports import write_proof

    settings = settings_in(options.config)
    with opened(settings) as codes:
        check = f"{pages_address(settings)}/proofs/check"
        write_proof(codes.proof_of(options.reference), options.out, options.pdf, check, options.language)
    return 0


def verify_proof_arguments(each: argparse.ArgumentParser) -> None:
    each.add_argument("file", type=Path, help="a proof of delivery: the file (JSON) or its sheet of paper (PDF)")
    each.add_argument("--key", type=Path, required=True, help="the operator's public key as PEM")
    each.add_argument(
        "--witness", action="append", default=[], metavar="KEY", help="a witness's key: name+number+base64"
    )
    each.add_argument(
        "--time-stamp", type=Path, metavar="ROOTS.pem", help="an authority that these vouch for stamped it"
    )
    each.add_argument("--dns", metavar="DOMAIN", help="ask the operator's domain whether the key is theirs")


def verify_proof(options: argparse.Namespace) -> int:
    """Check a proof file with the public key, offline but for --dns, and name the first thing that is wrong."""
    from web.commands.proof_reports import check_file

    return check_file(options.file, options.key, options.witness, options.time_stamp, options.dns)


def proof_key_arguments(each: argparse.ArgumentParser) -> None:
    each.add_argument("--verifier", action="store_true", help="as tools of other logs take it: name+number+base64")


def proof_key(options: argparse.Namespace) -> int:
    """Print the public key that proofs are checked with."""
    from codes.proving.signed_note import log_key
    from codes.sealing.sealing_key import public_key_pem

    with opened(settings_in(options.config)) as codes:
        if options.verifier:
            print(log_key(codes.sealing_key.public_key()))
        else:
            print(public_key_pem(codes.sealing_key).decode(), end="")
    return 0


def dns_arguments(each: argparse.ArgumentParser) -> None:
    each.add_argument("domain", nargs="?", help="the house's domain (default: that of server.public_url)")
    each.add_argument("--check", action="store_true", help="ask DNS whether the record is there")


def dns(options: argparse.Namespace) -> int:
    """Print the TXT record by which your domain names the key of your proofs, or look whether it is there."""
    from web.commands.proof_reports import key_record

    settings = settings_in(options.config)
    with opened(settings) as codes:
        return key_record(codes, options.domain, settings.server.public_url, check=options.check)


def audit_arguments(each: argparse.ArgumentParser) -> None:
    each.add_argument("--against", type=Path, metavar="CHECKPOINT.json", help="a checkpoint that was published before")
    each.add_argument("--afresh", action="store_true", help="do not go on where an audit was stopped")


def audit(options: argparse.Namespace) -> int:
    """Check every chain, table and checkpoint, and say where something is not as it was written."""
    from web.commands.proof_reports import audit_store

    settings = settings_in(options.config)
    with opened(settings) as codes:
        return audit_store(codes, options.against, settings.data_folder / "audit-so-far", afresh=options.afresh)


def seal(options: argparse.Namespace) -> int:
    """Seal what has happened until now, and say under which checkpoint."""
    from codes.sealing.sealed_log import newest_checkpoint

    with opened(settings_in(options.config)) as codes:
        codes.seal()
        newest = codes.read(newest_checkpoint)
    print(f"checkpoint {newest.number}, {newest.size} leaves" if newest else "nothing has happened yet")
    return 0
