"""Verbs that run the archive."""
