"""The back office: pages for staff who are signed in. Views are thin: one call to the domain, then a template."""

from web.office.figures import audits, downloads, overview
from web.office.house import (
    account,
    devices,
    keys,
    kiosks,
    people,
    pickup_points,
    posters,
    rules,
    shops,
    signing_in,
    webhooks,
)
from web.office.parcels import chosen, correcting, imports, mails, parcels, practice_labels, routing, telling, tours

BLUEPRINTS = (
    telling.blueprint,
    routing.blueprint,
    correcting.blueprint,
    audits.blueprint,
    overview.blueprint,
    downloads.blueprint,
    parcels.blueprint,
    chosen.blueprint,
    tours.blueprint,
    signing_in.blueprint,
    account.blueprint,
    people.blueprint,
    keys.blueprint,
    rules.blueprint,
    devices.blueprint,
    kiosks.blueprint,
    pickup_points.blueprint,
    mails.blueprint,
    practice_labels.blueprint,
    posters.blueprint,
    webhooks.blueprint,
    shops.blueprint,
    imports.blueprint,
)
