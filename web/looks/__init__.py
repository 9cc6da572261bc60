"""How a sender's mails, pages and papers look: a name, a colour, a logo, an imprint, instead of the house's."""
