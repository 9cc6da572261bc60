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
from web.i18n import catalogue
from web.mail.wording import WITH_CODE

OWN = Path(__file__).parent / "templates"
LOGO_BYTES = 100_000
LOGO_SIDE = 2000
SHOWN_WIDTH, SHOWN_HEIGHT = 200, 72
DARK, LIGHT = "#000000", "#ffffff"


class BadLook(Exception):
    """A logo or a template cannot be used; the message says which, and what is wrong with it."""


class LookSettings(BaseModel):
    """What of the mails' look the house may choose. The grounds stay white, because symbols need that."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    logo: Path | None = None
    accent: str = Field(default="#000000", pattern=r"^#[0-9a-fA-F]{6}$")
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
    """Read a logo, once. Raises BadLook."""
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
    scale = min(SHOWN_WIDTH / width, SHOWN_HEIGHT / height, 1)
    return Logo(data, kind.lower(), max(1, round(width * scale)), max(1, round(height * scale)))


def ink_on(ground: str) -> str:
    """Return black or white, whichever can be read better on a colour (WCAG 2.2, relative luminance)."""
    parts = [int(ground[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return DARK if (luminance + 0.05) / 0.05 >= 1.05 / (luminance + 0.05) else LIGHT


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
