"""Proofs of delivery for senders and drivers, and the check of one for everybody."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue

from codes.api_keys import Scope
from codes.driven import handovers_of_device
from codes.identifiers import BadReference, normalise_reference
from codes.proof import LARGEST, ProofFault, verify_proof
from web.access import for_device, for_scope, public, this_device_id
from web.api.parcels import found
from web.parts import parts
from web.problems import Problem
from web.proof_sheet import proof_sheet

blueprint = Blueprint("api_proofs", __name__, url_prefix="/api/v1")

LISTED = timedelta(days=7)


@blueprint.get("/parcels/<path:reference>/proof")
@for_scope(Scope.PROOFS_READ)
def of_parcel(reference: str) -> ResponseReturnValue:
    """Give a parcel's proof file."""
    return proof_file(found(reference).reference)


@blueprint.get("/parcels/<path:reference>/proof.pdf")
@for_scope(Scope.PROOFS_READ)
def sheet_of_parcel(reference: str) -> ResponseReturnValue:
    """Give the same as a sheet of paper."""
    return proof_pdf(found(reference).reference)


@blueprint.get("/handovers")
@for_device
def handovers() -> ResponseReturnValue:
    """List what this device handed over in the last days."""
    listed = handovers_of_device(parts().codes.database, this_device_id(), parts().codes.clock() - LISTED)
    return {
        "handovers": [
            {
                "reference": each.reference,
                "handed_over_at": each.handed_over_at.isoformat(),
                "match_number": each.match_number,
                "proof": url_for("api_proofs.of_handover", reference=each.reference),
                "proof_pdf": url_for("api_proofs.sheet_of_handover", reference=each.reference),
            }
            for each in listed
        ]
    }


@blueprint.get("/handovers/<path:reference>/proof")
@for_device
def of_handover(reference: str) -> ResponseReturnValue:
    """Give the proof of a handover that this device made; of nothing else."""
    return proof_file(_own(reference))


@blueprint.get("/handovers/<path:reference>/proof.pdf")
@for_device
def sheet_of_handover(reference: str) -> ResponseReturnValue:
    """Give the same as a sheet of paper."""
    return proof_pdf(_own(reference))


@blueprint.post("/proofs/check")
@public
def check() -> ResponseReturnValue:
    """Check an uploaded proof file against this service's own key, for browsers that cannot."""
    request.max_content_length = LARGEST
    try:
        proved = verify_proof(request.get_data(), parts().codes.log.key.public_key())
    except ProofFault as fault:
        return {"holds": False, "fault": str(fault)}
    return {
        "holds": True,
        "reference": proved.reference,
        "grade": proved.grade,
        "events": proved.events,
        "checkpoint": proved.checkpoint,
        "sealed_at": proved.sealed_at,
    }


def proof_file(reference: str) -> Response:
    """Return a proof as a file to be kept."""
    headers = {"Content-Disposition": f'attachment; filename="proof-{_file_name(reference)}.json"'}
    return Response(parts().codes.proofs.of(reference), mimetype="application/json", headers=headers)


def proof_pdf(reference: str) -> Response:
    """Return a proof as a sheet of paper, the file attached to it."""
    data = proof_sheet(parts().codes.proofs.of(reference), f"{parts().pages_url}/proofs/check")
    headers = {"Content-Disposition": f'attachment; filename="proof-{_file_name(reference)}.pdf"'}
    return Response(data, mimetype="application/pdf", headers=headers)


def _file_name(reference: str) -> str:
    return "".join(sign if sign.isalnum() else "-" for sign in reference)


def _own(reference: str) -> str:
    """Return the number of a parcel that this device handed over in the last days, else end in 404."""
    listed = handovers_of_device(parts().codes.database, this_device_id(), parts().codes.clock() - LISTED)
    try:
        wanted = normalise_reference(reference)
    except BadReference:
        wanted = ""
    if wanted not in {each.reference for each in listed}:
        raise Problem(404, "not-found", "this device handed over no such parcel in the last days")
    return wanted
