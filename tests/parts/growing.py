"""The tables that grow with each parcel."""

from __future__ import annotations

GROWING = (
    "consignments",
    "delegate_parcels",
    "parcels",
    "holders",
    "codes",
    "verifications",
    "handovers",
    "events",
    "messages",
    "log_leaves",
    "log_nodes",
)
