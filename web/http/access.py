"""Who may call a view. A view says so by a decorator; one without any keeps the service from starting."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from typing import Any, TypeVar, cast
from uuid import UUID

import sqlalchemy as sa
from flask import Flask, Response, current_app, g, request
from werkzeug.wrappers import Request as BaseRequest

from codes import DeliveryCodes
from codes.accounts.api_keys import Scope, Sender, note_use_of_key, sender_of_key
from codes.accounts.devices import Device, device_with_id
from codes.accounts.heartbeats import is_call_to_be_noted, note_call
from codes.accounts.sessions import member_of_session
from codes.accounts.staff import Member, Role, Task
from codes.accounts.staff_log import begin_action, end_action
from codes.model import DeviceKind
from codes.store.database import DatabaseError
from codes.store.patience import PAGE_SECONDS, have_patience
from codes.verification.presentation import DeviceRevoked, OutOfOrder
from web.http.origin import is_foreign, said_by_proxy
from web.http.problems import API, Problem
from web.http.security_headers import add_security_headers
from web.http.shift_guard import ask_shift, tasks_at, tasks_of, working
from web.services import services

DEVICE_COOKIE = "doorcode_device"
STAFF_COOKIE = "doorcode_staff"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

View = TypeVar("View", bound=Callable[..., Any])


class Guard(StrEnum):
    """The four kinds of caller."""

    PUBLIC = "public"
    DEVICE = "device"
    STAFF = "staff"
    SENDER = "sender"


class NotEnrolled(Problem):
    """The caller is no enrolled device."""

    def __init__(self) -> None:
        super().__init__(401, "not-enrolled", "this device is not enrolled; scan an enrolment code from the depot")


class NotSignedIn(Problem):
    """Nobody is signed in."""

    def __init__(self) -> None:
        super().__init__(401, "not-signed-in", "sign in first")


class NotYourRole(Problem):
    """Whoever is signed in has a role that may not do this; ``roles`` may."""

    def __init__(self, roles: frozenset[Role]) -> None:
        super().__init__(403, "not-your-role", "your role may not do this; ask an administrator")
        self.roles = roles


class UnguardedView(Exception):
    """A view says not who may call it."""


def public(view: View) -> View:
    """Let anybody call the view."""
    return _guarded(view, Guard.PUBLIC)


def by_address(view: View) -> View:
    """Let whoever knows the unguessable address call the view; such pages tell no other page where they are."""
    view.doorcode_by_address = True  # type: ignore[attr-defined]
    return _guarded(view, Guard.PUBLIC)


def for_device(view: View) -> View:
    """Let enrolled devices call the view that are neither revoked nor out of order."""
    return _guarded(view, Guard.DEVICE)


def even_out_of_order(view: View) -> View:
    """Let a device call the view also while the house has taken it out of order."""
    view.doorcode_even_out_of_order = True  # type: ignore[attr-defined]
    return view


def for_presenting(view: View) -> View:
    """Let enrolled devices call the view, whose transaction itself asks whether they may work."""
    view.doorcode_asks_itself = True  # type: ignore[attr-defined]
    return _guarded(view, Guard.DEVICE)


def for_staff(view: View) -> View:
    """Let all signed-in staff call the view; an auditor only reads."""
    return _guarded(view, Guard.STAFF)


def for_roles(*roles: Role) -> Callable[[View], View]:
    """Let signed-in staff of these roles call the view; an administrator always may."""

    def guarded(view: View) -> View:
        view.doorcode_roles = frozenset({Role.ADMIN, *roles})  # type: ignore[attr-defined]
        return _guarded(view, Guard.STAFF)

    return guarded


def for_sender(view: View) -> View:
    """Let senders with a live API key call the view, if it may read parcels or, where that is done, change them."""
    return _guarded(view, Guard.SENDER)


def for_scope(scope: Scope) -> Callable[[View], View]:
    """Let senders call the view whose API key has this scope."""

    def guarded(view: View) -> View:
        view.doorcode_scope = scope  # type: ignore[attr-defined]
        return _guarded(view, Guard.SENDER)

    return guarded


def guard_of(app: Flask, endpoint: str) -> Guard | None:
    """Return the guard that a view declared."""
    return getattr(app.view_functions[endpoint], "doorcode_guard", None)


def roles_of(app: Flask, endpoint: str, method: str) -> frozenset[Role]:
    """Return the roles that may call a view for staff."""
    every = frozenset(Role) if method in SAFE_METHODS else frozenset(Role) - {Role.AUDITOR}
    return cast("frozenset[Role]", getattr(app.view_functions[endpoint], "doorcode_roles", every))


def scope_of(app: Flask, endpoint: str, method: str) -> Scope:
    """Return the scope that a view for senders asks for."""
    usual = Scope.PARCELS_READ if method in SAFE_METHODS else Scope.PARCELS_WRITE
    return cast(Scope, getattr(app.view_functions[endpoint], "doorcode_scope", usual))


def device_session(request: BaseRequest) -> str:
    """Return the session that a device sends with all that it asks; empty if it sends none."""
    return request.cookies.get(DEVICE_COOKIE, "")


def staff_session(request: BaseRequest) -> str:
    """Return the session of whoever is signed in; empty if there is none."""
    return request.cookies.get(STAFF_COOKIE, "")


def api_key(request: BaseRequest) -> str:
    """Return a sender's API key (RFC 6750 section 2.1); empty if none is sent."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def is_known(codes: DeliveryCodes, guard: Guard | None, request: BaseRequest) -> bool:
    """Tell whether the caller is somebody of the kind that a guard asks for, whatever that one may do."""
    if guard is Guard.DEVICE:
        device_id = codes.devices.recognise(device_session(request))
        device = codes.read(device_with_id, device_id) if device_id else None
        return device is not None and device.revoked_at is None
    if guard is Guard.STAFF:
        return codes.read(member_of_session, staff_session(request)) is not None
    return guard is Guard.SENDER and codes.read(sender_of_key, api_key(request)) is not None


def this_sender() -> Sender:
    """Return whose API key it is; only in views for senders."""
    return cast(Sender, g.sender)


def may(endpoint: str, method: str = "GET") -> bool:
    """Tell whether who is signed in may open a page, or do what it does; for links and buttons."""
    return this_member().role in roles_of(current_app, endpoint, method)


def tasks_here() -> frozenset[Task]:
    """Return what whoever works at the calling counter may do; for links and buttons."""
    device_id = this_device_id()
    return tasks_at(device_id, working(device_id))


def tasks_asked() -> str:
    """Return the tasks of which the page that is shown asks one."""
    return " ".join(sorted(tasks_of(current_app.view_functions[request.endpoint or ""])))


def this_device() -> Device:
    """Return the calling device; only in views for devices."""
    return cast(Device, g.device)


def this_device_id() -> UUID:
    """Return the calling device's id; only in views for devices."""
    return cast(UUID, g.device_id)


def this_member() -> Member:
    """Return who is signed in; only in views for staff."""
    return cast(Member, g.member)


def install(app: Flask) -> None:
    """Check every request against its view's guard, and every answer's headers. Raises UnguardedView at start."""
    app.view_functions["static"] = public(app.view_functions["static"])
    for rule in app.url_map.iter_rules():
        if guard_of(app, rule.endpoint) is None:
            raise UnguardedView(f"{rule.rule} ({rule.endpoint}) says not who may call it")
    app.before_request(_admit)
    app.after_request(add_security_headers)
    app.after_request(_log_end)
    app.jinja_env.globals["may"] = may
    app.jinja_env.globals.update(tasks_here=tasks_here, tasks_asked=tasks_asked)


def named_by_proxy() -> str | None:
    """Return who the trusted proxy says is signed in there, where one is trusted."""
    settings = services().signing_in
    return said_by_proxy(request, settings.proxy_header, settings.proxy_networks)


def set_cookie(response: Response, name: str, value: str, max_age: int) -> None:
    """Set a cookie that no script and no other site can use."""
    response.set_cookie(
        name, value, max_age=max_age, httponly=True, samesite="Strict", secure=request.is_secure, path="/"
    )


def _guarded(view: View, guard: Guard) -> View:
    view.doorcode_guard = guard  # type: ignore[attr-defined]
    return view


def _admit() -> None:
    if request.endpoint is None:
        return
    view = current_app.view_functions[request.endpoint]
    guard = getattr(view, "doorcode_guard", None)
    by_address = getattr(view, "doorcode_by_address", False)
    if request.method not in SAFE_METHODS and is_foreign(request, by_address=by_address):
        raise Problem(403, "foreign-origin", "this request came from another site")
    if guard is Guard.PUBLIC:
        return
    if guard is Guard.DEVICE:
        _admit_device(view)
    elif guard is Guard.STAFF:
        _admit_staff(request.endpoint)
    elif guard is Guard.SENDER:
        _admit_sender(request.endpoint)
    else:
        raise Problem(403, "forbidden", "nobody may call this")


def _admit_staff(endpoint: str) -> None:
    """Let a member of staff in whose role may; whatever changes something is in the log before it is done."""
    member = services().codes.read(member_of_session, staff_session(request))
    if member is None or named_by_proxy() not in (None, member.name):
        raise NotSignedIn  # also where the proxy has somebody else before it by now
    g.member = member
    have_patience(PAGE_SECONDS)
    if request.method not in SAFE_METHODS:
        subject = " ".join(str(value) for value in (request.view_args or {}).values())
        g.staff_action = services().codes.write(begin_action, member.staff_id, member.name, endpoint, subject)
    if member.role not in roles_of(current_app, endpoint, request.method):
        raise NotYourRole(roles_of(current_app, endpoint, request.method))


def _log_end(response: Response) -> Response:
    action = g.pop("staff_action", None)
    if action is not None:
        services().codes.write(end_action, action, response.status_code)
    return response


def _admit_device(view: Callable[..., Any]) -> None:
    """Let an enrolled device in that may work; a counter, if whoever works there may do this."""
    codes = services().codes
    device_id = codes.devices.recognise(device_session(request))
    if device_id is None:
        raise NotEnrolled
    g.device_id = device_id
    if not hasattr(view, "doorcode_asks_itself"):
        device = codes.read(device_with_id, device_id)
        if device is None or device.revoked_at is not None:
            raise DeviceRevoked
        if device.out_of_order_at is not None and not hasattr(view, "doorcode_even_out_of_order"):
            raise OutOfOrder
        g.device = device
        _note_call(device)
    if tasks := tasks_of(view):
        ask_shift(device_id, tasks, is_page=not request.path.startswith(API))


def _note_call(device: Device) -> None:
    """Note that a phone or a counter is in use; a kiosk tells so by itself. A store that only reads refuses nobody."""
    codes = services().codes
    if device.kind is not DeviceKind.KIOSK and is_call_to_be_noted(device.called_at, codes.clock()):
        with suppress(sa.exc.SQLAlchemyError, DatabaseError):
            codes.write(note_call, device.device_id)


def _admit_sender(endpoint: str) -> None:
    codes = services().codes
    sender = codes.read(sender_of_key, api_key(request))
    if sender is None:
        raise Problem(401, "bad-api-key", "send a valid API key as Authorization: Bearer …")
    have_patience(PAGE_SECONDS)
    if not sender.seen:
        codes.write(note_use_of_key, sender.key_id)
    scope = scope_of(current_app, endpoint, request.method)
    if scope not in sender.scopes:
        raise Problem(403, "out-of-scope", f"this API key has not the scope {scope}")
    wait = services().calls.wait(sender.key_id)
    if wait:
        raise Problem(429, "too-many-calls", f"this API key calls too often; wait {wait} s", retry_after=wait)
    g.sender = sender
