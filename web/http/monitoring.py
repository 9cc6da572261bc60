"""For monitoring programs: is the process there, may it get requests, and how does the house stand."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from typing import cast

import sqlalchemy as sa
from flask import Blueprint, Flask, Response, current_app, g, request
from flask.typing import ResponseReturnValue
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from codes.integrations.webhooks import listed_webhooks
from codes.keys.keyring import KeyRingError
from codes.office.counts import count_waiting, watch_wrong_digits
from codes.sealing.publications import publishing_stopped
from codes.store.batching import PipelineClosed
from codes.store.database import DatabaseError, NotCommitting
from web.http.access import public
from web.http.origin import is_within
from web.http.problems import Problem
from web.processes.troubles import UNCONFIRMED, log_trouble
from web.services import Services, services

blueprint = Blueprint("monitoring", __name__)
log = logging.getLogger("doorcode.requests")

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class HttpMetrics:
    """What one web process counts itself. Addresses are counted by route: paths hold secrets."""

    def __init__(self, all_parts: Services) -> None:
        self.registry = CollectorRegistry()
        self._parts = all_parts
        self._process = all_parts.process
        names = ["process", "method", "route", "status"]
        self.requests = Counter("doorcode_http_requests", "Answers given.", names, registry=self.registry)
        self.seconds = Histogram(
            "doorcode_http_seconds",
            "Time to the answer.",
            ["process", "route"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self._of_answers: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self.registry.register(self)

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answer and, if asked for, log it."""
        requests, times = self._of_answers.get((method, route, status)) or self._looked_up(method, route, status)
        requests.inc()
        times.observe(seconds)
        if log.isEnabledFor(logging.INFO):
            told = {"method": method, "route": route, "status": status}
            log.info("answered", extra={"told": {**told, "milliseconds": round(seconds * 1000, 1)}})

    def _looked_up(self, method: str, route: str, status: int) -> tuple[Counter, Histogram]:
        """Look up counter and histogram of an answer, and remember them: that takes longer than counting."""
        of_answers = self.requests.labels(self._process, method, route, str(status))
        found = (of_answers, self.seconds.labels(self._process, route))
        self._of_answers[(method, route, status)] = found
        return found

    def describe(self) -> list[GaugeMetricFamily]:
        """Name nothing beforehand: what is counted in the database is looked up only when it is asked for."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Tell how long the oldest presentation waits here, and count in the database, where that answers."""
        waiting = GaugeMetricFamily(
            "doorcode_presentation_waiting_seconds", "Age of the oldest presentation not answered.", labels=["process"]
        )
        waiting.add_metric([self._process], self._parts.codes.verification.oldest_seconds)
        yield waiting
        try:
            counted = list(self._counted())
        except UNCONFIRMED as error:
            log_trouble(log, "figures could not be counted", error)
            counted = []
        yield GaugeMetricFamily("doorcode_database_answers", "1 if it could be counted in.", value=int(bool(counted)))
        yield from counted

    def _counted(self) -> Iterator[GaugeMetricFamily]:
        codes = self._parts.codes
        counts = codes.read(count_waiting)
        verifications = GaugeMetricFamily(
            "doorcode_verifications_last_hour", "Answers to presentations by outcome.", labels=["outcome"]
        )
        for outcome, number in counts.verifications.items():
            verifications.add_metric([outcome], number)
        yield verifications
        plain = {
            "mails_waiting": ("Messages not sent yet.", counts.mails_waiting),
            "mails_waiting_seconds": ("Age of the oldest message not sent yet.", counts.mails_waiting_seconds),
            "webhooks_waiting": ("Events not delivered yet.", counts.webhooks_waiting),
            "webhooks_waiting_seconds": ("Age of the oldest event not delivered.", counts.webhooks_waiting_seconds),
            "webhooks_given_up": (
                "Webhooks switched off because nothing was taken.",
                sum(each.given_up_at is not None for each in codes.read(listed_webhooks)),
            ),
            "checkpoint_seconds": ("Age of the newest checkpoint.", counts.checkpoint_seconds),
            "silent_devices": ("Kiosks that gave no sign of life.", counts.silent_devices),
            "imports_running": ("Files being imported.", counts.imports_running),
            "alarm": ("1 while wrong digits are more than is borne.", int(codes.read(watch_wrong_digits).raised)),
            "publishing_stopped": (
                "1 while a published checkpoint is not the one of the log.",
                int(codes.read(publishing_stopped) is not None),
            ),
        }
        for name, (words, value) in plain.items():
            if value is not None:
                yield GaugeMetricFamily(f"doorcode_{name}", words, value=value)


@blueprint.get("/healthz")
@public
def alive() -> ResponseReturnValue:
    """Say that this process answers, whatever else is away."""
    return Response("alive\n", mimetype="text/plain")


@blueprint.get("/readyz")
@public
def ready() -> ResponseReturnValue:
    """Say whether requests may be sent here: a verification could be committed, and the keys are there."""
    try:
        services().codes.check_committable()
    except NotCommitting as error:
        return _not_ready(str(error), error)
    except (sa.exc.SQLAlchemyError, DatabaseError, PipelineClosed) as error:
        return _not_ready("the database does not answer", error)
    except (KeyRingError, OSError) as error:
        return _not_ready("the key ring cannot be read", error)
    return Response("ready\n", mimetype="text/plain")


def _not_ready(part: str, error: Exception) -> Response:
    log_trouble(log, f"not ready: {part}", error)
    return Response(f"not ready: {part}\n", status=503, mimetype="text/plain", headers={"Retry-After": "1"})


@blueprint.get("/metrics")
@public
def metrics() -> ResponseReturnValue:
    """Give figures in Prometheus' form, to `server.metrics_networks` only."""
    server = services().server
    # Behind a proxy that nobody set up here, everybody seems to call from the proxy.
    hidden = server.trusted_proxies == 0 and "X-Forwarded-For" in request.headers
    if hidden or not is_within(request.remote_addr or "", server.metrics_networks):
        raise Problem(404, "not-found", "there is nothing here")
    return Response(generate_latest(metrics_of(current_app).registry), content_type=CONTENT_TYPE_LATEST)


def install(app: Flask, all_parts: Services) -> None:
    """Count and, if asked for, log every answer."""
    app.extensions["doorcode_metrics"] = HttpMetrics(all_parts)
    app.before_request(_begin)
    app.after_request(_end)


def metrics_of(app: Flask) -> HttpMetrics:
    """Return what counts the application's answers."""
    return cast(HttpMetrics, app.extensions["doorcode_metrics"])


def _begin() -> None:
    g.began = time.monotonic()


def _end(response: Response) -> Response:
    seconds = time.monotonic() - g.get("began", time.monotonic())
    route = request.url_rule.rule if request.url_rule else "none"
    method = request.method if request.method in METHODS else "other"
    metrics_of(current_app).count(method, route, response.status_code, seconds)
    return response
