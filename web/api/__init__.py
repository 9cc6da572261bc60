"""The HTTP API, version 1. Views parse, make one call, and translate."""

from web.api import codes, devices, events, frames, openapi, parcels, proofs, tours, verifications, visits

BLUEPRINTS = (
    proofs.blueprint,
    parcels.blueprint,
    codes.blueprint,
    verifications.blueprint,
    visits.blueprint,
    tours.blueprint,
    devices.blueprint,
    frames.blueprint,
    events.blueprint,
    openapi.blueprint,
)
