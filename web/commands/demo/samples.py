"""Sample data for a first look. Everything in it is obviously made up."""

from __future__ import annotations

from decimal import Decimal

from codes import Announcement, DeliveryCodes, Person
from codes.delivering.delivery_day import mark_out_for_delivery
from codes.model import Destination, ParcelSize
from codes.pickup.points import PointTerms, add_point, list_points, put_shelf

SENDER = "Sample Shop"
NOTES = {
    2: "Bell at the back",
    4: "Ring twice, the door is in the yard",
    5: "Third floor, the lift is broken",
    9: "Ask at the porter's lodge",
}


def sample_phone(number: int) -> str:
    """Return a telephone number that the German regulator keeps for films, so that it is nobody's."""
    return f"+493023125{number:03d}"


def sample_parcels() -> list[Announcement]:
    """Return parcels that show what the policy decides, to recipients at example.org (RFC 2606)."""
    return [
        _parcel(1, "en", "129.00"),
        _parcel(2, "de", "249.90"),
        _parcel(3, "tr", "480.00"),
        _parcel(4, "ar", "1200.00"),
        _parcel(5, "pl", "310.50"),
        _parcel(6, "uk", "99.95"),
        _parcel(7, "en", "180.00", gift=True),
        _parcel(8, "de", "650.00", destination=Destination.LOCKER),
        *(_parcel(number, "en", "150.00", consignment="SAMPLE-SET") for number in (9, 10, 11)),
    ]


def add_sample_parcels(codes: DeliveryCodes) -> None:
    """Announce the sample parcels, all of them out for delivery; again changes nothing."""
    for announced in codes.announce(sample_parcels()):
        codes.write(mark_out_for_delivery, announced.reference)


def add_sample_point(codes: DeliveryCodes) -> None:
    """Open a pickup point with shelves and a hatch, if there is none."""
    if codes.read(list_points):
        return
    point_id = codes.write(add_point, PointTerms("Sample pickup point", "Sample Street 1, Sampletown", "Mon–Sat 8–20"))
    for name, size, room in (("A1", ParcelSize.S, 20), ("A2", ParcelSize.M, 12), ("B1", ParcelSize.L, 6)):
        codes.write(put_shelf, point_id, name, size=size, room=room)
    codes.write(put_shelf, point_id, "H1", size=ParcelSize.XL, room=1, hatch=True)


def _parcel(
    number: int,
    language: str,
    value: str,
    *,
    gift: bool = False,
    destination: Destination = Destination.ADDRESS,
    consignment: str | None = None,
) -> Announcement:
    receiver = "set" if consignment else str(number)
    stop = 9 if consignment else number
    return Announcement(
        reference=f"SAMPLE{number:04d}",
        recipient=Person(
            f"Sample Recipient {receiver}",
            f"sample-{receiver}@example.org",
            language,
            phone=sample_phone(stop),
            street=f"Sample Street {stop}",
            postcode="12345",
            city="Sampletown",
            note=NOTES.get(stop),
        ),
        sender=SENDER,
        value=Decimal(value),
        gift=gift,
        destination=destination,
        consignment=consignment,
    )
