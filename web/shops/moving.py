"""What a carrier tells of parcels that are announced: they leave, come near, went back, were left elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from codes import DeliveryCodes
from codes.delivering.delivery_day import NotUnderWay, come_near, mark_out_for_delivery
from codes.delivering.ending import GoesToPoint, end
from codes.integrations.shops import CallResult, Shop
from codes.life.blocking import Blocker, Ended, NothingToBlock, Part
from codes.life.consignments import announced_by
from codes.life.parcel_records import ParcelRecord, find_parcel
from codes.model import Ending, Realm
from codes.store.transaction import Transaction
from codes.values.tracking_numbers import BadReference, realm_of
from web.outside_text import one_line
from web.shops.signed_orders import Meaning, Moved


def move(codes: DeliveryCodes, shop: Shop, moved: Moved, of_others: bool) -> tuple[CallResult, str]:
    """Do what is told of each parcel, and say of which it was done; what cannot be done is left out, not the rest."""
    done, left = list[str](), list[str]()
    for number in moved.tracking_numbers:
        parcel = _known(codes, number)
        if parcel is None or not (of_others or _is_theirs(codes, shop, parcel)):
            left.append(f"left out: {one_line(number, 60)}: no parcel of this system")
            continue
        try:
            codes.write(_MOVES[moved.meaning], parcel, Blocker(Part.SENDER, shop.shop_id))
        except (NotUnderWay, NothingToBlock, Ended, GoesToPoint) as error:
            left.append(f"left out: {parcel.reference}: {error}")
        else:
            done.append(parcel.reference)
    told = [f"{moved.meaning}: {', '.join(done)}"] if done else []
    detail = "; ".join([*told, *left]) or "nothing of this is still to be handed over"
    return CallResult.MOVED if done else CallResult.IGNORED, detail


def _known(codes: DeliveryCodes, number: str) -> ParcelRecord | None:
    try:
        parcel = codes.read(find_parcel, number)
    except BadReference:
        return None
    return parcel if parcel is not None and realm_of(parcel.reference) is Realm.LIVE else None


def _is_theirs(codes: DeliveryCodes, shop: Shop, parcel: ParcelRecord) -> bool:
    return codes.read(announced_by, parcel.consignment_id) == f"shop:{shop.shop_id}"


def _leave(t: Transaction, parcel: ParcelRecord, _by: Blocker) -> None:
    mark_out_for_delivery(t, parcel.reference)


def _near(t: Transaction, parcel: ParcelRecord, _by: Blocker) -> None:
    come_near(t, parcel.reference)


def _deliver_elsewhere(t: Transaction, parcel: ParcelRecord, by: Blocker) -> None:
    end(t, parcel.parcel_id, Ending.DELIVERED_ELSEWHERE, by)


def _return(t: Transaction, parcel: ParcelRecord, by: Blocker) -> None:
    end(t, parcel.parcel_id, Ending.RETURNED, by)


def _cancel(t: Transaction, parcel: ParcelRecord, by: Blocker) -> None:
    end(t, parcel.parcel_id, Ending.CANCELLED, by)


_MOVES: Mapping[Meaning, Callable[[Transaction, ParcelRecord, Blocker], None]] = {
    Meaning.OUT_FOR_DELIVERY: _leave,
    Meaning.NEAR: _near,
    Meaning.DELIVERED_ELSEWHERE: _deliver_elsewhere,
    Meaning.RETURNED: _return,
    Meaning.CANCELLED: _cancel,
}
