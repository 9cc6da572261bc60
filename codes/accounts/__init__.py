"""Who may do what: staff and their sign-ins, API keys, devices, and how often anybody may try."""
