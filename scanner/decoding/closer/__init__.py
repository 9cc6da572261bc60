"""A closer look at what was located or is doubtful, cut out of its picture."""
