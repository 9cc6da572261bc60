"""Forms are read by models, as bodies of the API are: what does not fit is named, and nothing is cut off in silence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, TypeVar, get_origin
from uuid import UUID

from flask import request
from pydantic import BaseModel, BeforeValidator, ConfigDict

from codes.recipients.wishes import Wished
from web.http.moments import read_day
from web.http.problems import Problem

Form = TypeVar("Form", bound=BaseModel)

Ticked = Annotated[bool, BeforeValidator(lambda _value: True)]
"""A box that is ticked is sent, whatever its value; one that is not is not."""


class FormModel(BaseModel):
    """A form; fields that are none of its own, such as a button's, are passed by."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def form_as(model: type[Form]) -> Form:
    """Read the form that was sent. Raises pydantic's ValidationError, which becomes a problem that names the fields."""
    sent: dict[str, object] = {}
    for name, field in model.model_fields.items():
        if name in request.form:
            several = get_origin(field.annotation) in (list, tuple, frozenset)
            sent[name] = request.form.getlist(name) if several else request.form[name]
    return model.model_validate(sent)


def wished_in(form: Mapping[str, str]) -> Wished | None:
    """Return the day or the pickup point that a form chose for a parcel, or None for one that asks for neither.

    A day that was left empty is none: it takes back no wish. Raises Problem.
    """
    day, point = form.get("day"), form.get("point")
    if day is None and point is None:
        return None
    try:
        return Wished(point_id=UUID(point)) if point and not day else Wished(day=read_day(day or ""))
    except ValueError as error:
        slug = "wrong-day" if day or not point else "cannot-wish"
        raise Problem(422, slug, "choose a day or a pickup point") from error
