"""What is written and read: payloads and their symbols, tracking numbers, names. Each has its one form here."""
