"""Forms are read by models, as bodies of the API are: what does not fit is named, and nothing is cut off in silence.

What they and addresses say is read as a database can hold it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeVar, get_origin
from uuid import UUID

from flask import Request, request
from pydantic import BaseModel, BeforeValidator, ConfigDict
from werkzeug.datastructures import ImmutableMultiDict

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


SUBSTITUTE = "\x1a"
"""ASCII's own sign for one that cannot stand where it was; a name or line refuses it like every control character."""


class _Texts(ImmutableMultiDict[str, Any]):
    """Values without the zero byte, which PostgreSQL takes in no text."""

    def __init__(self, pairs: Iterable[tuple[str, Any]] = ()) -> None:
        super().__init__([(name, _storable(value)) for name, value in pairs])


def _storable(value: Any) -> Any:
    return value.replace("\0", SUBSTITUTE) if isinstance(value, str) else value


class TextRequest(Request):
    """A request whose address and forms hold what can be looked for in any database."""

    parameter_storage_class = _Texts
