"""Health, readiness and figures for monitoring programs, who may read them, and what the logs do not hold."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import sys
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import yaml
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from codes import DeliveryCodes
from codes.life.parcel_records import find_parcel
from codes.recipients.outbox import listed_messages
from codes.recipients.tickets import notice_of_message, ticket_of_holder
from codes.sealing.publications import note_stopped
from codes.store.patience import SERVING
from tests.parts.calls import parcel
from tests.parts.running_service import HOME, running_service
from tests.parts.servers.smtp_server import SmtpServer
from tests.parts.stores import room_for
from tests.parts.web.own_loop import run
from web.commands.opening import open_codes
from web.configuration import Settings, load_settings
from web.http.asgi.application import AsgiApp
from web.processes.logs import JsonLines, TextLines


def figures(client: FlaskClient) -> dict[tuple[str, ...], float]:
    """Read the figures as Prometheus does."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    return {
        (sample.name, *(value for name, value in sorted(sample.labels.items()) if name != "process")): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_alerts_and_dashboard_ask_for_figures_that_there_are(
    client: FlaskClient, sender: dict[str, str], codes: DeliveryCodes
) -> None:
    client.post("/api/v1/parcels", json=parcel(), headers=sender)
    codes.seal()
    told: set[str] = set()
    for family in text_string_to_metric_families(client.get("/metrics").text):
        told |= {family.name, *(sample.name for sample in family.samples)}
    monitoring = HOME / "deploy" / "monitoring"
    alerts = yaml.safe_load((monitoring / "alerts.yaml").read_text())["groups"][0]["rules"]
    panels = json.loads((monitoring / "dashboard.json").read_text())["panels"]
    asked = [each["expr"] for each in (*alerts, *(target for panel in panels for target in panel["targets"]))]
    names = set(re.findall(r"doorcode_\w+", " ".join(asked)))
    assert (names - told, len(names) >= 14) == (set(), True)
    assert all({"summary", "description"} <= set(each["annotations"]) for each in alerts)


def test_figures_tell_what_waits_and_what_was_answered(
    client: FlaskClient, sender: dict[str, str], codes: DeliveryCodes
) -> None:
    client.post("/api/v1/parcels", json=parcel(), headers=sender)
    ticket = client.get("/t/no-such-ticket")
    assert ticket.status_code == 404
    codes.seal()
    found = figures(client)
    assert found["doorcode_mails_waiting",] == 1
    assert found["doorcode_webhooks_waiting",] == 0
    assert found["doorcode_checkpoint_seconds",] == 0
    assert found["doorcode_alarm",] == 0
    assert found["doorcode_publishing_stopped",] == 0
    codes.write(note_stopped, "checkpoint 1 is another one")
    assert figures(client)["doorcode_publishing_stopped",] == 1
    assert found["doorcode_http_requests_total", "POST", "/api/v1/parcels", "201"] == 1
    assert not any("no-such-ticket" in "".join(labels) for labels in found)
    client.open("/healthz", method="ANYTHING")
    assert any("other" in labels for labels in figures(client))


def test_figures_are_for_the_house_only(client: FlaskClient) -> None:
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "192.0.2.1"}).status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.1"}).status_code == 404
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "::1"}).status_code == 200


def test_a_process_without_its_database_is_alive_but_not_ready(
    app: Flask, client: FlaskClient, codes: DeliveryCodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (client.get("/healthz").status_code, client.get("/readyz").status_code) == (200, 200)
    path = codes.database.url.database or ""
    with room_for(os.stat(f"{path}-wal").st_size):
        assert client.get("/readyz").status_code == 503, "its disk is full"
    assert client.get("/readyz").status_code == 200
    codes.database.close()
    os.rename(path, f"{path}.away")
    os.mkdir(path)
    assert (client.get("/healthz").status_code, client.get("/readyz").status_code) == (200, 503)
    assert client.get("/readyz").text == "not ready: the database does not answer\n"
    away = figures(client)
    assert (away["doorcode_database_answers",], away["doorcode_presentation_waiting_seconds",]) == (0, 0)
    os.rmdir(path)
    os.rename(f"{path}.away", path)
    assert client.get("/readyz").status_code == 200
    assert figures(client)["doorcode_database_answers",] == 1


def test_a_process_whose_threads_wait_for_the_database_says_that_it_lives_and_is_not_ready(
    app: Flask, codes: DeliveryCodes, sender: dict[str, str], settings: Settings
) -> None:
    codes.database.patience = SERVING
    one_thread = settings.server.model_copy(update={"threads": 1})
    asgi = AsgiApp(app, replace(app.extensions["doorcode"], server=one_thread))

    async def ask(client: httpx.AsyncClient) -> list[tuple[int, str]]:
        answers = [await client.get(path) for path in ("/healthz", "/readyz")]
        return [(each.status_code, each.text) for each in answers]

    async def go() -> None:
        transport = httpx.ASGITransport(app=asgi)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=60) as client:
            with codes.database.writing():
                held_up = asyncio.ensure_future(client.post("/api/v1/parcels", json=parcel(), headers=sender))
                await asyncio.sleep(0.2)
                assert await ask(client) == [
                    (200, "alive\n"),
                    (503, "not ready: the database does not answer\n"),
                ]
            assert (await held_up).status_code == 201
            assert await ask(client) == [(200, "alive\n"), (200, "ready\n")]

    run(go())


@pytest.mark.parametrize("formatter", [JsonLines(), TextLines()])
def test_an_exceptions_own_words_are_in_no_log(formatter: logging.Formatter) -> None:
    try:
        raise ValueError("ada@example.com 483920")
    except ValueError:
        record = logging.LogRecord("doorcode", logging.ERROR, __file__, 1, "it failed", None, sys.exc_info())
    line = formatter.format(record)
    assert "ada" not in line
    assert "483920" not in line
    assert "ValueError" in line
    assert "test_monitoring.py" in line


def test_whatever_happens_no_code_address_or_person_is_in_the_log(tmp_path: Path, smtp_server: SmtpServer) -> None:
    smtp_server.behaviour.to_recipient = "550 5.1.1 no mailbox unknown@example.org for Augusta here"
    smtp = {"host": smtp_server.host, "port": smtp_server.port, "security": "none"}
    log = {"format": "json", "requests": True}
    with running_service(tmp_path, mail={"smtp": smtp}, log=log) as service:
        key = service.key_of("Sample Shop")
        headers = {"Authorization": f"Bearer {key}"}
        secrets = [key, "wrong-password"]
        with httpx.Client(base_url=service.url, timeout=60) as client:
            for number, address in enumerate(("ada@example.org", "unknown@example.org")):
                body = parcel(f"SECRETREF{number}", value="500.00")
                body["recipient"] |= {"email": address, "name": "Augusta Ada King"}
                assert client.post("/api/v1/parcels", json=body, headers=headers).status_code == 201
            codes = open_codes(load_settings(service.config))
            for number in range(2):
                found = codes.read(find_parcel, f"SECRETREF{number}")
                assert found is not None
                ticket = codes.read(ticket_of_holder, found.holder_id)
                assert ticket is not None
                assert ticket.code is not None
                payload = ticket.code.payload
                secrets += [payload, ticket.code.digits]
            message, *_ = [each for each in codes.read(listed_messages, limit=9) if each.kind == "code_issued"]
            notice = codes.read(notice_of_message, message.id)
            assert notice is not None
            secrets.append(notice.ticket_key)
            assert client.get(f"/t/{notice.ticket_key}").status_code == 200
            client.get(f"/t/{notice.ticket_key}x")
            client.post("/api/v1/verifications", content=payload)
            client.post("/office/sign-in", data={"name": "Augusta Ada King", "password": "wrong-password"})
            client.get("/api/v1/parcels/SECRETREF0", headers={"Authorization": "Bearer doorcode_wrong"})
            codes.close()
        while not any("will not arrive" in line for line in service.output):
            assert service.is_running()
        service.stop()
        output = "".join(service.output)
    lines = [json.loads(line) for line in service.output if line.startswith("{")]
    assert {"/t/<key>", "/api/v1/parcels", "/office/sign-in"} <= {line.get("route") for line in lines}
    for secret in (*secrets, "ada@example.org", "unknown@example.org", "Augusta", "SECRETREF", "doorcode_wrong"):
        assert secret not in output, secret
