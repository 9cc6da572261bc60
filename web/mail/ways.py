"""Which ways out of the house the settings open."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from codes.model import Channel
from web.mail.channels import MailChannel, Way
from web.mail.delivery import SmtpSender
from web.mail.gateway import Gateway
from web.mail.settings import MailSettings


def open_ways(
    settings: MailSettings,
    sender: SmtpSender | None,
    pages: str,
    environment: Mapping[str, str],
    clock: Callable[[], datetime],
) -> dict[Channel, Way]:
    """Return the ways that the settings open. Raises GatewaySecretUnreadable."""
    ways: dict[Channel, Way] = {}
    if sender is not None:
        ways[Channel.MAIL] = MailChannel(sender, settings, pages)
    if settings.gateway is not None:
        ways[Channel.TEXT] = Gateway(settings.gateway, settings.gateway.secret(environment), pages, clock)
    return ways
