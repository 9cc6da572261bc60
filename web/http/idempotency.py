"""`Idempotency-Key` on calls of senders (draft-ietf-httpapi-idempotency-key-header), and ETags on what they read."""

from __future__ import annotations

import hashlib
import re
from http import HTTPStatus

from flask import Flask, Response, current_app, g, request
from pydantic import BaseModel
from werkzeug.http import generate_etag

from codes.integrations import idempotency
from web.http.access import Guard, guard_of, this_sender
from web.http.problems import Problem
from web.services import services

HEADER = "Idempotency-Key"
_KEY = re.compile(r'"?([\x21\x23-\x7e]{1,200})"?')


def install(app: Flask) -> None:
    """Answer a sender's repeated POST with the first answer, and an unchanged GET with 304."""
    app.before_request(_begin)
    app.after_request(_end)
    app.after_request(_tag)


def _for_sender() -> bool:
    return request.endpoint is not None and guard_of(current_app, request.endpoint) is Guard.SENDER


def _begin() -> Response | None:
    given = request.headers.get(HEADER)
    if given is None or request.method != "POST" or not _for_sender():
        return None
    match = _KEY.fullmatch(given.strip())
    if match is None:
        raise Problem(400, "bad-idempotency-key", "an idempotency key has 1 to 200 visible ASCII characters")
    call = b"\n".join((request.method.encode(), request.full_path.encode(), request.get_data(cache=True)))
    key, caller = match[1], this_sender().key_id
    try:
        first = services().codes.write(idempotency.begin_call, caller, key, hashlib.sha256(call).digest())
    except idempotency.StillRunning as error:
        seconds = int(idempotency.RUNS_AT_MOST.total_seconds())
        detail = "the first call with this idempotency key is not answered yet"
        raise Problem(409, "call-still-running", detail, retry_after=min(seconds, 1)) from error
    except idempotency.OtherCall as error:
        raise Problem(422, "idempotency-key-reused", "this idempotency key was used for another call") from error
    if first is None:
        g.idempotency_key = key
        return None
    response = Response(first.body, status=first.status, content_type=first.content_type)
    response.headers["Idempotency-Replayed"] = "true"
    if first.location:
        response.headers["Location"] = first.location
    return response


def _end(response: Response) -> Response:
    key = g.pop("idempotency_key", None)
    if key is None:
        return response
    codes, caller = services().codes, this_sender().key_id
    if response.status_code >= 500 or response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        # What was not done now may be done later, under the same key.
        codes.write(idempotency.forget_call, caller, key)
        return response
    location = response.headers.get("Location")
    kind = response.content_type or "application/json"
    answer = idempotency.FirstAnswer(response.status_code, kind, location, response.get_data(as_text=True))
    codes.write(idempotency.end_call, caller, key, answer)
    return response


def tag_of(answer: BaseModel) -> str:
    """Return the tag that an answer has when a sender reads it."""
    return generate_etag(current_app.make_response(answer.model_dump(mode="json", exclude_unset=True)).get_data())


def _tag(response: Response) -> Response:
    """Give what a sender reads a tag by its content (RFC 9110 §8.8.3), so that the same is not sent again."""
    if request.method == "GET" and response.status_code == 200 and _for_sender() and not response.is_streamed:
        response.add_etag()
        response.headers["Cache-Control"] = "private, no-cache"
        response.make_conditional(request)
    return response
