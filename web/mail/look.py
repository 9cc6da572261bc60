"""How the house's mails look: its logo, its colour, its own words and templates."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    Template,
    select_autoescape,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, field_validator

from codes.model import MessageKind
from codes.recipients.tickets import Notice
from web.i18n import catalogue
from web.looks.colours import ink_on
from web.mail.wording import WITH_CODE

OWN = Path(__file__).parent / "templates"
LOGO_BYTES = 100_000
LOGO_SIDE = 2000
SHOWN_WIDTH, SHOWN_HEIGHT = 200, 72


class BadLook(Exception):
    """A logo or a template cannot be used; the message says which, and what is wrong with it."""


class LookSettings(BaseModel):
    """What of the mails' look the house may choose. The grounds stay white, because symbols need that."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    logo: Path | None = None
    accent: str = Field(default="#000000", pattern=r"^#[0-9a-fA-F]{6}$", examples=["#1a5fb4"])
    footer: Mapping[str, str] = Field(default_factory=dict)
    templates: Path | None = None

    @field_validator("footer")
    @classmethod
    def _by_language(cls, footer: Mapping[str, str]) -> Mapping[str, str]:
        if any(len(language) > 20 or len(words) > 1000 for language, words in footer.items()):
            raise ValueError("at most 1,000 characters for each language, such as de: …")
        return footer

    def beside(self, folder: Path) -> LookSettings:
        """Return the settings with paths that count from a folder."""
        paths = {"logo": self.logo and folder / self.logo, "templates": self.templates and folder / self.templates}
        return self.model_copy(update=paths)

    def footer_in(self, language: str) -> str:
        """Return the house's own lines below each mail, in this language, else in English or the first one."""
        return self.footer.get(language) or self.footer.get("en") or next(iter(self.footer.values()), "")


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture that stands above each mail, and how large it is shown."""

    data: bytes
    kind: str
    width: int
    height: int


@cache
def logo_at(path: Path) -> Logo:
    """Read the house's logo, once. Raises BadLook."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadLook(f"mail.look.logo: {path} cannot be read ({error.strerror})") from error
    if len(data) > LOGO_BYTES:
        raise BadLook(f"mail.look.logo: {path} has {len(data):,} bytes, at most {LOGO_BYTES:,} fit into every mail")
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as picture:
            width, height, kind = picture.width, picture.height, str(picture.format)
            if max(width, height) > LOGO_SIDE:
                raise BadLook(f"mail.look.logo: {path} is {width} × {height} pixels, at most {LOGO_SIDE} on a side")
            picture.load()
    except (OSError, SyntaxError, ValueError) as error:
        raise BadLook(f"mail.look.logo: {path} is no PNG or JPEG picture") from error
    return _shown(data, kind.lower(), width, height)


def logo_of_sender(png: bytes) -> Logo:
    """Return a sender's logo, which was drawn by this program."""
    with Image.open(io.BytesIO(png), formats=("PNG",)) as picture:
        return _shown(png, "png", picture.width, picture.height)


def _shown(data: bytes, kind: str, width: int, height: int) -> Logo:
    scale = min(SHOWN_WIDTH / width, SHOWN_HEIGHT / height, 1)
    return Logo(data, kind, max(1, round(width * scale)), max(1, round(height * scale)))


@dataclass(frozen=True, slots=True)
class MailLook:
    """How one mail looks, and where answers to it go: as its sender wants, or else the house."""

    name: str
    accent: str
    ink: str
    footer: str
    logo: Logo | None
    reply_to: str | None


def look_for(notice: Notice, house: str, settings: LookSettings, language: str) -> MailLook:
    """Return the look of a message. What goes to the house itself looks as the house."""
    look = None if notice.kind is MessageKind.REPORTED else notice.ticket.look
    if look is None:
        logo = logo_at(settings.logo) if settings.logo else None
        accent, footer = settings.accent, settings.footer_in(language)
        return MailLook(house, accent, ink_on(accent), footer, logo, None)
    logo = logo_of_sender(notice.logo) if notice.logo else None
    return MailLook(look.name, look.accent, look.ink, look.imprint, logo, look.reply_to)


def names_of(kind: MessageKind, language: str, form: str) -> list[str]:
    """Return the templates that may write a message, the house's most particular one first."""
    whole = "code" if kind in WITH_CODE else "event"
    return [f"{kind}.{language}.{form}", f"{kind}.{form}", f"{whole}.{language}.{form}", f"{whole}.{form}"]


def template_for(kind: MessageKind, language: str, form: str, folder: Path | None) -> Template:
    """Return the template that writes this kind of message in this language."""
    return environment_of(language, folder).select_template(names_of(kind, language, form))


@cache
def environment_of(language: str, folder: Path | None) -> Environment:
    """Return where templates are found: in the house's folder first; ours are always there as `own/…` too."""
    own: BaseLoader = FileSystemLoader(OWN)
    loaders = [own, PrefixLoader({"own": own})]
    environment = ImmutableSandboxedEnvironment(
        loader=ChoiceLoader([FileSystemLoader(folder), *loaders] if folder else loaders),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(catalogue(language), newstyle=True)  # type: ignore[attr-defined]
    return environment
