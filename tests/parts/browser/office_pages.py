"""Every page of the office with something on it: what a house needs for that, and where the pages are."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from codes import Announcement, DeliveryCodes, Person
from codes.accounts.api_keys import Scope, add_key
from codes.accounts.devices import list_devices, revoke_device
from codes.accounts.heartbeats import CameraState, take_heartbeat
from codes.accounts.staff import Member, Role
from codes.delivering.assignments import assign
from codes.delivering.delivery_day import mark_out_for_delivery
from codes.delivering.visits import Visit, end_without_handover
from codes.integrations.looks import SenderLook, owner_of_shop, set_look
from codes.integrations.shops import CallResult, ShopKind, add_shop, calls_of_shop, listed_shops, record_call
from codes.integrations.webhook_queue import GIVE_UP_AFTER, ReceiverReply, delivered, failed_for_good, failed_for_now
from codes.integrations.webhooks import add_webhook, listed_webhooks
from codes.life.contests import contest_handover
from codes.life.imports import add_import, start_import, stop_import
from codes.life.parcel_records import ParcelRecord, find_parcel, list_parcels
from codes.model import AttemptReason, DeviceKind, EventKind, ParcelSize, ReportKind
from codes.office.import_list import ImportFilters, page_of_imports
from codes.office.parcel_list import Matter, matters_of
from codes.pickup.intake import take_in
from codes.pickup.points import PointTerms, add_point, list_points, put_shelf
from codes.recipients.outbox import listed_messages
from codes.recipients.tickets import ticket_of_holder
from codes.recipients.wishes import Wished, redirect
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice, enrolled
from tests.parts.staff import add_member, member_with
from web.webhooks.webhook_worker import claim_due, gather

FILE = b"""reference;name;email;value
SAMPLE-IMPORT-1;Sample Recipient;sample-1@example.org;120
SAMPLE-IMPORT-2;Sample Recipient;not an address;80
;Sample Recipient;sample-3@example.org;20
"""
LONG_NAME = "Maximiliane Alexandra von Sample-Recipient-Hohenstein"
LEASE = timedelta(minutes=5)


def furnish_day(codes: DeliveryCodes, clock: TurnableClock) -> None:
    """Let a day happen: parcels in each state, on two tours and at a pickup point."""
    drivers = [enrolled(codes, name=f"Sample tour {number}") for number in (1, 2)]
    codes.write(revoke_device, enrolled(codes, name="Sample tour 9").device_id)
    counter = enrolled(codes, DeviceKind.COUNTER, name="Sample counter")
    point = codes.write(add_point, PointTerms("Sample pickup point", "Sample Street 1", "Mo-Sa 8-20"))
    codes.write(put_shelf, point, "A1", size=ParcelSize.L, room=10)
    codes.write(put_shelf, point, "H1", size=ParcelSize.M, room=1, hatch=True)
    references = [_announce(codes, number) for number in range(1, 8)]
    for driver, carried in zip(drivers, (references[:3], references[3:6]), strict=True):
        codes.write(assign, str(driver.device_id), carried)
    for reference in references[:4]:
        codes.write(mark_out_for_delivery, reference)
    _hand_over(codes, drivers[0], references[0], clock)
    contested = _parcel(codes, references[0])
    codes.write(contest_handover, contested.holder_id, ReportKind.NOT_RECEIVED)
    codes.write(
        end_without_handover, Visit(uuid4(), drivers[0].device_id, references[1], AttemptReason.NOBODY_HOME, clock())
    )
    codes.write(take_in, counter.device_id, references[6])
    codes.write(redirect, _parcel(codes, references[3]).parcel_id, Wished(point_id=point), _dispatcher(codes))


def furnish_office(codes: DeliveryCodes, clock: TurnableClock) -> None:
    """Give the office what it keeps besides parcels: keys, webhooks, shops, files, people, a kiosk."""
    kiosk = enrolled(codes, DeviceKind.KIOSK, name="Sample kiosk")
    codes.write(take_heartbeat, kiosk.device_id, CameraState.ON, 2)
    codes.write(add_key, "Sample shop system")
    codes.write(add_key, "Sample statistics", [Scope.STATISTICS_READ, Scope.EVENTS_READ], test=True)
    add_member(codes, "Sample counter staff", "a sample password", Role.COUNTER)
    add_member(codes, "Sample auditor", "a sample password", Role.AUDITOR)
    _add_shops(codes)
    (shop, *_) = (each for each in codes.read(listed_shops) if codes.read(calls_of_shop, each.shop_id, limit=1))
    look = SenderLook("Sample shop", "#ffd400", "#000000", "Sample Shop Ltd\n1 Sample Street", "service@example.org")
    codes.write(set_look, owner_of_shop(shop.shop_id), look, None)
    for name in ("sample-monday.csv", "sample-tuesday.csv"):
        codes.write(add_import, name, "Sample dispatcher", FILE)
    started = codes.write(add_import, "sample-friday.csv", "Sample dispatcher", FILE)
    codes.write(start_import, started, {"reference": "reference", "name": "name"}, 3)
    codes.write(stop_import, started)
    _add_webhooks(codes, clock)


def pages_of(codes: DeliveryCodes) -> dict[str, str]:
    """Return the address of every page for staff, by its name."""
    parcels = codes.read(list_parcels, limit=500)
    matters = codes.read(matters_of, [each.parcel_id for each in parcels])
    open_one = next(each for each in parcels if each.handed_over_at is None and each.out_for_delivery_at)
    contested = next(each for each in parcels if Matter.REPORTED in matters[each.parcel_id])
    driver = next(each for each in codes.read(list_devices) if each.kind is DeviceKind.DRIVER and not each.revoked_at)
    (point, *_), webhooks = codes.read(list_points), codes.read(listed_webhooks)
    given_up = next(each for each in webhooks if each.given_up_at)
    imports = codes.read(page_of_imports, ImportFilters(), limit=9)
    waiting, begun = (next(each for each in imports if bool(each.started_at) is is_begun) for is_begun in (False, True))
    shop = next(each for each in codes.read(listed_shops) if codes.read(calls_of_shop, each.shop_id, limit=1))
    return {
        "today": "/office/today",
        "parcels": "/office",
        "parcels-filtered": "/office?state=out&sender=sample&show=visit_failed",
        "new-parcel": "/office/new",
        "parcels-none": "/office?search=nobody",
        "parcel": f"/office/parcels/{open_one.reference}",
        "parcel-reported": f"/office/parcels/{contested.reference}",
        "tours": "/office/tours",
        "tour": f"/office/tours/{driver.device_id}?search=sample",
        "devices": "/office/devices",
        "pickup-points": "/office/pickup-points",
        "pickup-point": f"/office/pickup-points/{point.point_id}",
        "shelf-labels": f"/office/pickup-points/{point.point_id}/labels",
        "mails": "/office/mails",
        "mail": f"/office/mails/{codes.read(listed_messages, limit=1)[0].id}",
        "labels": "/office/labels",
        "reports": "/office/reports",
        "look": f"/office/looks/shop/{shop.shop_id}",
        "policy": "/office/policy",
        "keys": "/office/keys",
        "imports": "/office/import",
        "import": f"/office/import/{waiting.import_id}",
        "import-progress": f"/office/import/{begun.import_id}",
        "shops": "/office/shops",
        "shop": f"/office/shops/{shop.shop_id}",
        "shop-fields": "/office/shops/fields?like=Sendcloud",
        "webhooks": "/office/webhooks",
        "webhook": f"/office/webhooks/{given_up.webhook_id}",
        "people": "/office/people",
        "actions": "/office/actions",
        "account": "/office/account",
        "audits": "/office/audit",
        "audit": f"/office/audit/{contested.reference}",
        "poster": "/office/poster",
        "not-found": "/office/parcels/NO-SUCH-PARCEL",
        "privacy": "/privacy",
    }


def _announce(codes: DeliveryCodes, number: int) -> str:
    reference = f"SAMPLE-{number:04d}" if number > 1 else "SAMPLE-PARCEL-WITH-A-LONG-NUMBER-0001"
    person = Person(LONG_NAME if number % 2 else "Sample Recipient", f"sample-{number}@example.org", "en")
    codes.announce([Announcement(reference, person, "Sample Shop", sender_wish=True)])
    return reference


def _parcel(codes: DeliveryCodes, reference: str) -> ParcelRecord:
    parcel = codes.read(find_parcel, reference)
    assert parcel is not None
    return parcel


def _hand_over(codes: DeliveryCodes, driver: SigningDevice, reference: str, clock: TurnableClock) -> None:
    ticket = codes.read(ticket_of_holder, _parcel(codes, reference).holder_id)
    assert ticket is not None
    assert ticket.code is not None
    assert codes.present(driver.presentation(ticket.code.payload, reference, now=clock())).accepted


def _dispatcher(codes: DeliveryCodes) -> Member:
    add_member(codes, "Sample dispatcher", "a sample password", Role.DISPATCHER)
    member = member_with(codes, "Sample dispatcher", "a sample password")
    assert member is not None
    return member


def _add_shops(codes: DeliveryCodes) -> None:
    codes.write(add_shop, ShopKind.SHOPWARE, "Sample fashion", "a sample secret", "de")
    shop = codes.write(add_shop, ShopKind.SHOPIFY, "Sample shop", "a sample secret", "en")
    codes.write(record_call, shop, "1", "fulfillments/create", CallResult.ANNOUNCED, "SAMPLE-0002, SAMPLE-0003")
    codes.write(
        record_call, shop, "2", "fulfillments/create", CallResult.PROBLEM, "the recipient has no address for mails"
    )
    codes.write(record_call, shop, "3", "orders/updated", CallResult.IGNORED, "not a fulfilment")


def _add_webhooks(codes: DeliveryCodes, clock: TurnableClock) -> None:
    """Add one that works, and one whose receiver has taken nothing for days."""
    works = codes.write(add_webhook, "Sample shop system", "https://shop.example.org/doorcode", [EventKind.ANNOUNCED])
    fails = codes.write(add_webhook, "Sample warehouse", "https://warehouse.example.org/hooks/doorcode/events")
    codes.announce([Announcement("SAMPLE-0100", Person("Sample Recipient", "sample-100@example.org", "en"))])
    codes.seal()
    gather(codes)
    claimed = claim_due(codes, webhooks=2, each=2, lease=LEASE)
    codes.write(delivered, claimed[works][0], ReceiverReply(204, 87, ""))
    first, second = claimed[fails]
    codes.write(failed_for_now, first, ReceiverReply(None, 15_000, "no answer within 15 seconds"), clock())
    then = clock()
    clock.turn(GIVE_UP_AFTER)
    codes.write(failed_for_good, second, ReceiverReply(503, 210, "Service Unavailable"))
    clock.now = then
