"""Versions that stored values carry."""

PROGRAM = "0.1.0"
PARSER = "7"  # raise when reading the same bytes may give other fields
