"""How much of a request's body is read: declared at the view, or by the kind of view it is."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar, cast

from flask import Flask, current_app, request

from codes.proving.attachment import LARGEST_SHEET
from web.http.access import SAFE_METHODS, Guard, guard_of
from web.http.problems import API, Problem
from web.services import Services

SMALL = 1 << 16
"""So many bytes are read for anybody, before it is asked who calls."""
LARGEST_FORM = 1 << 18
REFUSED_BODY = "doorcode.refused_body"
"""The key in a WSGI environment under which lies why a body was not read."""

View = TypeVar("View", bound=Callable[..., Any])


class BodyKind(StrEnum):
    """What a view takes."""

    SMALL = "small"
    FORM = "form"
    JSON = "json"
    FILE = "file"
    PICTURE = "picture"
    REPORT = "report"
    PROOF = "proof"


def takes(kind: BodyKind) -> Callable[[View], View]:
    """Let a view take bodies of this kind instead of what its path and guard suggest."""

    def marked(view: View) -> View:
        view.doorcode_takes = kind  # type: ignore[attr-defined]
        return view

    return marked


def kind_of(app: Flask, endpoint: str, rule: str, method: str) -> BodyKind:
    """Return what a view takes. What anybody may call takes little unless it says otherwise."""
    declared = getattr(app.view_functions[endpoint], "doorcode_takes", None)
    if method in SAFE_METHODS:
        return BodyKind.SMALL
    if declared is not None:
        return cast(BodyKind, declared)
    if guard_of(app, endpoint) is Guard.PUBLIC:
        return BodyKind.SMALL
    return BodyKind.JSON if rule.startswith(API) else BodyKind.FORM


def limits(services: Services) -> dict[BodyKind, int]:
    """Return the most bytes of each kind."""
    return {
        BodyKind.SMALL: SMALL,
        BodyKind.FORM: LARGEST_FORM,
        BodyKind.JSON: services.server.max_json_kilobytes * 1024,
        BodyKind.FILE: services.server.max_file_kilobytes * 1024,
        BodyKind.PICTURE: services.scanner.max_upload_bytes,
        BodyKind.REPORT: SMALL + (services.scanner.max_upload_bytes if services.codes.settings.contest_photos else 0),
        BodyKind.PROOF: LARGEST_SHEET,
    }


def install(app: Flask) -> None:
    """Refuse, once the caller is admitted, what came with a body that was not read."""
    app.before_request(_refuse)


def _refuse() -> None:
    refused: Problem | None = request.environ.get(REFUSED_BODY)
    if refused is None or request.endpoint is None:
        return
    view = current_app.view_functions[request.endpoint]
    if isinstance(refused, BodyTooLarge) and getattr(view, "doorcode_takes", None) is BodyKind.REPORT:
        raise PhotoTooLarge(refused.extra["most_bytes"])
    raise refused


class BodyTooLarge(Problem):
    """The body is larger than the view takes."""

    def __init__(self, most: int) -> None:
        super().__init__(413, "body-too-large", f"at most {most:,} bytes are taken here; send less", most_bytes=most)


class PhotoTooLarge(Problem):
    """The photograph that came with a form is larger than is taken."""

    def __init__(self, most: int) -> None:
        super().__init__(413, "photo-too-large", f"at most {most:,} bytes are taken here; send a smaller photo or none")


class BodyTooSlow(Problem):
    """The body did not arrive in time."""

    def __init__(self) -> None:
        super().__init__(408, "body-too-slow", "the body did not arrive in time; send the same request again")


class BodyBroken(Problem):
    """The connection ended, or what came was no body of HTTP."""

    def __init__(self) -> None:
        super().__init__(400, "body-broken", "the body did not arrive whole; send the same request again")


class Busy(Problem):
    """The bodies of others fill the memory that is meant for bodies."""

    def __init__(self) -> None:
        detail = "the service reads too many bodies at once; send the same request again"
        super().__init__(503, "busy", detail, retry_after=5)
