"""The section `mail.gateway` of `config.yaml`: how a provider of text messages wants to be asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from string import Template
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from codes.model import MessageKind
from web.secret_files import read_secret
from web.settings import askable

SECRET_VARIABLE = "DOORCODE_GATEWAY_SECRET"
PLACES = ("phone", "text", "id", "receipt", "kind", "language", "secret")


class BodyForm(StrEnum):
    """How the body is written, and so how values in it are escaped."""

    JSON = "json"
    FORM = "form"

    @property
    def content_type(self) -> str:
        """Return the media type."""
        return "application/json" if self is BodyForm.JSON else "application/x-www-form-urlencoded"


class ReceiptSettings(BaseModel):
    """How a gateway that calls back says what became of a text."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: str = Field(min_length=1, max_length=200)
    delivered: tuple[str, ...] = Field(min_length=1)
    failed: tuple[str, ...] = Field(min_length=1)


class GatewaySettings(BaseModel):
    """One HTTP request for each text message."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Annotated[str, AfterValidator(askable)] = Field(
        pattern=r"^https?://[^/\s$]+(/\S*)?$", max_length=500, examples=["https://sms.example.org/v1/messages"]
    )
    method: Literal["POST", "PUT", "GET"] = "POST"
    headers: dict[str, str] = Field(default_factory=dict)
    form: BodyForm = BodyForm.JSON
    body: str = ""
    secret_file: Path | None = None
    timeout_seconds: float = Field(default=15, gt=0, le=120)
    kinds: tuple[MessageKind, ...] = (
        *(MessageKind.CODE_ISSUED, MessageKind.CODE_RENEWED),
        *(MessageKind.DELIVERY_DAY, MessageKind.READY_TO_COLLECT),
    )
    public_only: bool = False
    receipts: ReceiptSettings | None = None

    @model_validator(mode="after")
    def _templates_can_be_filled(self) -> GatewaySettings:
        named = {"url": self.url, "body": self.body, **{f"headers.{name}": text for name, text in self.headers.items()}}
        for where, text in named.items():
            template = Template(text)
            unknown = set(template.get_identifiers()) - set(PLACES)
            if not template.is_valid() or unknown:
                known = ", ".join(f"${name}" for name in PLACES)
                raise ValueError(f"{where}: it can hold {known}, and $$ for a dollar sign")
            if any(sign in text for sign in "\r\n") and where != "body":
                raise ValueError(f"{where}: must be one line")
        if (self.receipts is not None) != self._names("receipt"):
            raise ValueError("receipts: $receipt in url, headers or body and this section need each other")
        if self.form is BodyForm.JSON and self.body:
            try:
                json.loads(Template(self.body).substitute(dict.fromkeys(PLACES, "x")))
            except ValueError as error:
                raise ValueError('body: is not JSON when it is filled; write values as in "$phone"') from error
        return self

    def beside(self, folder: Path) -> GatewaySettings:
        """Return the settings with paths that count from a folder."""
        return self.model_copy(update={"secret_file": self.secret_file and folder / self.secret_file})

    def secret(self, environment: Mapping[str, str]) -> str:
        """Return the secret from the environment or its file; empty where no template asks for one."""
        if not self._names("secret"):
            return ""
        return read_secret(environment, SECRET_VARIABLE, self.secret_file, "mail.gateway.secret_file").strip()

    def _names(self, place: str) -> bool:
        """Tell whether a place stands in one of the templates."""
        texts = (self.url, self.body, *self.headers.values())
        return any(place in Template(text).get_identifiers() for text in texts)
