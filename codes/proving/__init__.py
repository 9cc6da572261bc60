"""Evidence: what happened as chained events, the sealed log over them, and proofs that stand alone."""
