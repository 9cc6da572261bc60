"""A call of the API declares itself at its view: what it takes, what it answers, and which problems there may be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from flask import Flask
from flask.typing import ResponseReturnValue
from pydantic import BaseModel

PICTURE, JSON, PDF = "image/*", "application/json", "application/pdf"
MERGE_PATCH = "application/merge-patch+json"


@dataclass(frozen=True, slots=True)
class Operation:
    """What one call takes, what it answers by status, and which problems it may answer with."""

    answers: Mapping[int, type[BaseModel] | None]
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    problems: frozenset[int] = field(default_factory=frozenset)
    takes: str = JSON
    gives: str = JSON


def operation(
    answers: Mapping[int, type[BaseModel] | None],
    *problems: int,
    body: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    takes: str = JSON,
    gives: str = JSON,
) -> Callable[[Callable[..., Any]], Callable[..., ResponseReturnValue]]:
    """Declare a call. Its view returns one of the models of its answers, alone or with a status."""
    declared = Operation(answers, body, query, frozenset(problems), takes, gives)

    def mark(view: Callable[..., Any]) -> Callable[..., ResponseReturnValue]:
        @wraps(view)
        def answering(*arguments: Any, **named: Any) -> ResponseReturnValue:
            answer = view(*arguments, **named)
            written: ResponseReturnValue = _written(answer)
            if isinstance(answer, tuple):
                written = (_written(answer[0]), *answer[1:])
            return written

        answering.doorcode_operation = declared  # type: ignore[attr-defined]
        return answering

    return mark


def operation_of(app: Flask, endpoint: str) -> Operation | None:
    """Return what a view declared."""
    found: Operation | None = getattr(app.view_functions[endpoint], "doorcode_operation", None)
    return found


def _written(answer: Any) -> Any:
    return answer.model_dump(mode="json", exclude_unset=True) if isinstance(answer, BaseModel) else answer
