"""The mail about a visit that failed offers what can be chosen, and each link opens just that on the page."""

from __future__ import annotations

import re
from datetime import timedelta
from email.message import EmailMessage
from typing import cast
from uuid import uuid4

from flask import Flask
from flask.testing import FlaskClient

from codes import Announcement, DeliveryCodes, Person
from codes.delivering.delivery_day import mark_out_for_delivery
from codes.delivering.visits import Visit, end_without_handover
from codes.model import AttemptReason, MessageKind
from codes.pickup.points import PointTerms, add_point
from codes.recipients.outbox import listed_messages
from codes.recipients.tickets import notice_of_message
from codes.recipients.wishes import Wished, make_wish
from codes.settings import WishSettings
from tests.parts.clock import TurnableClock
from tests.parts.device import enrolled
from tests.parts.domain import recorded
from web.configuration import Settings
from web.mail.compose import compose

OFFERED = WishSettings(another_day_within=5, pickup_point=True)


def mail_of_visit(codes: DeliveryCodes, clock: TurnableClock, settings: Settings) -> EmailMessage:
    """Let a visit fail, and return the mail about it."""
    clock.turn(timedelta(seconds=1))
    visit = Visit(uuid4(), enrolled(codes).device_id, "P-1", AttemptReason.NOBODY_HOME, clock(), None)
    codes.write(end_without_handover, visit)
    messages = codes.read(listed_messages, limit=20)
    newest = next(each for each in messages if each.kind is MessageKind.NOT_HANDED_OVER)
    notice = codes.read(notice_of_message, newest.id)
    assert notice is not None
    return compose(notice, settings.mail, "http://localhost")


def links_in(message: EmailMessage) -> dict[str, str]:
    """Return the links of both texts that open something on the ticket page, by what they open."""
    plain, page = (cast(EmailMessage, message.get_body((form,))).get_content() for form in ("plain", "html"))
    found = [dict(re.findall(r"http://localhost(/t/[^\s\"?]+\?open=(?:(\w+))#\w+)", each)) for each in (plain, page)]
    assert found[0] == found[1]
    return {opened: link for link, opened in found[0].items()}


def test_each_link_of_the_mail_opens_its_choice_on_the_page(
    app: Flask, client: FlaskClient, codes: DeliveryCodes, clock: TurnableClock, settings: Settings
) -> None:
    codes.settings = codes.settings.model_copy(update={"wishes": OFFERED})
    codes.announce([Announcement("P-1", Person("Ada", "ada@example.org", "en"), sender_wish=True)])
    codes.write(add_point, PointTerms("Kiosk Ahmed", "Main Street 1", "8-20"))
    tomorrow = clock().astimezone().date() + timedelta(days=1)
    codes.write(make_wish, recorded(codes).holder_id, Wished(day=tomorrow))
    clock.turn(timedelta(days=1))
    codes.write(mark_out_for_delivery, "P-1")
    links = links_in(mail_of_visit(codes, clock, settings))
    assert links.keys() == {"day", "point", "delegate"}
    for opened, heading in {
        "day": "Other ways to get it",
        "point": "Other ways to get it",
        "delegate": "Somebody else will receive it",
    }.items():
        page = client.get(links[opened].partition("#")[0] + "&lang=en").text
        (open_one,) = re.findall(r"<details [^>]*open>\s*<summary>(.*?)</summary>", page, re.DOTALL)
        assert heading in open_one
        assert f'id="{links[opened].partition("#")[2]}"' in page
        # The day on which nobody was home is over.
        assert "Coming on" not in page
    assert client.get(links["day"].partition("?")[0] + "?open=%3Cscript%3E").text.count(" open>") == 0


def test_a_house_that_offers_nothing_sends_only_the_way_to_somebody_else(
    app: Flask, codes: DeliveryCodes, clock: TurnableClock, settings: Settings
) -> None:
    codes.announce([Announcement("P-1", Person("Ada", "ada@example.org", "en"), sender_wish=True)])
    codes.write(mark_out_for_delivery, "P-1")
    assert links_in(mail_of_visit(codes, clock, settings)).keys() == {"delegate"}
