"""Where shops send their webhooks to. Open to all, because the signature says who calls."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from codes.integrations.shops import Shop, ShopKind
from web.access import public
from web.parts import parts
from web.problems import Problem
from web.shops import registering
from web.shops.taking import BadSignature, take

blueprint = Blueprint("api_shops", __name__, url_prefix="/api/v1/shops")

_PING = re.compile(rb"webhook_id=\d{1,12}")


def _of_shop(view: Callable[[Shop], ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
    """Give the view its shop, and answer 401 to what the shop has not signed."""

    @wraps(view)
    def with_shop(shop_id: UUID, **_: Any) -> ResponseReturnValue:
        request.max_content_length = parts().server.max_json_kilobytes * 1024
        shop = parts().codes.shops.get(shop_id)
        if shop is None:
            raise Problem(404, "unknown-shop", "no shop has this address")
        try:
            return view(shop)
        except BadSignature as error:
            raise Problem(401, "bad-signature", "the signature is not this shop's") from error

    return with_shop


@blueprint.post("/<uuid:shop_id>/calls")
@public
@_of_shop
def call(shop: Shop) -> ResponseReturnValue:
    """Take a shop's call. What is signed is answered with 200, or the shop would switch its webhook off."""
    body = request.get_data(cache=False)
    if shop.kind is ShopKind.WOOCOMMERCE and _PING.fullmatch(body):
        # Sent unsigned when a webhook is saved; it wants to be answered, and announces nothing.
        return {"result": "ping"}
    return {"result": take(parts().codes, shop, request.headers, body)}


@blueprint.get("/<uuid:shop_id>/registration")
@public
@_of_shop
def register(shop: Shop) -> ResponseReturnValue:
    """Give a Shopware shop the secret that it is to sign with, if it knows the secret of the app."""
    _only_shopware(shop)
    confirmation = parts().pages_url + request.path
    return registering.answer(parts().codes, shop, request.headers, request.query_string, confirmation)


@blueprint.post("/<uuid:shop_id>/registration")
@public
@_of_shop
def confirm(shop: Shop) -> ResponseReturnValue:
    """Hear that a Shopware shop took its secret. The keys to its own API are not wanted, and are forgotten."""
    _only_shopware(shop)
    registering.check_confirmation(parts().codes, shop, request.headers, request.get_data(cache=False))
    return "", 204


def _only_shopware(shop: Shop) -> None:
    if shop.kind is not ShopKind.SHOPWARE:
        raise Problem(404, "unknown-shop", "this shop does not register")
