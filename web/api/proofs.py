"""Proofs of delivery for senders and drivers, and the check of one for everybody."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from codes.accounts.api_keys import Scope
from codes.accounts.devices import device_with_id
from codes.accounts.staff import Task
from codes.delivering.visits import handovers_of_device, visits_of_device
from codes.integrations.looks import look_of_parcel
from codes.proving.attachment import proof_in
from codes.proving.proof_check import ProofFault, verify_proof
from codes.proving.proof_name import parse_name
from codes.sealing.proof_files import reference_of_proof
from codes.store.gates import Crowded, Gate
from codes.values.tracking_numbers import reference_in
from web.api.answers import (
    AnyDocument,
    CheckedAnswer,
    HandoverAnswer,
    HandoversAnswer,
    ProvedContest,
    ProvedHandover,
    VisitAnswer,
)
from web.api.operations import PDF, operation
from web.api.requests import Strict, body_as
from web.api.senders.parcels import found
from web.http.access import for_device, for_scope, public, this_device_id
from web.http.bodies import BodyKind, takes
from web.http.problems import Problem
from web.http.shift_guard import with_task
from web.i18n import current_language, speak
from web.pdf.proof_sheet import proof_sheet
from web.services import services

blueprint = Blueprint("api_proofs", __name__, url_prefix="/api/v1")

LISTED = timedelta(days=7)
CHECKED_AT_ONCE = 2
# A check costs up to a second, and strangers can ask for one.
checks = Gate(CHECKED_AT_ONCE, 8, 3.0, lambda: Crowded("too many proofs are being checked; try again in a moment"))


class NamedProof(Strict):
    """The name of a proof, as the symbol on its sheet tells it."""

    name: str = Field(max_length=60)


@blueprint.get("/parcels/<path:reference>/proof")
@for_scope(Scope.PROOFS_READ)
@operation({200: AnyDocument, 304: None}, 404)
def of_parcel(reference: str) -> ResponseReturnValue:
    """Give a parcel's proof file."""
    return proof_file(found(reference).reference)


@blueprint.get("/parcels/<path:reference>/proof.pdf")
@for_scope(Scope.PROOFS_READ)
@operation({200: AnyDocument, 304: None}, 404, gives=PDF)
def sheet_of_parcel(reference: str) -> ResponseReturnValue:
    """Give the same as a sheet of paper."""
    return proof_pdf(found(reference).reference)


@blueprint.get("/handovers")
@for_device
@with_task(Task.HAND_OVER)
@operation({200: HandoversAnswer})
def handovers() -> HandoversAnswer:
    """List what this device handed over in the last days, and its visits that ended otherwise."""
    since = services().codes.clock() - LISTED
    made = services().codes.read(handovers_of_device, this_device_id(), since)
    visits = services().codes.read(visits_of_device, this_device_id(), since)
    return HandoversAnswer(
        visits=[VisitAnswer.from_record(each) for each in visits],
        handovers=[
            HandoverAnswer.from_record(
                each,
                proof=url_for("api_proofs.of_handover", reference=each.reference),
                proof_pdf=url_for("api_proofs.sheet_of_handover", reference=each.reference),
            )
            for each in made
        ],
    )


@blueprint.get("/handovers/<path:reference>/proof")
@for_device
@with_task(Task.HAND_OVER)
@operation({200: AnyDocument}, 404)
def of_handover(reference: str) -> ResponseReturnValue:
    """Give the proof of a handover that this device made; of nothing else."""
    return proof_file(_own(reference))


@blueprint.get("/handovers/<path:reference>/proof.pdf")
@for_device
@with_task(Task.HAND_OVER)
@operation({200: AnyDocument}, 404, gives=PDF)
def sheet_of_handover(reference: str) -> ResponseReturnValue:
    """Give the same as a sheet of paper, in the language that the driver reads."""
    device = services().codes.read(device_with_id, this_device_id())
    speak(device.language if device else None)
    return proof_pdf(_own(reference))


@blueprint.post("/proofs/check")
@public
@takes(BodyKind.PROOF)
@operation({200: CheckedAnswer}, 413, body=AnyDocument)
def check() -> CheckedAnswer:
    """Check a proof file, or the PDF it is attached to, against this service's own key, for browsers that cannot."""
    try:
        with checks.passed():
            proved = verify_proof(proof_in(request.get_data()), services().codes.sealing_key.public_key())
    except ProofFault as fault:
        return CheckedAnswer(holds=False, fault=str(fault))
    handover = ProvedHandover(**proved.handover) if proved.handover else None
    contested = [ProvedContest(**each) for each in proved.contested]
    return CheckedAnswer(
        holds=True,
        reference=proved.reference,
        grade=proved.grade,
        handover=handover,
        contested=contested,
        events=proved.events,
        last_event_at=proved.last_event_at,
        checkpoint=proved.checkpoint,
        sealed_at=proved.sealed_at,
    )


@blueprint.post("/proofs/named")
@public
@operation({200: AnyDocument}, 404, 422, body=NamedProof)
def named() -> ResponseReturnValue:
    """Give the proof that the symbol on a sheet of paper names, as it stands now, to whoever holds the sheet."""
    name = parse_name(body_as(NamedProof).name)
    reference = services().codes.read(reference_of_proof, name) if name else None
    if reference is None:
        raise Problem(404, "not-found", "this service knows no proof of this name")
    return proof_file(reference)


def proof_file(reference: str) -> Response:
    """Return a proof as a file to be kept."""
    headers = {"Content-Disposition": f'attachment; filename="proof-{_file_name(reference)}.json"'}
    return Response(services().codes.proof_of(reference), mimetype="application/json", headers=headers)


def proof_pdf(reference: str) -> Response:
    """Return a proof as a sheet of paper in the reader's language, the file attached to it."""
    check_address = f"{services().pages_url}/proofs/check"
    codes = services().codes
    look, logo = codes.read(look_of_parcel, reference)
    file, language = codes.proof_of(reference), current_language().code
    data = proof_sheet(file, check_address, language, look, logo, codes.house.days)
    headers = {"Content-Disposition": f'attachment; filename="proof-{_file_name(reference)}.pdf"'}
    return Response(data, mimetype="application/pdf", headers=headers)


def _file_name(reference: str) -> str:
    return "".join(sign if sign.isalnum() else "-" for sign in reference)


def _own(reference: str) -> str:
    """Return the number of a parcel that this device handed over in the last days, else end in 404."""
    listed = services().codes.read(handovers_of_device, this_device_id(), services().codes.clock() - LISTED)
    wanted = reference_in(reference) or ""
    if wanted not in {each.reference for each in listed}:
        raise Problem(404, "not-found", "this device handed over no such parcel in the last days")
    return wanted
