"""Mail: composed from a notice of the domain, sent by SMTP, retried until it is delivered."""
