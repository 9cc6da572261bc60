"""A house that offers passes: its certificate among the secrets, its service account beside them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from codes import DeliveryCodes
from tests.parts.clock import TurnableClock
from tests.parts.web.tickets import announced
from tests.parts.web.wallet_certificates import ISSUER, Issued, issue_pass_certificate, service_account
from web.wallet.pass_certificate import keep_pass_certificate, read_pass_certificate
from web.wallet.settings import GoogleWalletSettings, WalletSettings
from web.wallet.wallets import Wallets


@pytest.fixture(scope="session")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Issued:
    """What the operator has of Apple."""
    return issue_pass_certificate(tmp_path_factory.mktemp("apple"))


@pytest.fixture
def wallets(app: Flask, issued: Issued, tmp_path: Path, clock: TurnableClock) -> Wallets:
    """Both wallets, offered by the application."""
    secrets, account = tmp_path / "secrets", tmp_path / "account.json"
    kept = read_pass_certificate(issued.certificate, issued.key, issued.intermediate, None, clock())
    keep_pass_certificate(secrets, kept)
    service_account(account)
    google = GoogleWalletSettings(service_account_file=account, issuer_id=ISSUER)
    offered = Wallets(secrets, WalletSettings(google=google))
    app.extensions["doorcode"] = replace(app.extensions["doorcode"], wallets=offered)
    return offered


@pytest.fixture
def key(codes: DeliveryCodes) -> str:
    """The unguessable part of the address of the ticket for parcel P-1."""
    return announced(codes)
