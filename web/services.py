"""What one running service is made of, for whatever answers a request: the domain, the settings, what is counted.

It is put together once at start and hangs on the Flask application; `services()` finds it from inside a request.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from flask import current_app

from codes import DeliveryCodes
from scanner.pictures.reader import PictureReader
from scanner.settings import ScannerSettings
from web.http.limits.call_limits import CallLimit
from web.http.limits.ticket_polling import TicketPolling
from web.mail.returned.sns import SnsMessages
from web.mail.settings import MailSettings
from web.settings import EmbeddingSettings, PrintingSettings, ServerSettings, SigningInSettings, WebhookSettings
from web.wallet.wallets import Wallets


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a view may need, put together once at start."""

    codes: DeliveryCodes
    server: ServerSettings
    mail: MailSettings
    scanner: ScannerSettings
    pictures: Callable[[], PictureReader]
    pages_url: str
    webhooks: WebhookSettings = field(default_factory=WebhookSettings)
    signing_in: SigningInSettings = field(default_factory=SigningInSettings)
    printing: PrintingSettings = field(default_factory=PrintingSettings)
    wallets: Wallets = field(default_factory=Wallets)
    embedding: EmbeddingSettings = field(default_factory=EmbeddingSettings)
    sns: SnsMessages = field(default_factory=SnsMessages)
    demo: bool = False
    process: str = "1"
    """Which of this machine's web processes this is, the same after each restart."""
    calls: CallLimit = field(init=False)
    ticket_polling: TicketPolling = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "calls", CallLimit(self.server.api_calls_per_minute))
        object.__setattr__(self, "ticket_polling", TicketPolling(self.codes, self.server.ticket_polls_per_second))


def services() -> Services:
    """Return what the running service is made of."""
    return cast(Services, current_app.extensions["doorcode"])
