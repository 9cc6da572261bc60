"""``config.yaml`` as one checked whole. What is wrong in it is named, with the line that mends it."""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from codes.life.policy import PolicySettings
from codes.settings import CodeSettings, HouseSettings, RetentionSettings
from scanner.settings import ScannerSettings
from web.mail.settings import MailSettings
from web.settings import (
    OIDC_VARIABLE,
    EmbeddingSettings,
    LogSettings,
    PrintingSettings,
    SealingSettings,
    ServerSettings,
    SigningInSettings,
    WebhookSettings,
)
from web.wallet.settings import WalletSettings

DATABASE_URL = "DOORCODE_DATABASE_URL"
_YAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The same, ten times as fast where PyYAML was built with libyaml, as its wheels are."""


class BadConfiguration(Exception):
    """The settings cannot be used; the message has one line for each fault."""


class Settings(BaseModel):
    """All settings that are not secret."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    data_folder: Path
    database_url: str | None
    server: ServerSettings
    codes: CodeSettings
    policy: PolicySettings
    house: HouseSettings = HouseSettings()
    signing_in: SigningInSettings = SigningInSettings()
    log: LogSettings = LogSettings()
    sealing: SealingSettings = SealingSettings()
    retention: RetentionSettings = RetentionSettings()
    mail: MailSettings
    wallet: WalletSettings = WalletSettings()
    embedding: EmbeddingSettings = EmbeddingSettings()
    webhooks: WebhookSettings = WebhookSettings()
    printing: PrintingSettings = PrintingSettings()
    scanner: ScannerSettings

    @model_validator(mode="after")
    def _reports_find_their_persons(self) -> Self:
        if self.retention.persons_days < self.codes.contest_days:
            raise ValueError(
                f"retention.persons_days ({self.retention.persons_days}) must not be shorter than "
                f"codes.contest_days ({self.codes.contest_days}): a report needs to know its recipient"
            )
        return self

    def store_url(self) -> str:
        """Return the database's address: the environment's, the file's, or SQLite in the data folder."""
        named = os.environ.get(DATABASE_URL) or self.database_url
        return named or f"sqlite:///{self.data_folder.resolve() / 'doorcode.db'}"

    @property
    def secrets_folder(self) -> Path:
        """Return where the key ring lies, apart from any backup of the database."""
        return self.data_folder / "secrets"


def load_settings(path: Path) -> Settings:
    """Read the settings; relative paths in them count from the file's folder. Raises BadConfiguration."""
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_YAML)
    except FileNotFoundError as error:
        raise BadConfiguration(f"{path}: is not there; the command `settings` prints one to begin with") from error
    except OSError as error:
        raise BadConfiguration(f"{path}: cannot be read ({error.strerror})") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadConfiguration(f"{path}: is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(document, dict):
        raise BadConfiguration(f"{path}: must hold settings, one `name: value` a line")
    try:
        settings = Settings.model_validate(document)
    except ValidationError as error:
        raise BadConfiguration("\n".join(_faults(path, error))) from error
    folder = path.parent
    whole = settings.model_copy(
        update={
            "data_folder": folder / settings.data_folder,
            "mail": settings.mail.beside(folder),
            "wallet": settings.wallet.beside(folder),
            "signing_in": settings.signing_in.beside(folder),
            "webhooks": settings.webhooks.model_copy(
                update={"ca_file": settings.webhooks.ca_file and folder / settings.webhooks.ca_file}
            ),
            "sealing": settings.sealing.model_copy(
                update={"folder": settings.sealing.folder and folder / settings.sealing.folder}
            ),
        }
    )
    oidc = whole.signing_in.oidc
    secret = None if oidc is None or OIDC_VARIABLE in os.environ else oidc.client_secret_file
    if secret is not None and not secret.is_file():
        words = f"{secret} is not there, and {OIDC_VARIABLE} is not set"
        raise BadConfiguration(f"{path}: signing_in.oidc.client_secret_file: {words}")
    return whole


def _faults(path: Path, error: ValidationError) -> list[str]:
    return [
        _unknown(path, each["loc"])
        if each["type"] == "extra_forbidden"
        else ": ".join(filter(None, (str(path), _dotted(each["loc"]), each["msg"].removeprefix("Value error, "))))
        for each in error.errors(include_url=False, include_input=False)
    ]


def _unknown(path: Path, where: Sequence[int | str]) -> str:
    known = sorted(_known_keys(where[:-1]))
    near = difflib.get_close_matches(str(where[-1]), known, n=1)
    advice = f"did you mean {near[0]}?" if near else f"known here: {', '.join(known)}"
    return f"{path}: unknown key {_dotted(where)}; {advice}"


def _known_keys(where: Sequence[int | str]) -> set[str]:
    model: Any = Settings
    for part in where:
        if isinstance(part, str) and part in model.model_fields:
            model = _model_within(model.model_fields[part].annotation)
    return set(model.model_fields)


def _model_within(annotation: Any) -> Any:
    """Find the section's model in an annotation such as ``tuple[Rule, ...]`` or ``SmtpSettings | None``."""
    candidates = (annotation, *getattr(annotation, "__args__", ()))
    return next(each for each in candidates if isinstance(each, type) and issubclass(each, BaseModel))


def _dotted(where: Sequence[int | str]) -> str:
    return ".".join(str(part) for part in where)
