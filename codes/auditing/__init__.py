"""Whether the store still says what was sealed: every chain, the log, and the tables held against them."""
