"""The HTTP API, version 1. Views parse, make one call, and translate."""

from web.api import devices, frames, parcels, verifications

BLUEPRINTS = (parcels.blueprint, verifications.blueprint, devices.blueprint, frames.blueprint)
