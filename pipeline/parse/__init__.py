"""A page of a notice, read."""
