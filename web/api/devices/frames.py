"""Pictures from devices that cannot decode them: a photograph, or frames of a camera."""

from __future__ import annotations

import logging
from time import perf_counter

from flask import Blueprint, request

from scanner.decoding.enough import Enough
from web.api.answers import FrameAnswer, SymbolAnswer
from web.api.operations import PICTURE, operation
from web.api.requests import Strict
from web.http.access import for_device
from web.http.bodies import BodyKind, takes
from web.http.problems import Problem
from web.services import services

log = logging.getLogger("doorcode.web")
blueprint = Blueprint("api_frames", __name__, url_prefix="/api/v1/frames")


class FramesQuery(Strict):
    """What the caller waits for: a photograph is read whole, a frame until it shows that."""

    enough: Enough = Enough.ALL


@blueprint.post("")
@for_device
@takes(BodyKind.PICTURE)
@operation({200: FrameAnswer}, 413, 415, query=FramesQuery, takes=PICTURE)
def read() -> FrameAnswer:
    """Return the symbols in the picture that is the request's body: all, or what was found until enough was."""
    started = perf_counter()
    query = FramesQuery.model_validate(request.args.to_dict())
    try:
        wanted = services().scanner.wanted
        reading = services().pictures().read(request.get_data(), wanted=wanted, enough=query.enough)
    except OSError as error:
        log.error("frames: the picture reader cannot be started: %s", type(error).__name__)
        detail = "the part that reads pictures failed; type the digits, or read the symbol on the device"
        raise Problem(503, "picture-reader-failed", detail) from error
    symbols = [SymbolAnswer.from_record(symbol) for symbol in reading.symbols]
    return FrameAnswer(symbols=symbols, milliseconds=round((perf_counter() - started) * 1000, 1))
