"""Clients that are generated from the served description announce a parcel, cancel it, and find it in the list."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from codes.accounts.api_keys import add_key
from tests.parts.running_service import HOME, RunningService, running_service

pytestmark = pytest.mark.slow

BIN = HOME / "node_modules/.bin"
TYPED_SHOP = """
import type { paths } from "./api.js";

type Announcing = paths["/api/v1/parcels"]["post"];
type Announced = Announcing["responses"][201]["content"]["application/json"];
type Listed = paths["/api/v1/parcels"]["get"]["responses"][200]["content"]["application/json"];
type Ended = paths["/api/v1/parcels/{reference}/cancel"]["post"]["responses"][200]["content"]["application/json"];
type Body = Announcing["requestBody"]["content"]["application/json"];

declare const process: { env: Record<string, string> };

async function call<T>(method: string, path: keyof paths & string, reference = "", body?: unknown): Promise<T> {
  const answer = await fetch(process.env.DOORCODE_URL + path.replace("{reference}", reference), {
    method,
    headers: { Authorization: `Bearer ${process.env.DOORCODE_KEY}`, "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as T;
}

const body: Body = { reference: "SAMPLE-TS", recipient: { name: "Sample Recipient" }, value: "249.00" };
const announced = await call<Announced>("POST", "/api/v1/parcels", "", body);
const required: boolean = announced.code_required;
const ended = await call<Ended>("POST", "/api/v1/parcels/{reference}/cancel", announced.reference);
const listed = await call<Listed>("GET", "/api/v1/parcels");
const found = listed.parcels.find((each) => each.reference === announced.reference);
if (!required || ended.state !== "cancelled" || found?.state !== "cancelled") throw new Error(JSON.stringify(listed));
export {};
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A running service."""
    with running_service(tmp_path_factory.mktemp("house")) as running:
        yield running


@pytest.fixture
def key(house: RunningService, request: pytest.FixtureRequest) -> str:
    """A test key."""
    with house.codes() as codes:
        return codes.write(add_key, request.node.name, test=True)


@pytest.fixture
def description(house: RunningService, tmp_path: Path) -> Path:
    """What the service says of itself, as a file."""
    path = tmp_path / "openapi.json"
    with urlopen(f"{house.url}/api/v1/openapi.json") as answer:
        path.write_bytes(answer.read())
    return path


def done(*command: str | Path, **environment: str) -> str:
    """Run a command that has to succeed; returns what it said."""
    ran = subprocess.run(
        list(map(str, command)), env=os.environ | environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout + ran.stderr


def test_by_openapi_python_client(
    house: RunningService, key: str, description: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("package_name_override: generated_shop\npost_hooks: []\n", encoding="utf-8")
    generate = (Path(sys.executable).with_name("openapi-python-client"), "generate", "--meta", "none")
    target = tmp_path / "generated_shop"
    said = done(*generate, "--path", description, "--config", settings, "--output-path", target)
    # It takes no bodies that are pictures; whatever is JSON it has to understand.
    left_out = re.findall(r"parsing (\S+ \S+) within \S+ Endpoint will not be generated", said)
    assert left_out == ["POST /api/v1/frames"], said
    monkeypatch.syspath_prepend(str(tmp_path))
    shop = importlib.import_module("generated_shop")
    models = importlib.import_module("generated_shop.models")
    body = {"reference": "SAMPLE-PY", "recipient": {"name": "Sample Recipient"}, "value": "249.00"}
    with shop.AuthenticatedClient(base_url=house.url, token=key) as client:

        def call(name: str, *given: Any, **named: Any) -> Any:
            return importlib.import_module(f"generated_shop.api.{name}").sync(*given, client=client, **named)

        announced = call("parcels.parcels_announce", body=models.ParcelBody.from_dict(body))
        assert announced.code_required is True
        assert call("codes.codes_cancel", announced.reference).state == "cancelled"
        (found,) = call("parcels.parcels_listed").parcels
        assert (found.reference, found.state) == ("SAMPLE-PY", "cancelled")


def test_by_openapi_typescript(house: RunningService, key: str, description: Path, tmp_path: Path) -> None:
    # What has a default may be left out of a body; without this it would be asked for.
    generate = (BIN / "openapi-typescript", "--default-non-nullable", "false")
    done(*generate, description, "--output", tmp_path / "api.d.ts")
    (tmp_path / "shop.mts").write_text(TYPED_SHOP, encoding="utf-8")
    options = (
        "--strict",
        "--target",
        "es2022",
        "--module",
        "nodenext",
        "--skipLibCheck",
        "--outDir",
        tmp_path / "made",
    )
    done(BIN / "tsc", *options, "--outDir", tmp_path / "made", tmp_path / "shop.mts")
    done("node", tmp_path / "made/shop.mjs", DOORCODE_URL=house.url, DOORCODE_KEY=key)


def test_the_description_refers_to_nothing_that_is_not_there_and_has_examples(description: Path) -> None:
    document = json.loads(description.read_text(encoding="utf-8"))
    assert "#/$defs/" not in description.read_text(encoding="utf-8")
    assert document["components"]["schemas"]["ParcelBody"]["examples"]
    assert {"parcel.cancelled", "parcel.returned", "parcel.handed_over"} <= document["webhooks"].keys()
