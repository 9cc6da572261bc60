"""Bodies of every size, sent to every route that takes one, by HTTP/1.1 and by HTTP/2 over TLS, to the real server."""

from __future__ import annotations

import io
import json
import re
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import qrcode
from flask import Flask
from PIL import Image
from werkzeug.routing import Rule

from codes.model import DeviceKind, EventKind
from codes.office.import_list import ImportFilters, page_of_imports
from codes.proving.attachment import LARGEST_SHEET
from codes.proving.events import Event
from codes.store.parcel_rows import parcel_id_of
from codes.store.transaction import Transaction
from tests.parts.callers import Callers, callers_of
from tests.parts.calls import parcel
from tests.parts.proofs.odd_sheets import sheet_of
from tests.parts.running_service import HOME, RunningService, free_port, running_service, service_environment
from tests.parts.servers.opening import wait_until_open
from web.configuration import Settings
from web.http.access import SAFE_METHODS, Guard, guard_of
from web.http.bodies import BodyKind, kind_of, limits
from web.http.problems import API
from web.processes.tls import ensure_certificate
from web.services import Services

NOBODY = "00000000-0000-0000-0000-000000000000"
LAST = ("signing_in.sign_out", "api_kiosk.sign_off")
"""What ends the caller's own session is called after everything else."""
API_CALLS_A_MINUTE = 100_000


@dataclass(frozen=True, slots=True)
class Way:
    """One way to a running service."""

    client: httpx.Client
    version: str


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A running service."""
    folder = tmp_path_factory.mktemp("bodies")
    server, codes = {"api_calls_per_minute": API_CALLS_A_MINUTE}, {"contest_photos": True}
    with running_service(folder, server=server, codes=codes) as service:
        yield service


@pytest.fixture
def callers(house: RunningService) -> Iterator[Callers]:
    """Everybody who calls the service."""
    with callers_of(house) as callers:
        yield callers


@contextmanager
def over_tls(service: RunningService) -> Iterator[httpx.Client]:
    """Let a second web process serve the same store over TLS, as it does for phones."""
    certificate = ensure_certificate(service.folder / "tls", ["localhost"], datetime.now(UTC))
    port = free_port()
    files = ("--certificate", str(certificate.certificate), "--key", str(certificate.key))
    command = [sys.executable, str(HOME / "app.py"), "--config", str(service.config), "web", "--port", str(port)]
    process = subprocess.Popen([*command, *files], env=service_environment())
    try:
        assert wait_until_open("127.0.0.1", port, 60)
        trust = ssl.create_default_context(cafile=str(certificate.certificate))
        with httpx.Client(base_url=f"https://localhost:{port}", verify=trust, http2=True, timeout=60) as client:
            yield client
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module", params=["HTTP/1.1", "HTTP/2"])
def way(request: pytest.FixtureRequest, house: RunningService) -> Iterator[Way]:
    """The two ways in which browsers come."""
    if request.param == "HTTP/2":
        with over_tls(house) as client:
            yield Way(client, request.param)
    else:
        with httpx.Client(base_url=house.url, timeout=60) as client:
            yield Way(client, request.param)


def test_files_arrive_whole_in_parts_compressed_or_not_at_all_by_both_ways(way: Way) -> None:
    path, file = "/static/icons.svg", (HOME / "web" / "static" / "icons.svg").read_bytes()
    plain = way.client.get(path, headers={"Accept-Encoding": "identity"})
    assert (plain.status_code, plain.content, plain.headers["Content-Length"]) == (200, file, str(len(file)))
    assert way.client.get(path, headers={"Accept-Encoding": "gzip"}).content == file
    part = way.client.get(path, headers={"Accept-Encoding": "identity", "Range": "bytes=5-9"})
    assert (part.status_code, part.content) == (206, file[5:10])
    same = way.client.get(path, headers={"Accept-Encoding": "identity", "If-None-Match": plain.headers["ETag"]})
    assert (same.status_code, same.content) == (304, b"")
    assert way.client.head(path).content == b""


def test_a_head_that_grows_beyond_all_use_is_refused_before_anybody_reads_it(way: Way) -> None:
    # HTTP/2 says the same field once more in one byte.
    same = [("x-same", "y" * 4000)] * (30 if way.version == "HTTP/2" else 120)
    assert way.client.get("/healthz", headers=same).status_code == 431
    assert way.client.get("/healthz").status_code == 200


def routes(app: Flask) -> list[tuple[str, Rule]]:
    """Return every method and route that takes a body."""
    found = [
        (method, rule) for rule in app.url_map.iter_rules() for method in sorted((rule.methods or set()) - SAFE_METHODS)
    ]
    return sorted(found, key=lambda each: (each[1].endpoint in LAST, each[1].rule, each[0]))


def address(rule: Rule) -> str:
    """Put something into each placeholder of a route."""
    return re.sub(r"<[^>]+>", NOBODY, rule.rule)


def of_size(kind: BodyKind, size: int, *, is_api: bool) -> tuple[bytes, str]:
    """Return a body of exactly so many bytes, and its type."""
    if kind is BodyKind.PICTURE:
        return b"\xff\xd8" + b"x" * (size - 2), "image/jpeg"
    if kind in (BodyKind.FILE, BodyKind.REPORT):
        head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\nreference,name\r\n'
        tail = b"\r\n--b--\r\n"
        return head + b"x" * (size - len(head) - len(tail)) + tail, "multipart/form-data; boundary=b"
    if is_api:
        return b'{"filler": "' + b"x" * (size - 14) + b'"}', "application/json"
    return b"filler=" + b"x" * (size - 7), "application/x-www-form-urlencoded"


def caller_for(callers: Callers, guard: Guard | None, rule: Rule) -> dict[str, str]:
    """Return the headers of somebody who may call a route."""
    device = DeviceKind.COUNTER if "/point/" in rule.rule or "slips" in rule.rule else DeviceKind.DRIVER
    device = DeviceKind.KIOSK if "/kiosk" in rule.rule else device
    known: dict[Guard | None, Any] = {
        Guard.SENDER: callers.sender,
        Guard.STAFF: callers.administrator,
        Guard.DEVICE: callers.devices[device],
    }
    return dict(known.get(guard, {}))


def test_every_route_takes_a_body_up_to_its_limit_and_refuses_one_beyond(
    app: Flask, settings: Settings, callers: Callers, way: Way
) -> None:
    services: Services = app.extensions["doorcode"]
    services.codes.settings = services.codes.settings.model_copy(update={"contest_photos": True})
    most_of = limits(services)
    walked = 0
    for method, rule in routes(app):
        guard = guard_of(app, rule.endpoint)
        kind = kind_of(app, rule.endpoint, rule.rule, method)
        most, is_api = most_of[kind], rule.rule.startswith(API)
        # What is too large comes first: it changes nothing, not even who is signed in.
        for size in sorted({most + 1, 2**16 - 1, 2**16 + 1, 10**6}, key=lambda size: size <= most):
            content, type_ = of_size(kind, size, is_api=is_api)
            headers = caller_for(callers, guard, rule) | {"Content-Type": type_}
            answer = way.client.request(method, address(rule), content=content, headers=headers)
            what = (method, rule.rule, size, answer.status_code, answer.text[:300])
            assert answer.http_version == way.version
            assert (answer.status_code == 413) is (size > most), what
            assert answer.status_code < 500, what
            if size > most and is_api:
                assert answer.json()["type"] == "/problems/body-too-large", what
                assert answer.json()["most_bytes"] == most, what
        walked += 1
    assert walked > 70


def test_a_stranger_is_told_who_may_call_and_his_long_body_is_not_read(app: Flask, way: Way) -> None:
    for method, rule in routes(app):
        guard = guard_of(app, rule.endpoint)
        kind = kind_of(app, rule.endpoint, rule.rule, method)
        if guard is Guard.PUBLIC:
            continue
        content, type_ = of_size(kind, 10**6, is_api=rule.rule.startswith(API))
        answer = way.client.request(method, address(rule), content=content, headers={"Content-Type": type_})
        assert answer.status_code in ((302,) if guard is Guard.STAFF else (401,)), (rule.rule, answer.status_code)


@pytest.mark.parametrize("size", [2**16 - 1, 2**16 + 1, 10**6])
def test_a_body_without_a_length_is_read_as_one_with_a_length(way: Way, callers: Callers, size: int) -> None:
    content = json.dumps([parcel(f"CHUNKED-{size}", sender="x" * 90)]).encode().ljust(size)

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(content), 10_000):
            yield content[start : start + 10_000]

    headers = {**callers.sender, "Content-Type": "application/json"}
    answer = way.client.post("/api/v1/parcels/batch", content=pieces(), headers=headers)
    assert answer.status_code in (200, 201), answer.text
    refused = way.client.post("/api/v1/devices", content=pieces(), headers=headers)
    assert refused.status_code == (422 if size < 2**16 else 413)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_body_where_none_belongs_does_no_harm(way: Way, method: str) -> None:
    for size in (1, 2**16 - 1, 2**16 + 1, 10**6):
        for path in ("/healthz", "/office/sign-in", "/t/nobody/status", "/nowhere"):
            answer = way.client.request(method, path, content=b"x" * size)
            assert answer.status_code in (200, 302, 404, 413), (path, size)
    assert way.client.get("/healthz").status_code == 200


def test_a_photograph_at_the_door_is_decoded(way: Way, callers: Callers) -> None:
    noise = np.random.default_rng(1).normal(150, 12, (1800, 2400, 3)).clip(0, 255).astype("uint8")
    photograph = Image.fromarray(noise)
    symbol = qrcode.make("7311" + "0" * 30, border=6).convert("RGB").resize((900, 900))
    photograph.paste(symbol, (600, 400))
    file = io.BytesIO()
    photograph.save(file, "JPEG", quality=92)
    assert len(file.getvalue()) > 10**6
    headers = callers.devices[DeviceKind.DRIVER]
    for asked in ("", "?enough=any"):
        answer = way.client.post(f"/api/v1/frames{asked}", content=file.getvalue(), headers=headers)
        assert answer.status_code == 200, answer.text
        assert [each["text"] for each in answer.json()["symbols"]] == ["7311" + "0" * 30]
    refused = way.client.post("/api/v1/frames?enough=nothing", content=file.getvalue(), headers=headers)
    assert refused.status_code == 422
    assert "enough" in refused.text


def test_a_photo_of_forty_megabytes_has_its_own_answer(way: Way) -> None:
    content, type_ = of_size(BodyKind.REPORT, 40_000_000, is_api=False)
    headers = {"Content-Type": type_, "Accept-Language": "en"}
    answer = way.client.post(f"/t/{NOBODY}/report", content=content, headers=headers)
    assert answer.status_code == 413
    assert "The photo is too large" in answer.text
    assert "report without a photo" in answer.text


def test_a_thousand_parcels_are_announced_in_one_call(way: Way, callers: Callers) -> None:
    prefix = "BATCH-1" if way.version == "HTTP/2" else "BATCH-2"
    batch = [parcel(f"{prefix}-{number:04}", sender="A sender with a long name") for number in range(1000)]
    headers = {**callers.sender, "Idempotency-Key": prefix}
    for _ in range(2):
        answer = way.client.post("/api/v1/parcels/batch", json=batch, headers=headers)
        assert len(answer.json()["parcels"]) == 1000, answer.text
        assert {each["result"] for each in answer.json()["parcels"]} == {"created"}


def test_a_file_of_three_thousand_rows_is_imported(way: Way, callers: Callers) -> None:
    prefix = "ROW-1" if way.version == "HTTP/2" else "ROW-2"
    rows = "".join(f"{prefix}-{number:04},Sample Recipient {number},r{number}@example.org\n" for number in range(3000))
    file = {"file": ("parcels.csv", f"reference,name,email\n{rows}".encode(), "text/csv")}
    uploaded = way.client.post("/office/import", files=file, headers=callers.administrator)
    assert uploaded.status_code == 303, uploaded.text
    page = uploaded.headers["Location"]
    mapping = {"reference": "reference", "name": "name", "email": "email"}
    started = way.client.post(f"{page}/start", data=mapping, headers=callers.administrator)
    assert started.status_code == 303, started.text
    while callers.codes.read(page_of_imports, ImportFilters(), limit=1)[0].finished_at is None:
        time.sleep(0.2)
    assert way.client.get(f"/api/v1/parcels/{prefix}-2999", headers=callers.sender).status_code == 200


def test_a_long_proof_is_checked(way: Way, callers: Callers, house: RunningService, tmp_path: Path) -> None:
    reference = f"PROVED-{way.version[5]}"
    way.client.post("/api/v1/parcels", json=parcel(reference), headers=callers.sender)

    def happen(transaction: Transaction) -> None:
        parcel_id = parcel_id_of(transaction.connection, reference)
        transaction.record(*[Event(parcel_id, EventKind.DRIVER_NEAR, transaction.now, {})] * 1000)

    callers.codes.write(happen)
    house.run("proof", reference, "--out", str(tmp_path / "proof.json"))
    proof = (tmp_path / "proof.json").read_bytes()
    assert len(proof) > 2**16
    answer = way.client.post("/api/v1/proofs/check", content=proof)
    assert answer.json()["reference"] == reference
    largest = sheet_of(LARGEST_SHEET, proof)
    assert way.client.post("/api/v1/proofs/check", content=largest).json()["reference"] == reference
    assert way.client.post("/api/v1/proofs/check", content=largest + b" ").status_code == 413
