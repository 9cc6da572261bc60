"""The office is told by mail of webhooks that were switched off because their receivers took nothing for days."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP

from codes import DeliveryCodes
from codes.integrations.webhooks import Webhook, mark_told, untold_webhooks
from web.i18n import local_time, text
from web.mail.addresses import mailbox
from web.mail.delivery import Delivered, SmtpSender
from web.mail.headers import mailbox_header
from web.mail.settings import MailSettings
from web.outside_text import one_line
from web.processes.masking import masked

log = logging.getLogger("doorcode.webhooks")


@dataclass(frozen=True, slots=True)
class WebhookNotices:
    """Writes to ``mail.operations_address``; without one, or without a mail server, the office's pages alone tell."""

    codes: DeliveryCodes
    mail: MailSettings
    sender: SmtpSender | None
    pages: str

    def tell(self) -> None:
        """Tell of each webhook once; where the server does not take the mail, at the next call again."""
        if self.sender is None or self.mail.operations_address is None:
            return
        for webhook in self.codes.read(untold_webhooks):
            if not isinstance(self.sender.send(self._letter(webhook, self.mail.operations_address)), Delivered):
                log.warning("webhooks: the office could not be told of %s yet", webhook.webhook_id)
                return
            self.codes.write(mark_told, webhook.webhook_id)

    def _letter(self, webhook: Webhook, address: str) -> EmailMessage:
        language, name = self.mail.operations_language, one_line(webhook.name or masked(webhook.url))
        since = local_time(language, webhook.failing_since, self.codes.house)
        lines = (
            text(language, "%(name)s has not accepted any event since %(moment)s.", name=name, moment=since),
            text(language, "Switch it on again in the back office: what it missed will then be sent."),
            f"{self.pages.rstrip('/')}/office/webhooks/{webhook.webhook_id}",
        )
        message = EmailMessage(policy=SMTP)
        message["From"] = mailbox_header("From", self.mail.sender_name, mailbox(self.mail.sender_address))
        message["To"] = mailbox(address)
        message["Subject"] = text(language, "A webhook was switched off")
        message["Date"] = webhook.given_up_at
        # The same mail sent twice, because the first answer was lost, has one name.
        stamp = int(webhook.given_up_at.timestamp()) if webhook.given_up_at else 0
        message["Message-ID"] = f"<webhook.{webhook.webhook_id}.{stamp}@{self.mail.domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content("\n\n".join(lines) + "\n", cte="quoted-printable")
        return message
