"""Pages of devices: the driver's, the counter's, the kiosk's, and the one that sets a device up."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from codes.accounts.staff import Task
from codes.model import DeviceKind
from codes.values.symbols import label_png
from web.devices.shell import shell_version
from web.http.access import even_out_of_order, for_device, public, this_device
from web.http.links import as_data
from web.http.shift_guard import with_task
from web.i18n import N_, current_language, text
from web.services import services

blueprint = Blueprint("handing", __name__)

SCANNER_TEST = "DOORCODE-AQWZYM/0123456789"
"""What a scanner is tried with: the letters and signs that keyboard layouts put elsewhere."""
TITLES = {DeviceKind.DRIVER: N_("Hand over"), DeviceKind.COUNTER: N_("Counter")}


@blueprint.get("/")
@public
def start() -> ResponseReturnValue:
    """Lead to the back office, where everything begins."""
    return redirect(url_for("overview.today"))


@blueprint.get("/enrol")
@public
def enrol() -> ResponseReturnValue:
    """Set a device up; the secret is in the fragment, which is not sent."""
    return render_template("devices/enrol.html")


@blueprint.get("/driver")
@for_device
def driver() -> ResponseReturnValue:
    """Read label and code, at the door. The phone keeps this page under its files' version."""
    response = make_response(_handing(DeviceKind.DRIVER))
    response.headers["Doorcode-Shell"] = shell_version()
    return response


@blueprint.get("/counter")
@for_device
@with_task(Task.HAND_OVER)
def counter() -> ResponseReturnValue:
    """Read codes, at the counter."""
    return _handing(DeviceKind.COUNTER)


@blueprint.get("/counter/scanner")
@for_device
def scanner() -> ResponseReturnValue:
    """Try a hand scanner that types, and name what is wrong with it."""
    return _elsewhere(DeviceKind.COUNTER) or render_template(
        "devices/scanner.html", expected=SCANNER_TEST, symbol=as_data(label_png(SCANNER_TEST))
    )


@blueprint.get("/kiosk")
@for_device
@even_out_of_order
def kiosk() -> ResponseReturnValue:
    """Read codes, with nobody there."""
    return _elsewhere(DeviceKind.KIOSK) or render_template("devices/kiosk.html")


def _handing(kind: DeviceKind) -> ResponseReturnValue:
    return _elsewhere(kind) or render_template(
        f"devices/{'counter' if kind is DeviceKind.COUNTER else 'handing'}.html",
        page_title=text(current_language().code, TITLES[kind]),
        script=f"{kind.value}/{kind.value}.js",
        device_id=this_device().device_id,
        device_name=this_device().name,
        depot_phone=services().codes.house.depot_phone,
    )


def _elsewhere(kind: DeviceKind) -> ResponseReturnValue | None:
    """Each device has one page; on another it would present wrongly."""
    own = this_device().kind
    return None if own is kind else redirect(url_for(f"handing.{own.value}"))
