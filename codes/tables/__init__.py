"""The tables, by theme. Facts only: no column says what can be derived, and no code stands in any of them.

A new store is made of these; Alembic's migrations bring one of an older release here. A theme is never named like a
table of it, since both are names of this package. ``x as x`` hands a name on (PEP 484).
"""

from __future__ import annotations

from codes.tables.announcing import codes as codes
from codes.tables.announcing import consignments as consignments
from codes.tables.announcing import delegate_parcels as delegate_parcels
from codes.tables.announcing import former_tickets as former_tickets
from codes.tables.announcing import holders as holders
from codes.tables.announcing import parcels as parcels
from codes.tables.base import Instant as Instant
from codes.tables.base import installation as installation
from codes.tables.base import metadata as metadata
from codes.tables.collecting import device_points as device_points
from codes.tables.collecting import pickup_points as pickup_points
from codes.tables.collecting import shelf_counts as shelf_counts
from codes.tables.collecting import shelves as shelves
from codes.tables.collecting import stays as stays
from codes.tables.collecting import wishes as wishes
from codes.tables.delivering import assignments as assignments
from codes.tables.delivering import delivery_attempts as delivery_attempts
from codes.tables.delivering import granted_tokens as granted_tokens
from codes.tables.delivering import handovers as handovers
from codes.tables.delivering import report_photos as report_photos
from codes.tables.delivering import reports as reports
from codes.tables.delivering import verifications as verifications
from codes.tables.enrolling import device_depots as device_depots
from codes.tables.enrolling import device_signs as device_signs
from codes.tables.enrolling import devices as devices
from codes.tables.enrolling import enrolments as enrolments
from codes.tables.limiting import budgets as budgets
from codes.tables.proving import checkpoints as checkpoints
from codes.tables.proving import cosignatures as cosignatures
from codes.tables.proving import events as events
from codes.tables.proving import house as house
from codes.tables.proving import house_events as house_events
from codes.tables.proving import log_leaves as log_leaves
from codes.tables.proving import log_nodes as log_nodes
from codes.tables.proving import publications as publications
from codes.tables.sending import address_checks as address_checks
from codes.tables.sending import messages as messages
from codes.tables.sending import webhook_deliveries as webhook_deliveries
from codes.tables.sending import webhook_messages as webhook_messages
from codes.tables.sending import webhook_secrets as webhook_secrets
from codes.tables.sending import webhooks as webhooks
from codes.tables.signing_in import api_keys as api_keys
from codes.tables.signing_in import idempotency_keys as idempotency_keys
from codes.tables.signing_in import passkeys as passkeys
from codes.tables.signing_in import recovery_codes as recovery_codes
from codes.tables.signing_in import second_factors as second_factors
from codes.tables.signing_in import shifts as shifts
from codes.tables.signing_in import staff as staff
from codes.tables.signing_in import staff_actions as staff_actions
from codes.tables.signing_in import staff_badges as staff_badges
from codes.tables.signing_in import staff_identities as staff_identities
from codes.tables.signing_in import staff_sessions as staff_sessions
from codes.tables.signing_in import throttles as throttles
from codes.tables.taking_in import import_parcels as import_parcels
from codes.tables.taking_in import imports as imports
from codes.tables.taking_in import looks as looks
from codes.tables.taking_in import shop_calls as shop_calls
from codes.tables.taking_in import shops as shops
