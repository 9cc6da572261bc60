"""Events to other systems' addresses, by Standard Webhooks, and shops' webhooks in."""
