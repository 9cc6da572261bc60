"""How often anybody may call, guess or ask whether there is news."""
