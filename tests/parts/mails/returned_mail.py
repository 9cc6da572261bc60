"""Mails that come back, as different mail programs write them."""

from __future__ import annotations

OURS = "01a2b3c4-0000-7abc-8def-0123456789ab"
HOUSE = "codes@example.org"


def report(
    message_id: str = OURS,
    *,
    action: str = "failed",
    status: str = "5.1.1",
    returned: str | None = "text/rfc822-headers",
    to: str = HOUSE,
) -> bytes:
    """Return a report as RFC 3464 wants it, with the headers of the message that came back, or without."""
    parts = [
        ("text/plain; charset=us-ascii", "This is the mail system at host mx.example.com.\n\nI could not deliver."),
        (
            "message/delivery-status",
            "Reporting-MTA: dns; mx.example.com\n\n"
            f"Final-Recipient: rfc822; ada@example.com\nAction: {action}\nStatus: {status}\n"
            "Diagnostic-Code: smtp; 550 5.1.1 <ada@example.com>: user unknown",
        ),
    ]
    if returned:
        parts.append((returned, f"From: {HOUSE}\nMessage-ID: <{message_id}@example.org>\nSubject: Delivery code\n"))
    body = "".join(f"--=_b\nContent-Type: {kind}\n\n{text}\n\n" for kind, text in parts) + "--=_b--\n"
    head = (
        f"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.com (Mail Delivery System)\nTo: {to}\n"
        "Subject: Undelivered Mail Returned to Sender\nAuto-Submitted: auto-replied\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="=_b"\n\n'
    )
    return (head + body).encode()


def letter(
    text: str,
    *,
    author: str = "MAILER-DAEMON@mx.example.com",
    more: str = "",
    to: str = HOUSE,
    subject: str = "failure notice",
) -> bytes:
    """Return a mail of plain text, as programs wrote it before there were reports."""
    return f"Return-Path: <>\nFrom: {author}\nTo: {to}\n{more}Subject: {subject}\n\n{text}\n".encode()


QMAIL = f"""Hi. This is the qmail-send program at mx.example.com.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<ada@example.com>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

Return-Path: <codes@example.org>
Message-ID: <{OURS}@example.org>
Subject: Delivery code

    483920
"""
EXIM = f"""This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  ada@example.com
    SMTP error from remote mail server after RCPT TO:<ada@example.com>:
    host mx.example.com [192.0.2.1]: 550 no such user

------ This is a copy of the message, including all the headers. ------

Message-ID: <{OURS}@example.org>
Subject: Delivery code
"""
WAITING = f"""The message could not be delivered yet. 452 4.2.2 The mailbox is full, it is tried again.

--- The header of the original message is following. ---

Message-ID: <{OURS}@example.org>
"""
ABSENT = f"""I am away until 5.1.2027. Call 555 1234567 for urgent parcels.

> Message-ID: <{OURS}@example.org>
"""
GIVEN_UP = f"""I'm sorry that your message could not be delivered to one or more recipients.

<ada@example.com>: host mx.example.com said: 450 4.2.2 mailbox full, try again later

Message-ID: <{OURS}@example.org>
"""
WITHOUT_A_CODE = f"""Your message did not reach the following recipient:

  ada@example.com: the recipient name is not recognized

    Below is a copy of the original message:

Message-ID: <{OURS}@example.org>
Subject: 550 a number of the message's own
"""
WARNING = f"""THIS IS A WARNING MESSAGE ONLY. YOU DO NOT NEED TO RESEND YOUR MESSAGE.

Your message could not be delivered for 4 hours: mx.example.com said 554 no.
It will be retried for 2 more days.

Message-ID: <{OURS}@example.org>
"""
COLON = f"""<ada@example.com>:
550: : User unknown

--- Below this line is a copy of the message.

Message-ID: <{OURS}@example.org>
"""
TORN = f"""Final-Recipient: rfc822; ada@example.com
Action: failed
Status: 4.4.7
Message-ID: <{OURS}@example.org>
"""
READ_RECEIPT = "Content-Type: multipart/report; report-type=disposition-notification\n"
COMPLAINT = "Content-Type: multipart/report; report-type=feedback-report\n"
