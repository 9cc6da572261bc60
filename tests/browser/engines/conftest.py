"""WebKit and Firefox, each started once a file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.parts.browser.engines import ENGINES, Page


@pytest.fixture(scope="module", params=ENGINES)
def page(request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page of one engine."""
    with ENGINES[request.param]() as page:
        yield page
