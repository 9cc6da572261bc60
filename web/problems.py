"""Refusals as RFC 9457 problem documents; no stack trace reaches anybody outside."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import pydantic
import sqlalchemy as sa
from flask import Flask, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from codes.life.asking_again import TooOften
from codes.store.committing import CommitterClosed
from codes.store.database import DatabaseError

log = logging.getLogger("doorcode.web")

API = "/api/"


class Problem(Exception):
    """A request that cannot be answered as asked: status, a slug for its kind, and what to do about it."""

    def __init__(self, status: int, slug: str, detail: str, *, retry_after: int | None = None, **extra: Any) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
        self.status = status
        self.slug = slug
        self.detail = detail
        self.extra = extra

    def response(self) -> Response:
        """Return the problem document (RFC 9457 §3)."""
        title = self.slug.replace("-", " ").capitalize()
        document = {"type": f"/problems/{self.slug}", "title": title, "status": self.status, "detail": self.detail}
        response = Response(_json(document | self.extra), status=self.status, content_type="application/problem+json")
        if self.status == 401:
            response.headers["WWW-Authenticate"] = "Bearer"
        retry_after = 1 if self.status == 503 else self.retry_after
        if retry_after is not None:
            response.headers["Retry-After"] = str(retry_after)
        return response


def problem_for(error: Exception) -> Problem:
    """Translate whatever was raised; what nobody foresaw is logged and becomes a plain 500."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, pydantic.ValidationError):
        return Problem(422, "invalid-request", "correct the fields named in errors", errors=fields_of(error))
    if isinstance(error, HTTPException):
        slug = (error.name or "error").lower().replace(" ", "-")
        return Problem(error.code or 500, slug, error.description or error.name)
    if isinstance(error, TooOften):
        return Problem(429, "too-often", str(error))
    if isinstance(error, sa.exc.DBAPIError | sa.exc.TimeoutError | DatabaseError | CommitterClosed):
        log.error("the database did not confirm: %s", type(error).__name__, exc_info=_quietly(error))
        return Problem(503, "unknown-outcome", "the database did not confirm; send the same request again")
    log.exception("unforeseen error in %s %s", request.method, request.endpoint)
    return Problem(500, "internal-error", "the service failed; it was logged, please try again")


def fields_of(error: pydantic.ValidationError) -> list[dict[str, str]]:
    """Name each bad field and say why, without repeating what was sent."""
    return [
        {
            "field": ".".join(str(part) for part in each["loc"]) or "body",
            "message": each["msg"].removeprefix("Value error, "),
        }
        for each in error.errors(include_url=False, include_input=False, include_context=False)
    ]


def install(app: Flask, page: Callable[[Problem], ResponseReturnValue]) -> None:
    """Answer every error: under /api/ with a problem document, elsewhere with ``page``."""

    @app.errorhandler(Exception)
    def answer(error: Exception) -> ResponseReturnValue:
        problem = problem_for(error)
        if request.path.startswith(API):
            return problem.response()
        return page(problem)


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _quietly(error: Exception) -> BaseException | None:
    """A database error's text holds the statement's values, so only its driver's error is logged."""
    return getattr(error, "orig", None) or error
