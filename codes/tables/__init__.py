"""The tables, by theme. Facts only: no column says what can be derived, and no code stands in any of them.

A new store is made of these; Alembic's migrations bring one of an older release here. A theme is never named like a
table of it, since both are names of this package.
"""

from __future__ import annotations

from codes.tables.announcing import codes, consignments, delegate_parcels, former_tickets, holders, parcels
from codes.tables.base import Instant, installation, metadata
from codes.tables.collecting import device_points, pickup_points, shelf_counts, shelves, stays, wishes
from codes.tables.delivering import (
    assignments,
    delivery_attempts,
    granted_tokens,
    handovers,
    report_photos,
    reports,
    verifications,
)
from codes.tables.enrolling import device_depots, device_signs, devices, enrolments
from codes.tables.limiting import budgets
from codes.tables.proving import (
    checkpoints,
    cosignatures,
    events,
    house,
    house_events,
    log_leaves,
    log_nodes,
    publications,
)
from codes.tables.sending import (
    address_checks,
    messages,
    webhook_deliveries,
    webhook_messages,
    webhook_secrets,
    webhooks,
)
from codes.tables.signing_in import (
    api_keys,
    idempotency_keys,
    passkeys,
    recovery_codes,
    second_factors,
    shifts,
    staff,
    staff_actions,
    staff_badges,
    staff_identities,
    staff_sessions,
    throttles,
)
from codes.tables.taking_in import import_parcels, imports, looks, shop_calls, shops

__all__ = [
    "Instant",
    "address_checks",
    "api_keys",
    "assignments",
    "budgets",
    "checkpoints",
    "codes",
    "consignments",
    "cosignatures",
    "delegate_parcels",
    "delivery_attempts",
    "device_depots",
    "device_points",
    "device_signs",
    "devices",
    "enrolments",
    "events",
    "former_tickets",
    "granted_tokens",
    "handovers",
    "holders",
    "house",
    "house_events",
    "idempotency_keys",
    "import_parcels",
    "imports",
    "installation",
    "log_leaves",
    "log_nodes",
    "looks",
    "messages",
    "metadata",
    "parcels",
    "passkeys",
    "pickup_points",
    "publications",
    "recovery_codes",
    "report_photos",
    "reports",
    "second_factors",
    "shelf_counts",
    "shelves",
    "shifts",
    "shop_calls",
    "shops",
    "staff",
    "staff_actions",
    "staff_badges",
    "staff_identities",
    "staff_sessions",
    "stays",
    "throttles",
    "verifications",
    "webhook_deliveries",
    "webhook_messages",
    "webhook_secrets",
    "webhooks",
    "wishes",
]
