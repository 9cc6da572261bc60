"""The sealed log in the store: what changed is taken in and signed, given to outsiders, and shown in proofs."""
