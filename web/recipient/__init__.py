"""Pages of recipients: the ticket at its unguessable address, and what everybody may check."""

from web.recipient import pictures, privacy, proofs, ticket, wallet, wishes

BLUEPRINTS = (
    ticket.blueprint,
    pictures.blueprint,
    wallet.blueprint,
    wishes.blueprint,
    privacy.blueprint,
    proofs.blueprint,
)
