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
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

declare const process: { env: Record<string, string> };

const headers = { Authorization: `Bearer ${process.env.DOORCODE_KEY}` };
const client = createClient<paths>({ baseUrl: process.env.DOORCODE_URL, headers });
const body: components["schemas"]["ParcelBody"] = {
  reference: "SAMPLE-TS", recipient: { name: "Sample Recipient" }, value: "249.00"
};
const announced = (await client.POST("/api/v1/parcels", { body })).data!;
const params = { path: { reference: announced.reference } };
const ended = (await client.POST("/api/v1/parcels/{reference}/cancel", { params })).data!;
const listed = (await client.GET("/api/v1/parcels")).data!;
const found = listed.parcels.find((each) => each.reference === announced.reference);
const required: boolean = announced.code_required;
if (!required || ended.state !== "cancelled" || found?.state !== "cancelled") throw new Error(JSON.stringify(listed));
"""
GENERATED_SHOP = """
import { client } from "./made/client.gen";
import { codesCancel, parcelsAnnounce, parcelsListed } from "./made";

client.setConfig({ baseUrl: process.env.DOORCODE_URL, auth: process.env.DOORCODE_KEY, throwOnError: true });
const body = { reference: "SAMPLE-HEY", recipient: { name: "Sample Recipient" }, value: "249.00" };
const announced = (await parcelsAnnounce({ body })).data!;
const ended = (await codesCancel({ path: { reference: announced.reference } })).data!;
const listed = (await parcelsListed()).data!;
const found = listed.parcels.find((each) => each.reference === announced.reference);
if (ended.state !== "cancelled" || found?.state !== "cancelled") throw new Error(JSON.stringify(listed));
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
    (tmp_path / "node_modules").symlink_to(HOME / "node_modules")
    (tmp_path / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    options = ("--strict", "--target", "es2022", "--module", "nodenext", "--skipLibCheck")
    done(BIN / "tsc", *options, "--outDir", tmp_path / "made", tmp_path / "shop.mts")
    done("node", tmp_path / "made/shop.mjs", DOORCODE_URL=house.url, DOORCODE_KEY=key)


def test_by_hey_api(house: RunningService, key: str, description: Path, tmp_path: Path) -> None:
    done(BIN / "openapi-ts", "--input", description, "--output", tmp_path / "made", "--client", "@hey-api/client-fetch")
    (tmp_path / "shop.ts").write_text(GENERATED_SHOP, encoding="utf-8")
    made = tmp_path / "shop.mjs"
    done(BIN / "esbuild", tmp_path / "shop.ts", "--bundle", "--format=esm", "--platform=node", f"--outfile={made}")
    done("node", made, DOORCODE_URL=house.url, DOORCODE_KEY=key)


def test_the_description_refers_to_nothing_that_is_not_there_and_has_examples(description: Path) -> None:
    document = json.loads(description.read_text(encoding="utf-8"))
    assert "#/$defs/" not in description.read_text(encoding="utf-8")
    assert document["components"]["schemas"]["ParcelBody"]["examples"]
    told = {"parcel.cancelled", "parcel.returned", "parcel.delivered_elsewhere", "parcel.handed_over"}
    assert told <= document["webhooks"].keys()
