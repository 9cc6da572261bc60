"""The office and its house: people, keys, devices, pickup points, rules, integrations."""
