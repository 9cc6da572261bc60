"""Slips of handovers, on receipt printers: one that only listens, and a real connection to one on this machine."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from escpos.printer import Dummy
from flask import Flask
from flask.testing import FlaskClient

from codes import DeliveryCodes
from codes.life.parcel_records import find_parcel
from codes.model import DeviceKind
from codes.pickup.points import PointTerms, add_point
from codes.recipients.tickets import ticket_of_holder
from tests.parts.calls import parcel
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice
from tests.parts.web.handovers import SLIP
from web.printing.slips import NoPrinter, deliver, print_slip
from web.services import Services
from web.settings import PrintingSettings


def test_a_slip_tells_the_number_the_parcels_and_what_is_still_to_come() -> None:
    printer = Dummy()
    print_slip(printer, SLIP, point="Sample point", time="24.11.2026, 11:00", words=str, columns=32)
    printed = printer.output.decode("latin-1")
    for words in ("Handed over", "47", "Sample point", "24.11.2026, 11:00", "SAMPLE-1", "SAMPLE-2", "2/3"):
        assert words in printed
    assert "\x1dV" in printed, "the paper is not cut"


def test_a_printer_that_is_off_is_told_with_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(NoPrinter, match="is it on"):
        deliver(f"tcp://127.0.0.1:{port}", b"slip")


def test_a_counter_has_the_slip_of_its_own_handover_printed(
    app: Flask,
    client: FlaskClient,
    codes: DeliveryCodes,
    clock: TurnableClock,
    sender: dict[str, str],
    enrol: Callable[..., tuple[FlaskClient, SigningDevice]],
) -> None:
    codes.write(add_point, PointTerms("Here"))
    client.post("/api/v1/parcels", json=parcel("SAMPLE-1") | {"destination": "pickup_point"}, headers=sender)
    record = codes.read(find_parcel, "SAMPLE-1")
    assert record is not None
    ticket = codes.read(ticket_of_holder, record.holder_id)
    assert ticket is not None
    assert ticket.code is not None
    counter, device = enrol(DeviceKind.COUNTER)
    other, _ = enrol(DeviceKind.COUNTER)
    presentation = device.presentation(ticket.code.payload, "SAMPLE-1", now=clock())
    answer = codes.present(presentation)
    body = {"presentation_id": str(presentation.presentation_id)}
    assert counter.post("/api/v1/slips", json=body).json["type"].endswith("no-printer")  # type: ignore[index]
    services: Services = app.extensions["doorcode"]
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        app.extensions["doorcode"] = replace(services, printing=PrintingSettings(printers={"*": address}))
        received: list[Any] = []
        listener = threading.Thread(target=lambda: received.append(_everything(server)))
        listener.start()
        assert counter.post("/api/v1/slips", json=body).status_code == 204
        listener.join(10)
        assert other.post("/api/v1/slips", json=body).status_code == 404
    assert answer.match_number is not None
    assert answer.match_number.encode() in received[0]
    assert b"SAMPLE-1" in received[0]
    assert b"Sample Recipient" not in received[0]
    assert ticket.code.digits.encode() not in received[0]
    silent = counter.post("/api/v1/slips", json=body)
    assert silent.json["type"].endswith("printer-silent")  # type: ignore[index]


def _everything(server: socket.socket) -> bytes:
    connection, _ = server.accept()
    with connection:
        return b"".join(iter(lambda: connection.recv(4096), b""))
