"""Proofs of delivery for senders and drivers, and the check of one for everybody."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue

from codes.accounts.access import Task
from codes.accounts.api_keys import Scope
from codes.delivering.driven import handovers_of_device
from codes.identifiers import reference_in
from codes.proving.proof import LARGEST, ProofFault, verify_proof
from web.access import for_device, for_scope, public, this_device_id
from web.api.parcels import found
from web.i18n import current_language, speak
from web.parts import parts
from web.problems import Problem
from web.proof_sheet import proof_sheet
from web.shifts import with_task

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
@with_task(Task.HAND_OVER)
def handovers() -> ResponseReturnValue:
    """List what this device handed over in the last days, and its visits that ended otherwise."""
    since = parts().codes.clock() - LISTED
    listed = handovers_of_device(parts().codes.database, this_device_id(), since)
    return {
        "visits": [
            {
                "reference": each.reference,
                "reason": each.reason,
                "attempted_at": each.attempted_at.isoformat(),
                "place": each.place,
            }
            for each in parts().codes.visits.of_device(this_device_id(), since)
        ],
        "handovers": [
            {
                "reference": each.reference,
                "handed_over_at": each.handed_over_at.isoformat(),
                "match_number": each.match_number,
                "proof": url_for("api_proofs.of_handover", reference=each.reference),
                "proof_pdf": url_for("api_proofs.sheet_of_handover", reference=each.reference),
            }
            for each in listed
        ],
    }


@blueprint.get("/handovers/<path:reference>/proof")
@for_device
@with_task(Task.HAND_OVER)
def of_handover(reference: str) -> ResponseReturnValue:
    """Give the proof of a handover that this device made; of nothing else."""
    return proof_file(_own(reference))


@blueprint.get("/handovers/<path:reference>/proof.pdf")
@for_device
@with_task(Task.HAND_OVER)
def sheet_of_handover(reference: str) -> ResponseReturnValue:
    """Give the same as a sheet of paper, in the language that the driver reads."""
    device = parts().codes.devices.get(this_device_id())
    speak(device.language if device else None)
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
    """Return a proof as a sheet of paper in the reader's language, the file attached to it."""
    check_address = f"{parts().pages_url}/proofs/check"
    data = proof_sheet(parts().codes.proofs.of(reference), check_address, current_language().code)
    headers = {"Content-Disposition": f'attachment; filename="proof-{_file_name(reference)}.pdf"'}
    return Response(data, mimetype="application/pdf", headers=headers)


def _file_name(reference: str) -> str:
    return "".join(sign if sign.isalnum() else "-" for sign in reference)


def _own(reference: str) -> str:
    """Return the number of a parcel that this device handed over in the last days, else end in 404."""
    listed = handovers_of_device(parts().codes.database, this_device_id(), parts().codes.clock() - LISTED)
    wanted = reference_in(reference) or ""
    if wanted not in {each.reference for each in listed}:
        raise Problem(404, "not-found", "this device handed over no such parcel in the last days")
    return wanted
