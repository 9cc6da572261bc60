"""The pages that people see. Views are thin: one call to the domain, then a template."""

from web.pages import handing, labels, mails, office, ticket, vendor

BLUEPRINTS = (
    handing.blueprint,
    ticket.blueprint,
    office.blueprint,
    mails.blueprint,
    labels.blueprint,
    vendor.blueprint,
)
