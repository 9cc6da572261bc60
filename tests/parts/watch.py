"""What the fixture `watch` gives: which requests were answered before Flask."""

from __future__ import annotations

from collections.abc import Callable

Watch = Callable[[type], list[bool]]
