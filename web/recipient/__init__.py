"""Pages of recipients: the ticket at its unguessable address, and what everybody may check."""

from web.recipient import card, look, pictures, privacy, proofs, ticket, wallet, wishes

BLUEPRINTS = (
    ticket.blueprint,
    pictures.blueprint,
    look.blueprint,
    wallet.blueprint,
    card.card_blueprint,
    card.picture_blueprint,
    wishes.blueprint,
    privacy.blueprint,
    proofs.blueprint,
)
