"""What views reach: the domain, the settings, and the reader of uploaded pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from flask import current_app

from codes import DeliveryCodes
from scanner.settings import ScannerSettings
from scanner.untrusted import PictureReader
from web.mail.settings import MailSettings
from web.settings import ServerSettings


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything a view may need, put together once at start."""

    codes: DeliveryCodes
    server: ServerSettings
    mail: MailSettings
    scanner: ScannerSettings
    pictures: Callable[[], PictureReader]
    pages_url: str
    demo: bool = False


def parts() -> Parts:
    """Return the parts of the running service."""
    return cast(Parts, current_app.extensions["doorcode"])
