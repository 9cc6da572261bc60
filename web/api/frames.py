"""Pictures from devices that cannot decode them: a photograph, or frames of a camera."""

from __future__ import annotations

from time import perf_counter

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from scanner.untrusted import NotAPicture, PictureTooHard, PictureTooLarge
from web.access import for_device
from web.parts import parts
from web.problems import Problem

blueprint = Blueprint("api_frames", __name__, url_prefix="/api/v1/frames")


@blueprint.post("")
@for_device
def read() -> ResponseReturnValue:
    """Return the symbols in the picture that is the request's body."""
    request.max_content_length = parts().scanner.max_upload_bytes
    started = perf_counter()
    try:
        reading = parts().pictures().read(request.get_data(), wanted=parts().scanner.wanted)
    except NotAPicture as error:
        raise Problem(415, "not-a-picture", str(error)) from error
    except PictureTooLarge as error:
        raise Problem(413, "picture-too-large", str(error)) from error
    except PictureTooHard as error:
        raise Problem(422, "picture-too-hard", str(error)) from error
    symbols = [
        {"symbology": symbol.symbology, "text": symbol.text, "polygon": symbol.polygon} for symbol in reading.symbols
    ]
    return {"symbols": symbols, "milliseconds": round((perf_counter() - started) * 1000, 1)}
