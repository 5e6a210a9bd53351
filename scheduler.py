"""The clock of the archive."""
