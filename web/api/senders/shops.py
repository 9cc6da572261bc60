"""Where shops send their webhooks to. Open to all, because the signature says who calls."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from codes.integrations.shops import Shop, ShopKind, shop_of
from web.api.answers import Answered, AnyDocument
from web.api.operations import operation
from web.http.access import public
from web.http.bodies import BodyKind, takes
from web.http.problems import Problem
from web.services import services
from web.shops import registering
from web.shops.taking import BadShopSignature, take

blueprint = Blueprint("api_shops", __name__, url_prefix="/api/v1/shops")

_PING = re.compile(rb"webhook_id=\d{1,12}")


class CallAnswer(Answered):
    """What came of a shop's call."""

    result: str


def _of_shop(view: Callable[[Shop], ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
    """Give the view its shop, and answer 401 to what the shop has not signed."""

    @wraps(view)
    def with_shop(shop_id: UUID, **_: Any) -> ResponseReturnValue:
        shop = services().codes.read(shop_of, shop_id)
        if shop is None:
            raise Problem(404, "unknown-shop", "no shop has this address")
        try:
            return view(shop)
        except BadShopSignature as error:
            raise Problem(401, "bad-signature", "the signature is not this shop's") from error

    return with_shop


@blueprint.post("/<uuid:shop_id>/calls")
@public
@takes(BodyKind.JSON)
@_of_shop
@operation({200: CallAnswer}, 401, 404, body=AnyDocument)
def call(shop: Shop) -> CallAnswer:
    """Take a shop's call. What is signed is answered with 200, or the shop would switch its webhook off."""
    body = request.get_data(cache=False)
    if shop.kind is ShopKind.WOOCOMMERCE and _PING.fullmatch(body):
        # Sent unsigned when a webhook is saved; it wants to be answered, and announces nothing.
        return CallAnswer(result="ping")
    return CallAnswer(result=take(services().codes, shop, request.headers, body))


@blueprint.get("/<uuid:shop_id>/registration")
@public
@_of_shop
@operation({200: AnyDocument}, 401, 404)
def register(shop: Shop) -> ResponseReturnValue:
    """Give a Shopware shop the secret that it is to sign with, if it knows the secret of the app."""
    _only_shopware(shop)
    confirmation = services().pages_url + request.path
    return registering.answer(services().codes, shop, request.headers, request.query_string, confirmation)


@blueprint.post("/<uuid:shop_id>/registration")
@public
@_of_shop
@operation({204: None}, 401, 404, body=AnyDocument)
def confirm(shop: Shop) -> ResponseReturnValue:
    """Hear that a Shopware shop took its secret. The keys to its own API are not wanted, and are forgotten."""
    _only_shopware(shop)
    registering.check_confirmation(services().codes, shop, request.headers, request.get_data(cache=False))
    return "", 204


def _only_shopware(shop: Shop) -> None:
    if shop.kind is not ShopKind.SHOPWARE:
        raise Problem(404, "unknown-shop", "this shop does not register")
