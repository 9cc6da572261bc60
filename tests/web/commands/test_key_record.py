"""A domain names the key of its proofs, and what nobody answers is no yes."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.parts.servers.name_server import running_name_server
from web.commands.key_record import compared, is_domain, record_name, record_value

KEY, OTHER = (Ed25519PrivateKey.generate().public_key() for _ in range(2))


@pytest.mark.parametrize(
    ("texts", "fits", "words"),
    [
        ([f'"{record_value(KEY)}"'], True, "names this key"),
        ([f'"{record_value(OTHER)}"', f'"{record_value(KEY)}"'], True, "names this key"),
        ([f'"{record_value(KEY)[:40]}" "{record_value(KEY)[40:]}"'], True, "names this key"),
        ([f'"{record_value(OTHER)}"'], False, "names another key"),
        (['"v=spf1 -all"'], False, "names no key"),
        (None, False, "there is no such record"),
    ],
)
def test_the_record_is_compared_with_the_key(texts: list[str] | None, fits: bool, words: str) -> None:
    records = {} if texts is None else {(record_name("parcels.example.org").rstrip("."), "TXT"): texts}
    with running_name_server(records) as resolver:
        found = compared(resolver, "parcels.example.org", KEY)
    assert found == (fits, f"_doorcode-proof.parcels.example.org.: {words}")


@pytest.mark.parametrize("text", ["https://example.org", "a b.org", "example", "a..b", "a" * 64 + ".org", "-a.org"])
def test_what_is_no_domain_gets_no_record(text: str) -> None:
    assert not is_domain(text)
    assert is_domain("parcels.example.org")


def test_a_computer_without_name_servers_compares_nothing() -> None:
    assert compared(None, "example.org", KEY)[0] is False
