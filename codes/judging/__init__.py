"""A code is presented: who asks, what is the case, what is answered, and what is recorded of it."""
