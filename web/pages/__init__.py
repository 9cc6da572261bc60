"""The pages that people see. Views are thin: one call to the domain, then a template."""

from web.pages import audits, handing, labels, mails, office, proofs, ticket, vendor

BLUEPRINTS = (
    handing.blueprint,
    ticket.blueprint,
    proofs.blueprint,
    audits.blueprint,
    office.blueprint,
    mails.blueprint,
    labels.blueprint,
    vendor.blueprint,
)
