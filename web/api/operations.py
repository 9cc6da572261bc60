"""Every call of the API by its endpoint: what it takes and what it answers. A test finds one that is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import BaseModel, Field, RootModel

from web.api import answers as a
from web.api import kiosk as k
from web.api import pickup_models as p
from web.api import requests as r
from web.api import shifts as sh
from web.api import slips as sl
from web.api import webhooks as w
from web.api.events import EventsQuery, StatisticsQuery


class BatchBody(RootModel[Annotated[list[r.ParcelBody], Field(min_length=1, max_length=1000)]]):
    """Up to 1,000 parcels, all or nothing."""


PICTURE, JSON, PDF = "image/*", "application/json", "application/pdf"


@dataclass(frozen=True, slots=True)
class Operation:
    """What one call takes, what it answers by status, and which problems it may answer with."""

    answers: Mapping[int, type[BaseModel] | None]
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    problems: frozenset[int] = field(default_factory=frozenset)
    takes: str = JSON
    gives: str = JSON


def _op(
    answers: Mapping[int, type[BaseModel] | None],
    *problems: int,
    body: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    takes: str = JSON,
    gives: str = JSON,
) -> Operation:
    return Operation(answers, body, query, frozenset(problems), takes, gives)


OPERATIONS: Mapping[str, Operation] = {
    "api_openapi.document": _op({200: a.AnyDocument}),
    "api_parcels.announce": _op({201: a.AnnouncedAnswer, 200: a.AnnouncedAnswer}, 409, body=r.ParcelBody),
    "api_parcels.announce_batch": _op({200: a.BatchAnswer}, body=BatchBody),
    "api_parcels.show": _op({200: a.ParcelAnswer, 304: None}, 404),
    "api_parcels.out_for_delivery": _op({200: a.ParcelAnswer}, 404),
    "api_parcels.driver_near": _op({204: None}, 404, 409),
    "api_codes.renew": _op({204: None}, 404, 409),
    "api_codes.revoke": _op({200: a.RevokedAnswer}, 404),
    "api_codes.report": _op({204: None}, 404, body=r.ReportBody),
    "api_proofs.of_parcel": _op({200: a.AnyDocument, 304: None}, 404),
    "api_proofs.sheet_of_parcel": _op({200: a.AnyDocument, 304: None}, 404, gives=PDF),
    "api_proofs.sheet_of_handover": _op({200: a.AnyDocument}, 404, gives=PDF),
    "api_proofs.handovers": _op({200: a.HandoversAnswer}),
    "api_proofs.of_handover": _op({200: a.AnyDocument}, 404),
    "api_proofs.check": _op({200: a.CheckedAnswer}, 413, body=a.AnyDocument),
    "api_tours.assign": _op({200: a.AssignedAnswer}, 404, body=r.AssignmentBody),
    "api_tours.tour": _op({200: a.TourAnswer}),
    "api_tours.load": _op({200: a.AnyDocument}, 404, body=r.LoadBody),
    "api_tours.take_off": _op({204: None}, 404),
    "api_tours.send_again": _op({200: a.ReminderAnswer, 202: a.ReminderAnswer}, 404, body=r.LoadBody),
    "api_events.events": _op({200: a.EventsAnswer, 304: None}, query=EventsQuery),
    "api_events.statistics": _op({200: a.StatisticsAnswer, 304: None}, query=StatisticsQuery),
    "api_webhooks.add": _op({201: w.WebhookAnswer}, body=w.WebhookBody),
    "api_webhooks.listed": _op({200: w.WebhooksAnswer, 304: None}),
    "api_webhooks.show": _op({200: w.WebhookAnswer, 304: None}, 404),
    "api_webhooks.change": _op({200: w.WebhookAnswer}, 404, body=w.WebhookChangesBody),
    "api_webhooks.remove": _op({204: None}, 404),
    "api_webhooks.secrets": _op({200: w.SecretsAnswer, 304: None}, 404),
    "api_webhooks.rotate": _op({204: None}, 404),
    "api_webhooks.deliveries": _op({200: w.DeliveriesAnswer, 304: None}, 404, query=w.DeliveriesQuery),
    "api_webhooks.replay": _op({200: w.ReplayedAnswer}, 404, body=w.ReplayBody),
    "api_shops.call": _op({200: a.AnyDocument}, 401, 404, body=a.AnyDocument),
    "api_shops.register": _op({200: a.AnyDocument}, 401, 404),
    "api_shops.confirm": _op({204: None}, 401, 404, body=a.AnyDocument),
    "api_devices.enrol": _op({201: a.EnrolledAnswer}, body=r.EnrolmentBody),
    "api_devices.me": _op({200: a.DeviceAnswer}),
    "api_devices.give_sign": _op({200: a.SignedAnswer}, body=r.SignBody),
    "api_verifications.present": _op({200: a.PresentedAnswer}, body=r.PresentationBody),
    "api_visits.end_without_handover": _op({204: None}, 404, 409, body=r.VisitBody),
    "api_collecting.collections": _op({200: p.CollectionAnswer}, body=p.CollectionBody),
    "api_collecting.supervised": _op({201: p.SupervisedAnswer}, 404, 409, 429, body=p.SupervisedBody),
    "api_slips.print_one": _op({204: None}, 404, 409, body=sl.SlipBody),
    "api_shifts.shift": _op({200: sh.ShiftAnswer}),
    "api_shifts.start": _op({200: sh.ShiftAnswer}, 429, body=sh.ShiftBody),
    "api_shifts.end": _op({204: None}),
    "api_kiosk.unlock": _op({200: k.OrderAnswer}, 429, body=k.UnlockBody),
    "api_kiosk.lock": _op({204: None}),
    "api_kiosk.order": _op({200: k.OrderAnswer}, body=k.OrderBody),
    "api_kiosk.sign_off": _op({204: None}),
    "api_pickup.point": _op({200: p.PointAnswer}, 404),
    "api_pickup.waiting": _op({200: p.StaysAnswer}, 404),
    "api_pickup.take_in": _op({200: p.TakenInAnswer, 201: p.TakenInAnswer}, 404, 409, body=p.TakeInBody),
    "api_pickup.put_on_shelf": _op({200: p.StayAnswer}, 404, 409, body=p.ShelfBody),
    "api_pickup.send_back": _op({204: None}, 404, 409),
    "api_pickup.count": _op({200: p.CountedAnswer}, 404, body=p.CountBody),
    "api_frames.read": _op({200: a.FrameAnswer}, 413, 415, takes=PICTURE),
}
