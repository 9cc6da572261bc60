"""Other systems: shops, webhooks, the feed of events, and calls that may be repeated."""
