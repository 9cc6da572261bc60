"""Passkeys: added under one's own account after the password, and used at the office's door in the password's place.

webauthn is imported where it is used: it takes longer than everything else that a web process loads for the office.
"""

from __future__ import annotations

import logging
from typing import Annotated, Any
from uuid import UUID

from flask import Blueprint, Response, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import StringConstraints
from sqlalchemy.exc import IntegrityError

from codes.accounts import passkeys
from codes.accounts.staff import Role
from web.api.requests import Strict, body_as
from web.http.access import for_roles, public, this_member
from web.http.problems import Problem
from web.office.house.account import is_own_password
from web.office.house.signing_in import let_in_by, way_on
from web.outside_text import one_line
from web.processes.troubles import log_asked_for
from web.services import services

log = logging.getLogger("doorcode.web")
blueprint = Blueprint("passkeys", __name__, url_prefix="/office")

everybody = for_roles(*Role)
SIGN_IN = b"sign in"
NAME_OF_OURS = "Doorcode"


class PasswordBody(Strict):
    """Who sits there is asked once more before a key to the account is made."""

    password: Annotated[str, StringConstraints(max_length=1000)]


class NewPasskeyBody(Strict):
    """What the browser made, and what its owner calls it."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
    credential: dict[str, Any]


class AnswerBody(Strict):
    """What the browser signed."""

    credential: dict[str, Any]


@blueprint.post("/account/passkeys/options")
@everybody
def begin_adding() -> ResponseReturnValue:
    """Say what a new passkey has to be, after the password."""
    from webauthn import generate_registration_options, options_to_json
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    member, codes = this_member(), services().codes
    if not is_own_password(body_as(PasswordBody).password):
        raise Problem(403, "wrong-password", "the password is wrong")
    options = generate_registration_options(
        rp_id=_host(),
        rp_name=NAME_OF_OURS,
        user_name=member.name,
        user_id=member.staff_id.bytes,
        challenge=passkeys.new_challenge(codes.ring(), _adding(member.staff_id), codes.clock()),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=each.credential_id)
            for each in codes.read(passkeys.passkeys_of, member.staff_id)
        ],
    )
    return Response(options_to_json(options), mimetype="application/json")


@blueprint.post("/account/passkeys")
@everybody
def add() -> ResponseReturnValue:
    """Keep a new passkey."""
    from webauthn import verify_registration_response
    from webauthn.helpers.exceptions import WebAuthnException

    member, codes, body = this_member(), services().codes, body_as(NewPasskeyBody)
    challenge, _given = _challenge_of(body.credential, _adding(member.staff_id))
    try:
        made = verify_registration_response(
            credential=body.credential,
            expected_challenge=challenge,
            expected_rp_id=_host(),
            expected_origin=_origin(),
            require_user_verification=True,
        )
        key = (made.credential_id, made.credential_public_key, made.sign_count)
        codes.write(passkeys.add_passkey, member.staff_id, one_line(body.name), *key)
    except (WebAuthnException, IntegrityError, passkeys.TooManyPasskeys) as error:
        raise _refused(error) from error
    return "", 204


@blueprint.post("/account/passkeys/<uuid:passkey_id>/remove")
@everybody
def remove(passkey_id: UUID) -> ResponseReturnValue:
    """Forget one's own passkey."""
    services().codes.write(passkeys.remove_passkey, this_member().staff_id, passkey_id)
    return redirect(url_for("account.account"), 303)


@blueprint.post("/passkeys/options")
@public
def begin_signing_in() -> ResponseReturnValue:
    """Give a challenge; whose passkey answers it, only the answer tells."""
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers.structs import UserVerificationRequirement

    codes = services().codes
    challenge = passkeys.new_challenge(codes.ring(), SIGN_IN, codes.clock())
    required = UserVerificationRequirement.REQUIRED
    options = generate_authentication_options(rp_id=_host(), challenge=challenge, user_verification=required)
    return Response(options_to_json(options), mimetype="application/json")


@blueprint.post("/passkeys")
@public
def sign_in() -> ResponseReturnValue:
    """Let in whose passkey has signed; the device was unlocked for it, so no second factor is due."""
    from webauthn import verify_authentication_response
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.exceptions import WebAuthnException

    codes, credential = services().codes, body_as(AnswerBody).credential
    challenge, given = _challenge_of(credential, SIGN_IN)
    try:
        passkey = codes.read(passkeys.passkey_with, base64url_to_bytes(str(credential.get("id", ""))))
        if passkey is None:
            raise Problem(403, "unknown-passkey", "nobody here has this passkey (any more)")
        answered = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=_host(),
            expected_origin=_origin(),
            credential_public_key=passkey.public_key,
            # What the count says is looked at where it is written.
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError) as error:
        raise _refused(error) from error
    found = codes.write(passkeys.use_passkey, passkey, answered.new_sign_count, given)
    response = let_in_by(found, jsonify(next=way_on()), how="passkeys.sign_in") if found else None
    if response is None:
        raise Problem(403, "unknown-passkey", "nobody here has this passkey (any more)")
    return response


def _challenge_of(credential: dict[str, Any], purpose: bytes) -> tuple[bytes, Any]:
    """Return the challenge that was answered, and when we gave it for this purpose. Raises Problem."""
    from webauthn.helpers import base64url_to_bytes, parse_client_data_json
    from webauthn.helpers.exceptions import WebAuthnException

    codes = services().codes
    try:
        told = parse_client_data_json(base64url_to_bytes(str(credential["response"]["clientDataJSON"]))).challenge
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise _refused(error) from error
    given = passkeys.given_at(codes.ring(), purpose, told, codes.clock())
    if given is None:
        raise Problem(403, "old-challenge", "this took too long; try again")
    return told, given


def _refused(error: Exception) -> Problem:
    log_asked_for(log, f"passkeys: refused: {type(error).__name__}")
    return Problem(403, "bad-passkey", "this passkey cannot be taken")


def _adding(staff_id: UUID) -> bytes:
    return b"add " + staff_id.bytes


def _host() -> str:
    """Return whose the passkeys are. A browser lets no other site's page use them, whatever that calls itself here."""
    return request.host.rsplit(":", 1)[0] if not request.host.endswith("]") else request.host


def _origin() -> str:
    return request.host_url.rstrip("/")
