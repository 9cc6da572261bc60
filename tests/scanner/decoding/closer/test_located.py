"""Symbols that are located and not read."""

from __future__ import annotations

import numpy as np

from scanner.decoding.closer.located import locate
from tests.parts.scanning.phones import payload, symbol


def test_symbols_are_located_until_the_time_is_spent() -> None:
    shown = symbol(payload(np.random.default_rng(8)))
    page = np.pad(np.tile(shown, (2, 2)), 100, constant_values=255)
    assert len(locate(page, [], lambda: False)) > 4
    late = iter([False, False, False])
    assert len(locate(page, [], lambda: next(late, True))) == 1
