"""The commands about proofs: what they print, and whether what they looked at is in order."""

from __future__ import annotations

import sys
from pathlib import Path

from codes import DeliveryCodes
from codes.audit import audit
from codes.proof import ProofFault, verify_proof
from codes.proofs import read_public_key
from web.proof_sheet import proof_sheet
from web.publishing import read_published


def write_proof(data: bytes, out: Path | None, pdf: Path | None, check_address: str) -> None:
    """Write a proof file, or its sheet of paper, where it was asked for; else the file to standard output."""
    if pdf is not None:
        pdf.write_bytes(proof_sheet(data, check_address))
    if out is not None:
        out.write_bytes(data)
    if pdf is not None or out is not None:
        return
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def check_file(file: Path, key: Path) -> int:
    """Check a proof file with a public key alone; 1 if it does not hold."""
    public_key = read_public_key(key)
    try:
        proved = verify_proof(file.read_bytes(), public_key)
    except ProofFault as fault:
        print(f"{file}: does NOT hold: {fault}")
        return 1
    print(f"{file}: holds. Parcel {proved.reference}, grade {proved.grade}, {proved.events} events,")
    print(f"fixed by checkpoint {proved.checkpoint} of {proved.sealed_at}.")
    return 0


def audit_store(codes: DeliveryCodes, against: Path | None) -> int:
    """Audit the whole store and say what was found; 1 if anything was."""
    earlier = read_published(against) if against else None
    report = audit(codes.database, codes.log.key.public_key(), codes.ring(), against=earlier)
    for finding in report.findings:
        print(finding)
    counts = f"{report.events} events of {report.parcels} parcels, {report.checkpoints} checkpoints"
    print(f"{counts}: {len(report.findings) or 'no'} findings.")
    return 1 if report.findings else 0
