"""The commands about proofs: what they print, and whether what they looked at is in order."""

from __future__ import annotations

import sys
from pathlib import Path

from codes import DeliveryCodes
from codes.auditing.audit import audit
from codes.auditing.checked import Checked
from codes.proving.proof import ProofFault, verify_proof
from codes.proving.proofs import read_public_key
from web.commands.progress import STOPPED, Progress, progress
from web.proof_sheet import proof_sheet
from web.publishing import read_published


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


def check_file(file: Path, key: Path) -> int:
    """Check a proof file with a public key alone; 1 if it does not hold."""
    public_key, data = read_public_key(key), file.read_bytes()
    if data.startswith(b"%PDF-"):
        print(f"{file}: a sheet of paper, which proves nothing by itself.")
        print("Open it, save the file that is attached to it (proof-….json), and check that.")
        return 1
    try:
        proved = verify_proof(data, public_key)
    except ProofFault as fault:
        print(f"{file}: does NOT hold: {fault}")
        return 1
    print(f"{file}: holds. Parcel {proved.reference}, grade {proved.grade}, {proved.events} events,")
    print(f"fixed by checkpoint {proved.checkpoint} of {proved.sealed_at}.")
    return 0


def audit_store(codes: DeliveryCodes, against: Path | None, so_far: Path, *, afresh: bool = False) -> int:
    """Audit the whole store and say what was found; 1 if anything was. ``so_far`` lets it go on where it stopped."""
    earlier = read_published(against) if against else None
    key, ring = codes.log.key.public_key(), codes.ring()
    if afresh:
        so_far.unlink(missing_ok=True)
    checked = Checked(so_far, ring, codes.clock())
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
