"""The pages that people see. Views are thin: one call to the domain, then a template."""

from web.pages import (
    account,
    audits,
    handing,
    kiosks,
    labels,
    mails,
    office,
    people,
    proofs,
    shell,
    signing_in,
    ticket,
    vendor,
)

BLUEPRINTS = (
    handing.blueprint,
    ticket.blueprint,
    proofs.blueprint,
    audits.blueprint,
    office.blueprint,
    signing_in.blueprint,
    account.blueprint,
    people.blueprint,
    kiosks.blueprint,
    mails.blueprint,
    labels.blueprint,
    vendor.blueprint,
    shell.blueprint,
)
