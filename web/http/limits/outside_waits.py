"""How many views of a process wait for somebody outside at the same time: who is slow there takes a few threads alone.

The threads are those of all pages and calls; strangers can have the service ask an identity provider, and a sender's
key can have its own receivers tried.
"""

from __future__ import annotations

from codes.store.gates import Crowded, Gate

AT_ONCE, WAITING, PATIENCE_SECONDS = 4, 8, 3.0

outside_waits = Gate(
    AT_ONCE,
    WAITING,
    PATIENCE_SECONDS,
    lambda: Crowded("others wait for somebody outside already; try again in a moment"),
)
