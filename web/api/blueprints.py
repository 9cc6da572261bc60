"""All blueprints of the API. A process that serves nobody uses parts of it without loading the rest."""

from web.api import bounces, openapi, proofs, receipts, tours
from web.api.devices import (
    collecting,
    enrolment,
    frames,
    kiosk_settings,
    labels,
    pickup,
    shifts,
    slips,
    verifications,
    visits,
)
from web.api.senders import codes, events, parcels, sandbox, shops, tickets, webhooks

BLUEPRINTS = (
    proofs.blueprint,
    parcels.blueprint,
    codes.blueprint,
    tickets.blueprint,
    sandbox.blueprint,
    labels.blueprint,
    verifications.blueprint,
    visits.blueprint,
    tours.blueprint,
    enrolment.blueprint,
    frames.blueprint,
    pickup.blueprint,
    collecting.blueprint,
    shifts.blueprint,
    kiosk_settings.blueprint,
    slips.blueprint,
    events.blueprint,
    webhooks.blueprint,
    shops.blueprint,
    receipts.blueprint,
    bounces.blueprint,
    openapi.blueprint,
)
