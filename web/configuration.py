"""``config.yaml`` as one checked whole. What is wrong in it is named, with the line that mends it."""

from __future__ import annotations

import difflib
import os
import ssl
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import ErrorDetails

from codes.keys.private_files import is_open_to_others
from codes.life.policy import PolicySettings
from codes.settings import CodeSettings, HouseSettings, RetentionSettings
from scanner.settings import ScannerSettings
from web.mail.settings import MailSettings
from web.secret_files import SecretUnreadable
from web.settings import (
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
if TYPE_CHECKING:
    _YAML = yaml.SafeLoader
else:
    # The same, ten times as fast where PyYAML was built with libyaml, as its wheels are.
    _YAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_OWN = {"secrets", "tls", "processes", "doorcode.db", "published.json", "kiosk", "demo-week", "bench"}
"""What the service keeps in its folder; one of these is there after the first start of whatever part.

The last two are there before it where somebody has seen the sample week first, or measured.
"""
_OF_A_DISK = {"lost+found"}


class BadConfiguration(Exception):
    """The settings cannot be used; the message has one line for each fault."""


class _Loader(_YAML):
    """Refuses a key that stands twice: YAML's readers let the second take the place of the first, in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Read a mapping. Raises ConstructorError."""
        met: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in met:
                words = f"{key.value} stands twice, the second time in line {key.start_mark.line + 1}; write it once"
                raise yaml.constructor.ConstructorError(None, None, words)
            met.add(str(key.value))
        read: dict[Any, Any] = super().construct_mapping(node, deep)
        return read


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
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except FileNotFoundError as error:
        raise BadConfiguration(f"{path}: is not there; the command `settings` prints one to begin with") from error
    except OSError as error:
        raise BadConfiguration(f"{path}: cannot be read ({error.strerror})") from error
    except yaml.constructor.ConstructorError as error:
        raise BadConfiguration(f"{path}: {' '.join(str(error).split())}") from error
    except (yaml.YAMLError, ValueError) as error:  # a day or a number that cannot be is none of YAML's own errors
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
    if faults := [*_folder_fault(whole.data_folder), *_file_faults(whole)]:
        raise BadConfiguration("\n".join(f"{path}: {each}" for each in faults))
    return whole


def _folder_fault(folder: Path) -> Iterator[str]:
    """Refuse a folder that is not the service's own: it is closed to everybody else, which /var/lib would not bear."""
    if folder.exists() and not folder.is_dir():
        yield f"data_folder: {folder} is no folder"
        return
    there = {each.name for each in folder.iterdir()} - _OF_A_DISK if is_open_to_others(folder) else set()
    if there and not there & _OWN:
        words = f"{folder} holds what is not the service's"
        yield f"data_folder: {words}; name a folder of its own, such as {folder / 'doorcode'}"


def _file_faults(settings: Settings) -> Iterator[str]:
    """Name the files in the settings that are not what they must be."""
    smtp, imap, oidc = settings.mail.smtp, settings.mail.bounces.imap, settings.signing_in.oidc
    trusted = {
        "mail.smtp.ca_file": smtp.ca_file if smtp else None,
        "mail.bounces.imap.ca_file": imap.ca_file if imap else None,
        "webhooks.ca_file": settings.webhooks.ca_file,
    }
    for setting, file in trusted.items():
        try:
            if file is not None:
                ssl.create_default_context(cafile=file)
        except ssl.SSLError:
            yield f"{setting}: {file} holds no certificates in PEM form"
        except OSError as error:
            yield f"{setting}: {file} cannot be read ({error.strerror})"
    try:
        if oidc is not None:
            oidc.client_secret(os.environ)
    except SecretUnreadable as error:
        yield f"{error}"


def _faults(path: Path, error: ValidationError) -> list[str]:
    return [
        _unknown(path, each["loc"])
        if each["type"] == "extra_forbidden"
        else ": ".join(filter(None, (str(path), _dotted(each["loc"]), _words(each))))
        for each in error.errors(include_url=False, include_input=False)
    ]


def _words(fault: ErrorDetails) -> str:
    """Say what is wanted; of a pattern by an example, which people read more easily."""
    if fault["type"] == "string_pattern_mismatch":
        examples = dict(_examples(Settings.model_json_schema()))
        return f"cannot be read; write it as in {examples[fault['ctx']['pattern']]}"
    if fault["type"] == "model_type":
        return "must hold settings, one `name: value` a line, further in than this name"
    return fault["msg"].removeprefix("Value error, ")


def _examples(schema: Any, example: str = "") -> Iterator[tuple[str, str]]:
    """Go through a JSON schema for its patterns, each with the example beside or around it."""
    if isinstance(schema, dict):
        example = schema.get("examples", [example])[0]
        if isinstance(schema.get("pattern"), str):
            yield schema["pattern"], example
    for each in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from _examples(each, example)


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
