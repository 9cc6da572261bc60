"""What a carrier tells of parcels that are announced: they leave, come near, went back, were left elsewhere."""

from __future__ import annotations

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
            codes.write(_do, parcel, moved.meaning, Blocker(Part.SENDER, shop.shop_id))
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


def _do(t: Transaction, parcel: ParcelRecord, meaning: Meaning, by: Blocker) -> None:
    if meaning is Meaning.OUT_FOR_DELIVERY:
        mark_out_for_delivery(t, parcel.reference)
    elif meaning is Meaning.NEAR:
        come_near(t, parcel.reference)
    else:
        end(t, parcel.parcel_id, Ending(meaning), by)
