"""`config.yaml`: whatever is wrong in it is one line that names the setting and says what to write."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.parts.running_service import settings_for
from web.configuration import BadConfiguration, Settings, _examples, load_settings


def refused(folder: Path, text: str) -> str:
    """Return what is said against these settings, in one line."""
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(BadConfiguration) as told:
        load_settings(folder / "config.yaml")
    assert "\n" not in str(told.value)
    return str(told.value).removeprefix(f"{folder / 'config.yaml'}: ")


def test_each_pattern_has_an_example_that_fits_it() -> None:
    examples = list(_examples(Settings.model_json_schema()))
    assert len(examples) >= 20
    assert [each for each in examples if not each[1] or not re.search(each[0], each[1].strip('"'))] == []


@pytest.mark.parametrize(
    ("section", "values", "told"),
    [
        ("server", {"public_url": "https://a.example/"}, "server.public_url: cannot be read; write it as in https://"),
        ("server", {"public_url": "https://a.example:99999"}, "server.public_url: cannot be an address: Port out of"),
        ("server", {"http_port": 0}, "server.http_port: Input should be greater than or equal to 1"),
        ("mail", {"gateway": {"url": "http://[::1/send"}}, "mail.gateway.url: cannot be an address: Invalid IPv6"),
        ("mail", {"smtp": {"host": "h", "port": 25, "ca_file": "ca"}}, "mail.smtp.ca_file: {folder}/ca cannot be read"),
        ("webhooks", {"ca_file": "config.yaml"}, "webhooks.ca_file: {folder}/config.yaml holds no certificates"),
        ("log", None, "log: must hold settings, one `name: value` a line"),
    ],
)
def test_a_setting_of_the_wrong_kind_is_named_with_what_to_write(
    section: str, values: object, told: str, tmp_path: Path
) -> None:
    document = settings_for(tmp_path, **{section: values})
    assert refused(tmp_path, yaml.safe_dump(document)).startswith(told.format(folder=tmp_path))


def test_a_secret_file_that_is_empty_or_no_text_is_named(tmp_path: Path) -> None:
    oidc = {"issuer": "https://login.example.org", "client_id": "doorcode", "roles": {"depot": "dispatcher"}}
    document = settings_for(tmp_path, signing_in={"oidc": oidc | {"client_secret_file": "secret"}})
    for content, told in ((b"", "is empty"), (b"\xff", "is no text in UTF-8")):
        (tmp_path / "secret").write_bytes(content)
        words = refused(tmp_path, yaml.safe_dump(document))
        assert words == f"signing_in.oidc.client_secret_file: {tmp_path / 'secret'} {told}"


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    """Of an example that was pasted below, the reader of YAML would take the place of all that stood above."""
    text = yaml.safe_dump(settings_for(tmp_path))
    assert refused(tmp_path, f"{text}mail:\n  sender_name: Example Parcels\n").startswith(
        "mail stands twice, the second"
    )


def test_a_folder_that_holds_what_is_not_ours_is_not_closed_to_others(tmp_path: Path) -> None:
    shared = tmp_path / "lib"
    (shared / "apt").mkdir(parents=True)
    shared.chmod(0o755)
    text = yaml.safe_dump(settings_for(tmp_path) | {"data_folder": str(shared)})
    assert refused(tmp_path, text).endswith(f"name a folder of its own, such as {shared / 'doorcode'}")
    (shared / "apt").rename(shared / "lost+found")
    load_settings(tmp_path / "config.yaml")
    for ours in ("secrets", "demo-week", "bench"):
        (shared / ours).mkdir()
        load_settings(tmp_path / "config.yaml")
        (shared / ours).rmdir()
    (tmp_path / "file").touch()
    text = yaml.safe_dump(settings_for(tmp_path) | {"data_folder": str(tmp_path / "file")})
    assert refused(tmp_path, text).endswith("file is no folder")
