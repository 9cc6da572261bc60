"""A house that offers passes: its certificate among the secrets, its service account beside them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from codes import DeliveryCodes
from tests.parts.clock import TurnableClock
from tests.parts.web.tickets import announced
from tests.parts.web.wallet_certificates import Issued, issue_pass_certificate, offered_wallets
from web.wallet.wallets import Wallets


@pytest.fixture(scope="session")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Issued:
    """What the operator has of Apple."""
    return issue_pass_certificate(tmp_path_factory.mktemp("apple"))


@pytest.fixture
def wallets(app: Flask, tmp_path: Path, clock: TurnableClock) -> Wallets:
    """Both wallets, offered by the application."""
    offered = offered_wallets(tmp_path, clock())
    app.extensions["doorcode"] = replace(app.extensions["doorcode"], wallets=offered)
    return offered


@pytest.fixture
def key(codes: DeliveryCodes) -> str:
    """The unguessable part of the address of the ticket for parcel P-1."""
    return announced(codes)
