"""Shops that announce parcels by their own webhooks: add one, see what it sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import AfterValidator, StringConstraints, ValidationError

from codes.accounts.staff import Role
from codes.integrations.shops import (
    Shop,
    ShopKind,
    add_shop,
    calls_of_shop,
    listed_shops,
    map_shop,
    remove_shop,
    secret_of_shop,
    shop_of,
)
from web.api.requests import ShortName
from web.http.access import for_roles
from web.http.forms import FormModel, form_as
from web.http.problems import Problem, fields_of
from web.i18n.languages import KNOWN
from web.office.refusals import Refused, refused_by
from web.services import services
from web.shops.field_mapping import SHIPPED, FieldMapping, secret_fault
from web.shops.registering import manifest
from web.shops.trial import Trial, try_out

blueprint = Blueprint("shops", __name__, url_prefix="/office/shops")

LISTED = 100
VENDORS = {
    ShopKind.SHOPIFY: "Shopify",
    ShopKind.WOOCOMMERCE: "WooCommerce",
    ShopKind.SHOPWARE: "Shopware",
    ShopKind.MAPPED: "Webhook",
}


def _known(language: str) -> str:
    if language not in {each.code for each in KNOWN}:
        raise ValueError("is no language of the pages")
    return language


def _without_mapping(kind: ShopKind) -> ShopKind:
    if kind is ShopKind.MAPPED:
        raise ValueError("is added with its fields")
    return kind


Secret = Annotated[str, StringConstraints(strip_whitespace=True, min_length=8, max_length=200)]
HouseLanguage = Annotated[str, AfterValidator(_known)]


class ShopForm(FormModel):
    """A shop to add, with the secret that it signs with."""

    name: ShortName
    secret: Secret
    kind: Annotated[ShopKind, AfterValidator(_without_mapping)]
    language: HouseLanguage


class NewSystemForm(FormModel):
    """A system to add whose fields are mapped; its own name is not the path to a recipient's."""

    name_of_shop: ShortName
    secret: Secret
    language: HouseLanguage


@blueprint.get("")
@for_roles(Role.DISPATCHER)
def listed() -> ResponseReturnValue:
    """List the shops, and offer to add one."""
    return _list()


@blueprint.post("")
@for_roles()
def add() -> ResponseReturnValue:
    """Add a shop with the secret that it signs with."""
    try:
        form = form_as(ShopForm)
    except ValidationError as error:
        return _list(refused_by(error)), 422
    shop_id = services().codes.write(add_shop, form.kind, form.name, form.secret, form.language)
    return redirect(url_for("shops.shop", shop_id=shop_id), 303)


@blueprint.get("/<uuid:shop_id>")
@for_roles(Role.DISPATCHER)
def shop(shop_id: UUID) -> ResponseReturnValue:
    """Show where a shop has to send its calls to, and what it sent."""
    found = services().codes.read(shop_of, shop_id) or abort(404)
    return render_template(
        "office/house/shop.html",
        here="shops.listed",
        shop=found,
        vendor=VENDORS[found.kind],
        address=services().pages_url + url_for("api_shops.call", shop_id=shop_id),
        calls=services().codes.read(calls_of_shop, shop_id, limit=LISTED),
    )


@blueprint.post("/<uuid:shop_id>/manifest.xml")
@for_roles()
def app_manifest(shop_id: UUID) -> ResponseReturnValue:
    """Give the manifest of the app for a Shopware shop; by POST, for it holds the app's secret."""
    found, codes = services().codes.read(shop_of, shop_id) or abort(404), services().codes
    if found.kind is not ShopKind.SHOPWARE:
        abort(404)
    pages = services().pages_url
    registration, calls = (pages + url_for(f"api_shops.{each}", shop_id=shop_id) for each in ("register", "call"))
    text = manifest(registration, calls, codes.read(secret_of_shop, shop_id).decode())
    headers = {"Content-Disposition": "attachment; filename=manifest.xml"}
    return Response(text, mimetype="application/xml", headers=headers)


@blueprint.post("/<uuid:shop_id>/remove")
@for_roles()
def remove(shop_id: UUID) -> ResponseReturnValue:
    """Take no more calls of a shop."""
    services().codes.write(remove_shop, shop_id)
    return redirect(url_for("shops.listed"), 303)


@blueprint.get("/fields")
@for_roles()
def fields() -> ResponseReturnValue:
    """Show the fields of a system: those of a known one to begin with, or those that were kept."""
    shop = _mapped(request.args.get("shop"))
    like = SHIPPED.get(request.args.get("like", ""))
    if like is None and shop is not None:
        like = FieldMapping.model_validate_json(shop.mapping or "")
    return _page(shop, like.model_dump() if like else {})


@blueprint.post("/fields/trial")
@for_roles()
def try_fields() -> ResponseReturnValue:
    """Read an example with the fields as they are typed; nothing is kept."""
    shop = _mapped(request.form.get("shop"))
    try:
        mapping = form_as(FieldMapping)
    except ValidationError as error:
        return _page(shop, request.form, faults=fields_of(error)), 422
    return _page(shop, request.form, trial=try_out(services().codes, mapping, request.form.get("example", "")))


@blueprint.post("/fields")
@for_roles()
def keep_fields() -> ResponseReturnValue:
    """Keep the fields, and with them a new system if it is one."""
    shop, codes = _mapped(request.form.get("shop")), services().codes
    try:
        mapping = form_as(FieldMapping)
        form = form_as(NewSystemForm) if shop is None else None
    except ValidationError as error:
        return _page(shop, request.form, faults=fields_of(error)), 422
    secret = form.secret if form is not None else _secret_of(shop)
    if (fault := secret_fault(mapping, secret)) is not None:
        return _page(shop, request.form, faults=[{"field": "secret", "message": fault}]), 422
    kept = mapping.model_dump_json()
    if form is None:
        shop_id = shop.shop_id if shop else abort(404)
        codes.write(map_shop, shop_id, kept)
        return redirect(url_for("shops.shop", shop_id=shop_id), 303)
    shop_id = codes.write(add_shop, ShopKind.MAPPED, form.name_of_shop, form.secret, form.language, kept)
    return redirect(url_for("shops.shop", shop_id=shop_id), 303)


def _secret_of(shop: Shop | None) -> str:
    return services().codes.read(secret_of_shop, (shop or abort(404)).shop_id).decode()


def _mapped(text: str | None) -> Shop | None:
    """Return the mapped system that is named; None where a new one is meant."""
    if not text:
        return None
    try:
        shop = services().codes.read(shop_of, UUID(text))
    except ValueError as error:
        raise Problem(404, "unknown-shop", "no shop has this address") from error
    return shop if shop is not None and shop.kind is ShopKind.MAPPED else abort(404)


def _page(
    shop: Shop | None,
    typed: Mapping[str, Any],
    *,
    trial: Trial | None = None,
    faults: list[dict[str, str]] | None = None,
) -> str:
    return render_template(
        "office/house/shop_fields.html",
        here="shops.listed",
        shop=shop,
        typed=typed,
        trial=trial,
        faults=faults or [],
        known=SHIPPED,
        mail_languages=_mail_languages(),
    )


def _list(refused: Refused | None = None) -> str:
    return render_template(
        "office/house/shops.html",
        here="shops.listed",
        shops=services().codes.read(listed_shops),
        vendors=VENDORS,
        offered=[(kind, name) for kind, name in VENDORS.items() if kind is not ShopKind.MAPPED],
        mail_languages=_mail_languages(),
        refused=refused,
    )


def _mail_languages() -> list[tuple[str, str]]:
    return [(each.code, each.native_name) for each in KNOWN]
