"""What views reach: the domain, the settings, and the reader of uploaded pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from flask import current_app

from codes import DeliveryCodes
from scanner.settings import ScannerSettings
from scanner.untrusted import PictureReader
from web.limits import CallLimit
from web.mail.settings import MailSettings
from web.printing.settings import PrintingSettings
from web.settings import ServerSettings
from web.waiting import WaitingRoom
from web.webhooks.settings import WebhookSettings


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything a view may need, put together once at start."""

    codes: DeliveryCodes
    server: ServerSettings
    mail: MailSettings
    scanner: ScannerSettings
    pictures: Callable[[], PictureReader]
    pages_url: str
    webhooks: WebhookSettings = field(default_factory=WebhookSettings)
    printing: PrintingSettings = field(default_factory=PrintingSettings)
    demo: bool = False
    calls: CallLimit = field(init=False)
    waiting: WaitingRoom = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "calls", CallLimit(self.server.api_calls_per_minute))
        object.__setattr__(self, "waiting", WaitingRoom(self.codes, self.server.ticket_looks_per_second))


def parts() -> Parts:
    """Return the parts of the running service."""
    return cast(Parts, current_app.extensions["doorcode"])
