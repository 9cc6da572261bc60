"""The commands about proofs: what they print, and whether what they looked at is in order."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.x509 import Certificate, load_pem_x509_certificates

from codes import DeliveryCodes
from codes.auditing.audit import audit
from codes.auditing.checked import CheckedStretches
from codes.proving.attachment import proof_in
from codes.proving.proof_check import ProofFault, verify_proof
from codes.proving.signed_note import BadNote, read_verifier_key, witnessed
from codes.proving.time_stamps import stamped_at
from codes.sealing.sealing_key import read_public_key
from web.commands.key_record import compared, is_domain, record_name, record_value
from web.commands.opening import STOPPED
from web.commands.progress import Progress, progress
from web.configuration import BadConfiguration
from web.i18n import text
from web.i18n.languages import SOURCE
from web.i18n.proof_words import REMARK_SENTENCES
from web.mail.address_checker import resolver_of_system
from web.pdf.proof_sheet import proof_sheet
from web.processes.publishing import read_published


def write_proof(data: bytes, out: Path | None, pdf: Path | None, check_address: str, language: str) -> None:
    """Write a proof file, or its sheet of paper, where it was asked for; else the file to standard output."""
    if pdf is not None:
        pdf.write_bytes(proof_sheet(data, check_address, language))
    if out is not None:
        out.write_bytes(data)
    if pdf is not None or out is not None:
        return
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def check_file(
    file: Path, key: Path, witnesses: Sequence[str] = (), roots: Path | None = None, domain: str | None = None
) -> int:
    """Check a proof file, or the PDF it is attached to, with public keys alone; 1 if it does not hold.

    With a domain, its name servers are asked whether the operator's key is named there; 1 if it is not.
    """
    public_key, data = read_public_key(key), file.read_bytes()
    keys = [read_verifier_key(each) for each in witnesses]
    try:
        proved = verify_proof(proof_in(data), public_key)
        seen = [witnessed(proved.note_text, proved.note, each) for each in keys]
        stamp = stamped_at(proved.note_text, proved.note, _certificates(roots)) if roots else None
    except (ProofFault, BadNote) as fault:
        print(f"{file}: does NOT hold: {fault}")
        return 1
    print(f"{file}: holds. Parcel {proved.reference}, grade {proved.grade}, {proved.events} events,")
    print(f"fixed by checkpoint {proved.checkpoint} of {proved.sealed_at}.")
    if handover := proved.handover:
        print(f"Handed over at {handover['at']}, recorded at {handover['recorded']}.")
    for remark in proved.remarks:
        print(text(SOURCE, REMARK_SENTENCES[remark], moment=proved.last_event_at))
    for each in proved.contested:
        answered = f"answered at {each['answered']}" if each["answered"] else "not answered"
        print(f"Contested at {each['at']} ({each['kind']}, by {each['by']}): {answered}.")
    for witness, at in zip(keys, seen, strict=True):
        print(f"{witness.name} signed the log in this state{f' at {at:%Y-%m-%d %H:%M:%S} UTC' if at else ''}.")
    if stamp is not None:
        print(f"{stamp[0]} stamped it at {stamp[1]:%Y-%m-%d %H:%M:%S} UTC.")
    if domain is None:
        return 0
    fits, words = compared(resolver_of_system(), domain, public_key)
    print(words)
    return 0 if fits else 1


def _certificates(path: Path) -> list[Certificate]:
    try:
        return load_pem_x509_certificates(path.read_bytes())
    except ValueError as error:
        raise BadNote(f"{path}: holds no certificates in PEM form") from error


def key_record(codes: DeliveryCodes, domain: str | None, public_url: str | None, *, check: bool) -> int:
    """Print the DNS record of the sealing key, or whether it is there; 1 if it is not."""
    domain = domain or urlsplit(public_url or "").hostname
    if domain is None:
        raise BadConfiguration("server.public_url names no domain; give one: app.py dns example.org")
    if not is_domain(domain):
        raise BadConfiguration(f"{domain!r} is no domain: write its name alone, app.py dns example.org")
    public_key = codes.sealing_key.public_key()
    if not check:
        print(f'{record_name(domain)} 3600 IN TXT "{record_value(public_key)}"')
        return 0
    fits, words = compared(resolver_of_system(), domain, public_key)
    print(words)
    return 0 if fits else 1


def audit_store(codes: DeliveryCodes, against: Path | None, so_far: Path, *, afresh: bool = False) -> int:
    """Audit the whole store and say what was found; 1 if anything was. ``so_far`` lets it go on where it stopped."""
    earlier = read_published(against) if against else None
    key, ring = codes.sealing_key.public_key(), codes.ring()
    if afresh:
        so_far.unlink(missing_ok=True)
    checked = CheckedStretches(so_far, ring, codes.clock())
    begun = f"{checked.begun_at:%Y-%m-%d %H:%M} UTC"
    if checked.goes_on:
        print(f"Going on with the audit of {begun}: what it found in order is read again,", file=sys.stderr)
        print("and computed again only where a row has changed since. --afresh begins anew.", file=sys.stderr)
    try:
        with progress("events checked") as working:
            report = audit(
                codes.database,
                key,
                ring,
                against=earlier,
                checked=checked,
                progress=lambda done, total: _or_stop(working, done, total),
            )
    except _Stopped as stopped:
        print(f"Stopped after {stopped.args[0]:,} events. Nothing was changed, and nothing can be said of the whole.")
        print("The same command goes on from here.")
        return STOPPED
    checked.forget()
    for finding in report.findings:
        print(finding)
    if report.known:
        print(f"{report.known:,} events were checked since {begun}; of these, each row was read again and is the same.")
    counts = f"{report.events} events of {report.parcels} parcels, {report.checkpoints} checkpoints"
    print(f"{counts}: {len(report.findings) or 'no'} findings.")
    return 1 if report.findings else 0


class _Stopped(Exception):
    """Somebody asked the audit to stop, after so many events."""


def _or_stop(working: Progress, done: int, total: int) -> None:
    if not working.go_on(done, total):
        raise _Stopped(done)
